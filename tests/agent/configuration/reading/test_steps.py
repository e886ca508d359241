from __future__ import annotations

from pathlib import Path

import pytest
from written_agent import mistakes


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("handle: {hours: 3}", "handle.hours: expected `key: value` lines"),
        ("handle: {hours: {reply: a, form: b}}", "got 'reply' and 'form'"),
        ("handle: {hours: {answer: false}}", "`answer: false` does nothing"),
        ("handle: {hours: {reply: 'x {item}'}}", "no form is filled at this point"),
        ("handle: {hours: {handover: aksed}}", "'aksed'; did you mean 'asked'"),
        ("handle: {hours: {reply: x}}", "no file of examples is named under 'intents'"),
        ("handle: {hours: {call: x}}", "unknown action 'x'; there is none"),
    ],
)
def test_load_agent_says_what_is_wrong_with_a_step(
    tmp_path: Path, text: str, expected: str
) -> None:
    assert expected in mistakes(tmp_path, text)
