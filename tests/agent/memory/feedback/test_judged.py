from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from agent.memory.feedback import judged_turns
from agent.memory.sessions import SessionStore
from agent.types import Decision, Route, Turn


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SessionStore]:
    with SessionStore(tmp_path / "s.sqlite3") as opened:
        yield opened


def turn(name: str, status: str | None) -> Turn:
    found = [{"article_id": "vpn", "quote": "client", "confidence": 0.9, "title": "VPN"}]
    verdict = None if status is None else {"status": status, "reason": None, "found": found}
    decision = Decision(name, Route.ANSWER, "r", None, 0.9, {"verdict": verdict}, "Why.")
    return Turn("hi", "hello", Route.ANSWER, None, decision, "2026-01-01T00:00:00Z", "a question")


def test_judged_turns_are_those_judged_or_refused(store: SessionStore) -> None:
    session = store.create("key:a", "web")
    turns = (
        turn("d1", "answered"),
        turn("d2", "refused"),
        turn("d3", None),
        turn("d4", "answered"),
    )
    store.save(replace(session, turns=turns))
    assert store.add_feedback("d1", "key:a", helpful=True, comment="mail me: ada@example.com")
    assert store.add_feedback("d3", "key:a", helpful=False)
    rows = list(judged_turns(store))
    assert [(row.id, row.thumb, row.status) for row in rows] == [
        ("d1", "up", "answered"),
        ("d2", "", "refused"),
        ("d3", "down", ""),
    ]
    assert "ada@" not in rows[0].correction
