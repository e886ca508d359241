"""Four questions that a small network learns by heart."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

FACTS = [
    ("When does the desk open?", "The desk opens at 8:30 on weekdays.", "8:30"),
    ("Where is the desk?", "The desk is in room 12, next to the lift.", "room 12"),
    ("Who repairs it?", "Anna repairs it on Fridays.", "Anna"),
    ("What does it cost?", "It costs 40 euros in all.", "40 euros"),
]


@pytest.fixture
def facts() -> list[tuple[str, str, str]]:
    """Return question, context and answer of each."""
    return FACTS


@pytest.fixture
def squad(tmp_path: Path) -> Path:
    paragraphs = [
        {
            "context": context,
            "qas": [
                {
                    "id": str(number),
                    "question": question,
                    "answers": [{"text": quote, "answer_start": context.index(quote)}],
                }
            ],
        }
        for number, (question, context, quote) in enumerate(FACTS)
    ]
    path = tmp_path / "facts.json"
    path.write_text(
        json.dumps({"version": "1.1", "data": [{"title": "F", "paragraphs": paragraphs}]})
    )
    return path
