from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.configuration.schema import Texts
from agent.conversation.dialogue.wording import joined, pieces, quoted, refusal_sentence, refused
from agent.types import Verdict
from qa.types import Answer, Extract, NearestArticle, Snippet, SnippetKind

TEXTS = Texts(offer_person="Ask a person.")


def answer(
    shown: str, kind: SnippetKind = SnippetKind.SENTENCE, header: str | None = None
) -> Answer:
    top = None if header is None else Extract(header, 0, len(header))
    snippet = Snippet(shown, 0, len(shown), kind, top)
    return Answer("x", 0.9, "fake", "a", "Leave", None, "0" * 64, 0, 1, "a#0-9", snippet)


def refusal(reason: str, *titles: str) -> Verdict:
    near = tuple(NearestArticle(str(place), title) for place, title in enumerate(titles))
    return Verdict("q", "refused", reason, nearest=near)


def test_quoted_is_the_snippet_and_where_it_stands() -> None:
    assert quoted(answer("You have 25 days.")) == "You have 25 days.\n\nFrom “Leave”."


def test_quoted_makes_a_table_of_a_row_and_its_header() -> None:
    row = answer("| Chicago | 13 |", SnippetKind.TABLE, "| Office | Days |")
    assert quoted(row).startswith("| Office | Days |\n| --- | --- |\n| Chicago | 13 |\n")


def test_quoted_leaves_a_header_without_bars_as_it_is() -> None:
    assert quoted(answer("Chicago 13", SnippetKind.TABLE, "Office Days")).startswith(
        "Office Days\nChicago 13\n"
    )


def test_quoted_shows_no_character_that_hides_others() -> None:
    said = quoted(replace(answer("safe\u202etxt.exe\x1b[2J\r\nnext"), title="A\u2066B"))
    assert said == "safetxt.exe[2J\nnext\n\nFrom “AB”."


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        ("low_confidence", TEXTS.low_confidence),
        ("readers_disagree", TEXTS.low_confidence),
        ("out_of_scope", TEXTS.out_of_scope),
        ("out_of_time", TEXTS.out_of_time),
        ("unsupported_language", TEXTS.unsupported_language),
        ("not_found", TEXTS.not_found),
        ("of a later version", TEXTS.not_found),
        (None, TEXTS.not_found),
    ],
)
def test_every_reason_has_a_sentence(reason: str | None, sentence: str) -> None:
    assert refusal_sentence(TEXTS, reason) == sentence


def test_refused_names_the_nearest_three_once_each() -> None:
    said = refused(TEXTS, refusal("low_confidence", "A", "A", "", "B", "C"), offer=True)
    assert said.split("\n\n") == [TEXTS.low_confidence, "What comes nearest: “A”.", "Ask a person."]
    said = refused(TEXTS, refusal("low_confidence", "A", "B", "C", "D"), offer=False)
    assert said.endswith("“A”, “B”, “C”.")


def test_refused_points_nowhere_where_the_question_is_none_of_its_business() -> None:
    assert refused(TEXTS, refusal("out_of_scope", "A"), offer=False) == TEXTS.out_of_scope


def test_joined_leaves_out_what_says_nothing() -> None:
    assert joined("a ", "", "  ", "\nb") == "a\n\nb"
    assert joined() == ""


@given(st.text())
def test_pieces_join_to_the_text(text: str) -> None:
    assert "".join(pieces(text)) == text


@given(st.text(), st.sampled_from(list(SnippetKind)))
def test_quoted_always_names_the_article(text: str, kind: SnippetKind) -> None:
    found: Any = quoted(answer(text, kind))
    assert found.endswith("From “Leave”.")
