"""Trimming spans to what a person would quote."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.reading.candidates import (
    MAX_CANDIDATES,
    RawSpan,
    choose_candidates,
    gather_reading,
    quotable_tokens,
    trim_span,
)
from retrieval.types import Article, Passage

Cut = Callable[..., Passage]


@pytest.mark.parametrize(
    ("text", "quoted", "expected"),
    [
        ("Call 555-1234, or write", " 555-1234,", "555-1234"),
        ("- Restart the Mac.\n", "- Restart the Mac.", "Restart the Mac."),
        ("It is -5 degrees", "-5 degrees", "-5 degrees"),
        ("Edit .env first", ".env", ".env"),
        ("end of it. Then go", ". Then go", "Then go"),
        ("| Monday | 9 to 5 |", "| 9 to 5 |", "9 to 5"),
        ("bring (a badge) now", "(a badge)", "(a badge)"),
        ("bring (a badge) now", "a badge)", "a badge"),
        ("bring (a badge) now", "(a badge", "a badge"),
        ('say "yes" loudly', 'yes"', "yes"),
        ('say "yes" loudly', '"yes"', '"yes"'),
        ("Acme Inc. sells", "Acme Inc.", "Acme Inc."),
        ("a\r\nb", "a\r\n", "a"),
    ],
)
def test_trim_span_takes_off_loose_edges(text: str, quoted: str, expected: str) -> None:
    start = text.index(quoted)
    trimmed = trim_span(text, start, start + len(quoted))
    assert trimmed is not None
    assert text[slice(*trimmed)] == expected


@pytest.mark.parametrize("text", ["", "   ", ", ;", "()", "•", "\r\n"])
def test_trim_span_gives_nothing_for_edges_alone(text: str) -> None:
    assert trim_span(text, 0, len(text)) is None


@pytest.mark.parametrize(
    ("text", "start", "end", "expected"),
    [
        ("cafe\u0301 noir", 0, 4, "cafe\u0301"),
        ("e\u0301tude", 1, 6, "e\u0301tude"),
        (
            "a \U0001f469\u200d\U0001f469\u200d\U0001f467 b",
            2,
            3,
            "\U0001f469\u200d\U0001f469\u200d\U0001f467",
        ),
        ("flag \U0001f1e9\U0001f1ea", 6, 7, "\U0001f1e9\U0001f1ea"),
    ],
)
def test_trim_span_keeps_characters_whole(text: str, start: int, end: int, expected: str) -> None:
    trimmed = trim_span(text, start, end)
    assert trimmed is not None
    assert text[slice(*trimmed)] == expected


@given(text=st.text(max_size=60), cut=st.tuples(st.integers(0, 60), st.integers(0, 60)))
def test_trim_span_is_stable_and_visible_at_both_ends(text: str, cut: tuple[int, int]) -> None:
    start, end = sorted(min(at, len(text)) for at in cut)
    trimmed = trim_span(text, start, end)
    if trimmed is not None:
        assert text[slice(*trimmed)].strip() == text[slice(*trimmed)] != ""
        assert 0 <= trimmed[0] < trimmed[1] <= len(text)


def test_choose_candidates_leaves_out_what_overlaps_a_better_one(cut_passage: Cut) -> None:
    article = Article("a", "T", "xx one two three four five six seven")
    passage = cut_passage(article, start=3)
    spans = [RawSpan(0, 7, 1.0), RawSpan(4, 7, 3.0), RawSpan(8, 13, 2.0), RawSpan(19, 23, 0.5)]
    chosen = choose_candidates(passage, spans, -1.0)
    assert [c.text for c in chosen] == ["two", "three", "five"]
    assert [c.margin for c in chosen] == [4.0, 3.0, 1.5]
    assert len(chosen) <= MAX_CANDIDATES


def test_choose_candidates_breaks_ties_by_place(cut_passage: Cut) -> None:
    passage = cut_passage(Article("a", "T", "one two three four"))
    spans = [RawSpan(8, 13, 1.0), RawSpan(0, 3, 1.0), RawSpan(4, 7, 1.0), RawSpan(14, 18, 1.0)]
    assert [c.text for c in choose_candidates(passage, spans, 0.0)] == ["one", "two", "three"]


def test_gather_reading_without_candidates_has_the_lowest_null_score(cut_passage: Cut) -> None:
    passage = cut_passage(Article("a", "T", "text"))
    reading = gather_reading([([], 3.0), ([], 1.0)], unread=[passage])
    assert reading.candidates == ()
    assert reading.null_score == 1.0
    assert reading.unread == (passage.id,)
    assert gather_reading([]).null_score == 0.0


def words_of(text: str) -> list[tuple[int, int]]:
    import regex

    return [match.span() for match in regex.finditer(r"\w+|[^\w\s]", text)]


@pytest.mark.parametrize(
    ("text", "left_out"),
    [
        ("Call 555.\n- one\n- two", ["-", "-"]),
        ("Do this:\n1. Open it.\n2. Wait 3 minutes.\n", ["1", ".", "2", "."]),
        ("a) red\nb) blue", ["a", ")", "b", ")"]),
        # A number that only happens to begin a line.
        ("It was built in\n1987. It has\n12. floors", []),
        ("It takes\n12. Then wait.", []),
        (
            "| Day | Hours |\n|---|:-:|\n| Mon | 9 |",
            ["|", "Day", "|", "Hours", "|", *"|---|:-:|", *"|||"],
        ),
        ("| Mon | 9 |\n\n|---|", [*"|||", *"|---|"]),
        ("Press a | b to pipe", []),
        (r"| a \| b | c |", ["|", "|", "|"]),
        ("-5 degrees, or - rarely - less", []),
    ],
)
def test_quotable_tokens_leaves_out_marks_of_structure(text: str, left_out: list[str]) -> None:
    words = words_of(text)
    allowed = quotable_tokens(text, words)
    assert [
        text[slice(*word)] for word, ok in zip(words, allowed, strict=True) if not ok
    ] == left_out


def test_quotable_tokens_leaves_out_endless_tokens() -> None:
    text = "key " + "x" * 300
    assert quotable_tokens(text, [(0, 3), (4, 304)]).tolist() == [True, False]
    assert quotable_tokens("", []).tolist() == []


def test_trim_span_ends_with_the_paragraph() -> None:
    text = "First part.\n \nSecond part."
    assert trim_span(text, 0, len(text)) == (0, 11)
    assert trim_span(text, 11, len(text)) == (14, len(text))
