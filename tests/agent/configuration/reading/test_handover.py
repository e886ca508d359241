from __future__ import annotations

from pathlib import Path

import pytest
from written_agent import mistakes


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("handover: {rules: [{name: x}]}", "a rule needs 'words' or 'intent'"),
        ("handover: {rules: [{name: x, intent: nope}]}", "intent 'nope' has no examples"),
        ("handover: {unsure_turns: 0}", "'0' is out of range; expected from 1 to 20"),
    ],
)
def test_load_agent_says_what_is_wrong_with_the_handover(
    tmp_path: Path, text: str, expected: str
) -> None:
    assert expected in mistakes(tmp_path, text)
