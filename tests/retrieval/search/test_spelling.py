"""Typing errors are taken back, and nothing else is touched."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.encoding.encoder import load_encoder
from retrieval.search.analysis import Analyser
from retrieval.search.spelling import Speller, words_known_to
from retrieval.search.synonyms import Synonyms
from retrieval.types import Article

PASSAGES = {"password": 9, "forgot": 3, "reset": 7, "vpn": 5, "printer": 4, "print": 2, "form": 2}
WORDS = frozenset({"password", "forgot", "resetting", "what", "will", "have", "printer", "from"})


def corrected(query: str, words: frozenset[str] = WORDS) -> str:
    speller = Speller(Analyser(), words.__contains__)
    return speller.corrected(query, lambda term: PASSAGES.get(term, 0)).text


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("i frogot my pasword", "i forgot my password"),
        ("passwrod", "password"),
        ("paassword", "password"),
        ("psasword!", "password!"),
        ("Resettign the VPN", "resetting the VPN"),
        ("(printre)", "(printer)"),
    ],
)
def test_one_error_in_a_word_is_taken_back(typed: str, meant: str) -> None:
    assert corrected(typed) == meant


@pytest.mark.parametrize(
    "query",
    [
        "what will have the password",  # all known, to passages or encoder
        "pasw0rd",  # holds a digit: a code
        "my pasword@example.com and www.pasword.org",
        "/home/pasword and c:\\pasword",
        "pasword-printre",
        "pas",  # short
        "pswrod",  # two errors
        "ich habe mein passwrod leider vergessen heute morgen",  # another language
        "pāsword",
        "",
        "👍",
    ],
)
def test_what_may_be_meant_as_typed_stays(query: str) -> None:
    assert corrected(query) == query


def test_the_word_that_more_passages_have_wins() -> None:
    assert corrected("farm", frozenset()) == "form"
    # "printed" and "printer" are both one letter off; the second has more passages.
    assert corrected("printex", frozenset({"printer", "printed"})) == "printer"


def test_a_form_that_is_no_word_counts_less_than_one_that_is() -> None:
    assert corrected("prinst", frozenset({"prints"})) == "prints"
    assert corrected("prinst", frozenset({"print"})) == "print"


@given(st.text(max_size=80))
def test_any_text_comes_back_with_as_many_words(query: str) -> None:
    found = Speller(Analyser(), WORDS.__contains__).corrected(query, lambda t: PASSAGES.get(t, 0))
    assert len(found.text.split()) == len(query.split())
    assert (found.text == query) == (found.words == {})
    assert set(found.expansions) == set(found.words)


def test_ten_thousand_unknown_words_cost_no_more_than_a_few() -> None:
    asked: list[str] = []

    def passages_with(term: str) -> int:
        asked.append(term)
        return 0

    query = " ".join(["password"] * 3 + [f"{'abcdefghij'[n % 10] * 5}zz" for n in range(10_000)])
    assert Speller(Analyser(), lambda _: False).corrected(query, passages_with).text == query
    assert len(asked) < 20_000


def test_an_encoder_that_cannot_say_is_taken_to_know_every_word(fake_encoder: Any) -> None:
    assert words_known_to(fake_encoder)("pasword")


def test_the_shipped_encoder_knows_words_and_no_typing_errors() -> None:
    knows = words_known_to(load_encoder())
    assert all(map(knows, ["password", "forgot", "printer", "boots"]))
    assert not any(map(knows, ["pasword", "frogot", "printre"]))


# Through the retriever


class Knowing:
    """The fake encoder, with a vocabulary of its own."""

    def __init__(self, encoder: Any) -> None:
        self.encode_queries = encoder.encode_queries
        self.encode_passages = encoder.encode_passages
        self.id, self.dim = encoder.id, encoder.dim

    def knows(self, word: str) -> bool:
        return word in WORDS


@pytest.mark.parametrize("kind", ["bm25", "hybrid"])
def test_retrieve_finds_by_what_was_meant(
    kind: str, retriever_for: Callable[..., Any], fake_encoder: Any
) -> None:
    retriever = retriever_for(kind, encoder=Knowing(fake_encoder))
    assert retriever.retrieve("the pasword", 3) == retriever.retrieve("the password", 3)
    trace = retriever.trace("the pasword", 3)
    assert trace.query == "the pasword"
    assert trace.expansions == {"pasword": ("password",)}
    assert trace.terms == ("the", "password")


@pytest.mark.parametrize("kind", ["bm25", "hybrid"])
def test_retrieve_suggests_no_word_that_the_asker_may_not_read(
    kind: str, retriever_for: Callable[..., Any], fake_encoder: Any
) -> None:
    retriever = retriever_for(kind, encoder=Knowing(fake_encoder))
    for roles, expected in ((frozenset(), {}), (frozenset({"hr"}), {"salarry": ("salary",)})):
        assert retriever.trace("what salarry bands", 3, roles=roles).expansions == expected


def test_retrieve_leaves_a_word_of_the_synonyms_alone(
    retriever_for: Callable[..., Any], fake_encoder: Any
) -> None:
    articles = [Article("a", "", "the client"), Article("b", "", "a token is zetna")]
    synonyms = Synonyms((("ztna", "client"),))
    retriever = retriever_for("hybrid", articles, synonyms=synonyms, encoder=Knowing(fake_encoder))
    assert retriever.trace("ztna", 2).expansions == {"ztna": ("client",)}
