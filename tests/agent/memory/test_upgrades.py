"""Conversations that the first version wrote (`upgrades/sessions.sqlite3`) go on, whole."""

from __future__ import annotations

import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from agent.errors import SessionError
from agent.memory.sessions import SessionStore
from agent.types import FormProgress, Pending, Route

OLD = Path(__file__).parent / "upgrades" / "sessions.sqlite3"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return Path(shutil.copy(OLD, tmp_path / "sessions.sqlite3"))


def rows(path: Path) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(path)
    try:
        return [
            row
            for table in ("sessions", "turns", "feedback")
            for row in connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2")  # noqa: S608
        ]
    finally:
        connection.close()


def test_an_older_conversation_is_read_whole(path: Path) -> None:
    with SessionStore(path) as store:
        session = store.load("s-1", "key:abcdefgh")
        assert session is not None
        assert [turn.message for turn in session.turns] == ["question 0", "question 1"]
        assert [turn.route for turn in session.turns] == [Route.ANSWER, Route.CLARIFY]
        assert [turn.choices for turn in session.turns] == [(), ("Wi-Fi",)]
        assert session.turns[0].decision.inputs["verdict"] == {"status": "answered"}
        assert session.slots == {"item": "laptop", "n": 2, "price": 1.5, "urgent": True}
        assert [type(value) for value in session.slots.values()] == [str, int, float, bool]
        assert session.forms == (FormProgress("order", {"item": "desk"}, "needed_by", 1, False),)
        assert session.pending == Pending("article", "VPN?", ("Set up", "Fix"), ("a", "b"))
        (given,) = store.feedback("s-1", "key:abcdefgh")
        assert (given.decision, given.helpful, given.comment) == ("d0", False, "the other page")
        assert {each.id for each in store.sessions(None)} == {"s-1", "s-2"}


def test_an_older_conversation_goes_on(path: Path) -> None:
    with SessionStore(path) as store:
        session = store.load("s-1", "key:abcdefgh", last=1)
        assert session is not None
        turn = replace(session.turns[-1], message="question 2")
        store.save(replace(session, turns=(*session.turns, turn)))
    with SessionStore(path) as store:
        whole = store.load("s-1", "key:abcdefgh")
        assert whole is not None
        assert [turn.message for turn in whole.turns] == [f"question {n}" for n in range(3)]


def test_looking_at_an_older_file_changes_no_row(path: Path) -> None:
    before = rows(path)
    with SessionStore(path) as store:
        for summary in store.sessions(None):
            assert store.export(summary.id, summary.owner)
    assert rows(path) == before == rows(OLD)


def test_a_file_of_a_newer_version_is_refused_and_kept(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = rows(path)
    with pytest.raises(SessionError, match="Upgrade Frontdesk, or name another file"):
        SessionStore(path)
    assert rows(path) == before
