from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.understanding.parts import clauses, segments, without_courtesies


def cut(message: str) -> list[str]:
    return [message[start:end] for start, end in segments(message)]


@pytest.mark.parametrize(
    ("message", "parts"),
    [
        ("I can't log in and also my badge is lost", ["I can't log in", "my badge is lost"]),
        ("How is it? And how long?", ["How is it?", "And how long?"]),
        ("1) a headset 2) a mouse", ["a headset", "a mouse"]),
        ("order a mouse and a headset", ["order a mouse and a headset"]),
    ],
)
def test_segments_cuts_where_something_of_its_own_may_begin(message: str, parts: list[str]) -> None:
    assert cut(message) == parts


def test_clauses_are_none_of_a_message_that_has_one() -> None:
    assert clauses("how do I set up the vpn") == []
    assert clauses("hi. I want to kill myself") == ["I want to kill myself"]


@pytest.mark.parametrize(
    ("message", "left"),
    [
        ("Hi team,\n\nI forgot my password.\n\nKind regards,\nJo Quill", "I forgot my password."),
        ("Good morning, is the vpn down?", "is the vpn down?"),
        ("reset my password\n--\nJo Quill, Varrowby", "reset my password"),
        ("hello", "hello"),
        ("thanks", "thanks"),
    ],
)
def test_without_courtesies_keeps_the_wish(message: str, left: str) -> None:
    assert without_courtesies(message) == left


@given(st.text(max_size=300))
def test_parts_take_any_text(text: str) -> None:
    assert without_courtesies(text) or not text
    ends = [end for _, end in segments(text)]
    assert ends == sorted(ends)
    assert all(part in text for part in clauses(text))
