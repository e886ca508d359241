from __future__ import annotations

from pathlib import Path

import pytest
from written_agent import mistakes


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("forms: {a: {then: {reply: x}}}", "forms.a: 'slots' is missing"),
        ("forms: {a: {slots: [], then: {reply: x}}}", "asks for at least one slot"),
        ("forms: {A b: {slots: [{name: x, ask: y}], then: {reply: x}}}", "got 'A b'"),
    ],
)
def test_load_agent_says_what_is_wrong_with_a_form(
    tmp_path: Path, text: str, expected: str
) -> None:
    assert expected in mistakes(tmp_path, text)
