"""What people see on a terminal."""

from __future__ import annotations

import io
import shlex
from dataclasses import replace
from typing import Any

import pytest
from rich.console import Console

from agent.cli.render import _command, render_result, render_trace, visible
from qa.types import (
    Answer,
    CalibrationState,
    Candidate,
    Extract,
    NearestArticle,
    Reading,
    Refusal,
    RefusalReason,
    Result,
    Snippet,
    SnippetKind,
)
from retrieval.types import Hit, Passage, Trace


def answer_in(snippet: str, quote: str, **changes: Any) -> Answer:
    start = snippet.index(quote)
    answer = Answer(
        text=quote,
        confidence=0.86,
        reader="bert",
        article_id="it/desk.md",
        title="Help desk",
        url=None,
        article_sha256="0" * 64,
        start=start,
        end=start + len(quote),
        passage_id="it/desk.md#0-9",
        snippet=Snippet(snippet, 0, len(snippet), SnippetKind.SENTENCE),
        headings=("Help desk", "Opening hours"),
    )
    return replace(answer, **changes)


def result_of(*answers: Answer, refusal: Refusal | None = None) -> Result:
    return Result("When?", answers, refusal, CalibrationState.DEFAULT, "000001", {"read": 12.3})


def printed(result: Result, *, terminal: bool = False, kb: str = "build/kb") -> str:
    out = io.StringIO()
    console = Console(
        file=out,
        width=80,
        force_terminal=terminal,
        color_system="standard" if terminal else None,
    )
    render_result(result, console, kb=kb)
    return out.getvalue()


def test_render_shows_quote_place_confidence_and_where_to_read_on() -> None:
    text = printed(result_of(answer_in("The desk opens at 8:30 on weekdays.", "8:30")))
    assert "The desk opens at **8:30** on weekdays." in text
    assert "Help desk › Opening hours" in text
    assert "Help desk › Help desk" not in text
    assert "86 % sure" in text
    assert "Read on: frontdesk article it/desk.md --kb build/kb" in text
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) <= 80


def test_render_is_bold_on_a_terminal() -> None:
    text = printed(result_of(answer_in("Opens at 8:30.", "8:30")), terminal=True)
    assert "Opens at \x1b[1m8:30\x1b[0m." in text
    assert "**" not in text


def test_render_prefers_the_url() -> None:
    text = printed(result_of(answer_in("At 8:30.", "8:30", url="https://help.example.com/desk")))
    assert "Read on: https://help.example.com/desk" in text


def test_render_sets_a_table_row_below_its_header() -> None:
    header, row = "| Day | Hours |", "| Saturday | 10:00 to 14:00 |"
    body = f"{header}\n{row}"
    start = body.index(row)
    quote = body.index("10:00 to 14:00")
    answer = replace(
        answer_in(body, "10:00 to 14:00"),
        start=quote,
        snippet=Snippet(row, start, len(body), SnippetKind.TABLE, Extract(header, 0, len(header))),
    )
    lines = [line for line in printed(result_of(answer)).splitlines() if line.strip()]
    assert lines[0].index("Hours") == lines[2].index("**10:00")
    assert "|" not in lines[0]


def test_render_keeps_steps_on_their_lines() -> None:
    steps = "To set up:\n1. Open it.\n2. Sign in."
    text = printed(result_of(answer_in(steps, "Open it.")))
    assert "  1. **Open it.**\n  2. Sign in.\n" in text


def test_render_never_takes_text_for_markup_or_commands() -> None:
    hostile = "[red]5[/red] \x1b[31mred\x1b]0;title\x07 :smile: \u202eevil"
    answer = answer_in(hostile, "5", title="[bold]T\x1b[2J", headings=("\x9b31m",))
    for terminal in (False, True):
        text = printed(result_of(answer), terminal=terminal)
        assert "[red]" in text
        assert ":smile:" in text
        assert "\x1b[31mred" not in text
        assert "\x1b]0" not in text
        assert "\x1b[2J" not in text
        assert "\x9b" not in text
        assert "\u202e" not in text
        assert "[bold]T" in text


def test_render_shows_other_answers_only_if_they_are_likely() -> None:
    first = answer_in("At 8:30.", "8:30", confidence=0.9)
    likely = answer_in("At 9:00.", "9:00", confidence=0.4, title="Riverton")
    unlikely = answer_in("At noon.", "noon", confidence=0.1)
    text = printed(result_of(first, likely, unlikely))
    assert "Other possible answers" in text
    assert "9:00 — Riverton › " in text
    assert "noon" not in text


@pytest.mark.parametrize(
    ("reason", "opening"),
    [
        (RefusalReason.NOT_FOUND, "Nothing found."),
        (RefusalReason.LOW_CONFIDENCE, "No sure answer."),
        (RefusalReason.OUT_OF_TIME, "Out of time."),
    ],
)
def test_render_refuses_politely(reason: RefusalReason, opening: str) -> None:
    refusal = Refusal(reason, "Sorry.", (NearestArticle("a b", "VPN"), NearestArticle("c", "")))
    text = printed(result_of(answer_in("At 8:30.", "8:30"), refusal=refusal))
    assert f"{opening} Sorry." in text
    assert "  • VPN  a b\n  • c\n  Read one: frontdesk article ID --kb build/kb" in text
    assert "8:30" not in text


def test_render_trace_shows_every_stage() -> None:
    passage = Passage("it#0-8", "it", 0, 8, "At 8:30.", "Help desk")
    hits = (Hit(passage, 1.5),)
    trace = Trace(
        "When?",
        hits,
        terms=("desk", "open"),
        expansions={"pto": ("paid time off",)},
        legs={"bm25": hits, "dense": hits},
        fusion="0.4 × bm25 + 0.6 × dense",
    )
    refusal = Refusal(RefusalReason.LOW_CONFIDENCE, "Not sure.")
    result = replace(
        result_of(answer_in("At 8:30.", "8:30"), refusal=refusal),
        trace=trace,
        reading=Reading(
            (Candidate(passage, 3, 7, 5.0, 2.5),), 2.5, ("it#8-9",), skipped=("hr#0-5",)
        ),
    )
    out = io.StringIO()
    render_trace(result, Console(file=out, width=80), threshold=0.6)
    text = out.getvalue()
    for part in (
        "desk open",
        "'pto': paid time off",
        "Found by bm25",
        "Found by dense",
        "0.4 × bm25 + 0.6 × dense",
        "+2.5",
        "Unread, no time left: it#8-9",
        "far ahead: hr#0-5",
        "from 60 % on",
        "Refused (low_confidence)",
        "read 12 ms",
    ):
        assert part in text


def test_render_trace_without_a_trace_prints_nothing() -> None:
    out = io.StringIO()
    render_trace(result_of(answer_in("At 8:30.", "8:30")), Console(file=out), threshold=0.5)
    assert out.getvalue() == ""


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\r\nb\rc\u2028d", "a\nb\nc\nd"),
        ("a\tb", "a   b"),
        ("\x00\x1b[1m\x7f\x9d", "[1m"),
        ("\udcff", ""),
        ("\u200f\u05e9 \U0001f469\u200d\U0001f467", "\u200f\u05e9 \U0001f469\u200d\U0001f467"),
    ],
)
def test_visible_takes_out_what_steers_a_terminal(text: str, shown: str) -> None:
    assert visible(text) == shown


@pytest.mark.parametrize("article_id", ["a b", "x; touch pwned", "$(id)", "it's", "`id`"])
def test_render_quotes_an_id_for_a_shell(article_id: str) -> None:
    words = shlex.split(_command(article_id, "my kb"))
    assert words == ["frontdesk", "article", article_id, "--kb", "my kb"]
