import json
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.errors import StoreError
from retrieval.search.analysis import Analyser


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("Resetting passwords", ["reset", "password"]),
        ("wi-fi", ["wi", "fi", "wifi"]),
        ("e-mail", ["e", "mail", "email"]),
        ("e\u2011mail", ["e", "mail", "email"]),  # non-breaking hyphen
        ("error 0x80070005", ["error", "0x80070005"]),
        ("v2.1", ["v", "2.1", "v2.1"]),
        ("10.0.19045", ["10.0.19045"]),
        ("1,000", ["1000"]),
        ("Windows11", ["window", "11", "windows11"]),
        ("C++ and C#", ["c++", "and", "c#"]),
        ("can't", ["cant"]),
        ("user’s", ["user"]),
        ("U.S.", ["u", "s", "us"]),
        ("AT&T", ["at", "t", "att"]),
        ("user_name", ["user", "name", "usernam"]),
        ("node.js", ["node", "js", "nodej"]),
        ("who is IT", ["who", "is", "it"]),
        ("…—!?", []),
        ("", []),
    ],
)
def test_terms_suit_help_desk_searches(text: str, terms: list[str]) -> None:
    assert Analyser().terms(text) == terms


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("RÉSUMÉ", "resume"),
        ("re\u0301sume\u0301", "résumé"),
        ("Straße", "STRASSE"),
        ("ﬁle", "file"),
        ("ＶＰＮ", "vpn"),
        ("pass\u00adword", "password"),
        ("pass\u200bword", "password"),
        ("don’t", "don't"),
    ],
)
def test_terms_are_equal_however_a_word_is_written(one: str, other: str) -> None:
    assert Analyser().terms(one) == Analyser().terms(other) != []


@pytest.mark.parametrize(
    ("article", "query"),
    [
        ("wi-fi", "wifi"),
        ("wi-fi", "wi fi"),
        ("e-mail", "email"),
        ("Office 365", "office365"),
        ("Office365", "office 365"),
        ("version 2.1", "v2.1"),
        ("U.S.", "us"),
    ],
)
def test_terms_of_different_spellings_meet(article: str, query: str) -> None:
    assert set(Analyser().terms(article)) & set(Analyser().terms(query))


def test_analyser_without_stemming_keeps_words_whole() -> None:
    assert Analyser(stem=False).terms("Resetting passwords") == ["resetting", "passwords"]


def test_terms_of_endless_word_are_cut() -> None:
    assert [len(term) for term in Analyser().terms("é" * 5_000)] == [64]


@given(st.text())
def test_terms_are_deterministic_and_never_empty(text: str) -> None:
    terms = Analyser().terms(text)
    assert terms == Analyser().terms(text)
    assert all(term and not any(character.isspace() for character in term) for term in terms)


def test_settings_round_trip_through_json() -> None:
    for stem in (True, False):
        settings = json.loads(json.dumps(Analyser(stem=stem).settings))
        assert Analyser.from_settings(settings).settings == settings


def test_from_settings_refuses_those_of_another_version() -> None:
    with pytest.raises(StoreError, match=r"analyser .*words-0.* build the index again"):
        Analyser.from_settings({"analyser": "words-0", "stem": True})


def test_analyser_is_safe_between_threads() -> None:
    analyser, text = Analyser(), " ".join(f"resetting{number} running" for number in range(500))
    expected, seen = analyser.terms(text), []
    threads = [threading.Thread(target=lambda: seen.append(analyser.terms(text))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [expected] * 8
