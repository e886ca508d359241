"""Sessions on disk: what many threads and processes keep in one file at once.

A session's turns are rows that are only ever added; what else changes is one JSON value a
session, guarded by a version: who saves over a newer one is told, and reads again. Everything
is masked on its way in, so no personal data reaches the file.

A session belongs to its owner: to anybody else it does not exist, and the same id under
another owner is another session.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from agent.errors import SessionConflict, SessionError
from agent.memory.privacy.masking import Masker
from agent.memory.sessions.columns import iso, storable
from agent.memory.sessions.database import BUSY_TIMEOUT_S, SessionFile
from agent.memory.sessions.masked import masked_name, masked_state, masked_turn
from agent.memory.sessions.records import (
    session_of,
    session_to_json,
    state_text,
    turn_of,
    turn_text,
)
from agent.memory.sessions.types import Feedback, SessionSummary
from agent.types import Decision, Session

__all__ = ["SessionStore"]

_ID_BYTES = 16
_MAX_COMMENT_CHARS = 4_000


class SessionStore(AbstractContextManager["SessionStore"]):
    """Keeps sessions; safe to share between threads, and a file between processes.

    Attributes:
        path: The file, or None in memory.
        masker: What every text goes through before it is stored.
    """

    def __init__(
        self,
        path: str | Path | None,
        *,
        masker: Masker | None = None,
        busy_timeout_s: float = BUSY_TIMEOUT_S,
    ) -> None:
        """Open the file, or make it: readable and writable by its owner alone.

        Args:
            path: Of the file; folders above it are made if absent. None keeps sessions in
                memory.
            masker: With the company's own patterns; the built-in ones if not given.
            busy_timeout_s: How long to wait for other writers.

        Raises:
            SessionError: The file is damaged, foreign, of a newer version, or can't be
                written.
        """
        self.path = None if path is None else Path(path)
        self.masker = masker if masker is not None else Masker()
        self._file = SessionFile(self.path, busy_timeout_s=busy_timeout_s)

    @classmethod
    def in_memory(cls, *, masker: Masker | None = None) -> SessionStore:
        """Return a store that ends with the process."""
        return cls(None, masker=masker)

    def create(
        self,
        owner: str = "",
        channel: str = "",
        *,
        now: datetime | None = None,
        id: str | None = None,  # noqa: A002  (the attribute's name)
    ) -> Session:
        """Store a new, empty session and return it.

        Args:
            owner: Who it belongs to.
            channel: Where it runs.
            now: The moment, with its time zone; the clock's if not given.
            id: Instead of a random one that can't be guessed.

        Raises:
            SessionConflict: The owner has a session of this id.
            SessionError: It can't be stored.
        """
        moment = iso(now)
        session = Session(
            id=id if id is not None else secrets.token_urlsafe(_ID_BYTES),
            owner=owner,
            channel=channel,
            created=moment,
        )
        return self.save(session, now=now)

    def load(self, session_id: str, owner: str = "", *, last: int | None = None) -> Session | None:
        """Return the owner's session, or None if there is none of this id.

        Args:
            session_id: Of the session.
            owner: Whose it is.
            last: At most so many turns, the newest: a long conversation costs no more than
                a short one then. None reads all.

        Raises:
            SessionError: The file can't be read.
        """
        with self._file.reading() as connection:
            row = connection.execute(
                "SELECT key, channel, created, version, turns, state FROM sessions "
                "WHERE owner = ? AND id = ?",
                (self._name(owner), self._name(session_id)),
            ).fetchone()
            if row is None:
                return None
            key, channel, created, version, n_turns, state = row
            earlier = 0 if last is None else max(0, n_turns - last)
            turns = connection.execute(
                "SELECT turn FROM turns WHERE session = ? AND number >= ? ORDER BY number",
                (key, earlier),
            ).fetchall()
        return session_of(
            state,
            id=session_id,
            owner=owner,
            channel=channel,
            created=created,
            version=version,
            turns=tuple(turn_of(turn) for (turn,) in turns),
            earlier=earlier,
        )

    def save(
        self, session: Session, *, now: datetime | None = None, hide: Iterable[str] = ()
    ) -> Session:
        """Store a session, masked, unless somebody else stored a newer one meanwhile.

        Turns that are stored stay as they are; those after them are added.

        Args:
            session: As `create`, `load` or `save` gave it, changed; one of version 0 is new.
            now: The moment, with its time zone; the clock's if not given.
            hide: Texts to hide besides what patterns find: values of personal slots.

        Returns:
            The session with its new version, and with its turns as they are stored. Slots,
            forms and the pending question are as given: they may hold what the file must
            not.

        Raises:
            SessionConflict: A newer version is stored, or the session was deleted. Load it
                and try again.
            SessionError: It can't be stored.
        """
        hidden = tuple(hide)
        moment = iso(now)
        state = state_text(masked_state(session, self.masker, hide=hidden))
        # Masked before the file is locked; the version, checked inside, binds the count.
        stored = self._stored_turns(session)
        known = stored - session.earlier
        added = tuple(masked_turn(turn, self.masker, hide=hidden) for turn in session.turns[known:])
        with self._file.writing() as connection:
            key = self._claim(connection, session, state, moment)
            connection.executemany(
                "INSERT INTO turns (session, number, decision, turn) VALUES (?, ?, ?, ?)",
                [
                    (key, stored + place, storable(turn.decision.id), turn_text(turn))
                    for place, turn in enumerate(added)
                ],
            )
        return replace(session, version=session.version + 1, turns=session.turns[:known] + added)

    def delete(self, session_id: str, owner: str = "") -> bool:
        """Delete a session with its turns, decisions and feedback; return whether it was there.

        Its bytes are overwritten in the file, and the log is emptied.

        Raises:
            SessionError: The file can't be written.
        """
        with self._file.writing() as connection:
            done = connection.execute(
                "DELETE FROM sessions WHERE owner = ? AND id = ?",
                (self._name(owner), self._name(session_id)),
            )
            found = done.rowcount > 0
        if found:
            self._file.empty_log()
        return found

    def expire(self, before: datetime) -> int:
        """Delete every session that was last saved before a moment; return how many.

        Raises:
            SessionError: `before` has no time zone, or the file can't be written.
        """
        with self._file.writing() as connection:
            n = connection.execute(
                "DELETE FROM sessions WHERE updated < ?", (iso(before),)
            ).rowcount
        if n:
            self._file.empty_log()
        return n

    def sessions(
        self, owner: str | None = "", *, limit: int = 100, offset: int = 0
    ) -> tuple[SessionSummary, ...]:
        """Return an owner's sessions, the last saved first.

        Args:
            owner: None lists everybody's: for whoever runs the service alone.
            limit: At most so many.
            offset: Leave out so many of the first.

        Raises:
            SessionError: The file can't be read.
        """
        with self._file.reading() as connection:
            rows = connection.execute(
                "SELECT id, owner, channel, created, updated, turns, "
                "json_extract(state, '$.handed_over') FROM sessions "
                "WHERE ?1 IS NULL OR owner = ?1 ORDER BY updated DESC, key DESC LIMIT ?2 OFFSET ?3",
                (None if owner is None else self._name(owner), max(0, limit), max(0, offset)),
            ).fetchall()
        return tuple(
            SessionSummary(name, owner_name, channel, created, updated, n_turns, bool(over))
            for name, owner_name, channel, created, updated, n_turns, over in rows
        )

    def owners(self, session_id: str) -> tuple[str, ...]:
        """Return whose sessions of this id there are: for whoever runs the service alone."""
        found = "SELECT owner FROM sessions WHERE id = ?"
        with self._file.reading() as connection:
            return tuple(row[0] for row in connection.execute(found, (self._name(session_id),)))

    def export(self, session_id: str, owner: str = "") -> dict[str, Any] | None:
        """Return all that is kept of a session as JSON, or None if there is none.

        Raises:
            SessionError: The file can't be read.
        """
        with self._file.lock:
            session = self.load(session_id, owner)
            if session is None:
                return None
            given = self.feedback(session_id, owner)
        exported = session_to_json(session)
        exported["feedback"] = [asdict(item) for item in given]
        return exported

    def decision(self, decision_id: str, owner: str = "") -> Decision | None:
        """Return a decision of one of the owner's sessions, or None if there is none.

        Raises:
            SessionError: The file can't be read.
        """
        with self._file.reading() as connection:
            row = connection.execute(
                "SELECT turn FROM turns JOIN sessions ON sessions.key = turns.session "
                "WHERE turns.decision = ? AND sessions.owner = ?",
                (storable(decision_id), self._name(owner)),
            ).fetchone()
        return None if row is None else turn_of(row[0]).decision

    def add_feedback(
        self,
        decision_id: str,
        owner: str = "",
        *,
        helpful: bool,
        comment: str = "",
        now: datetime | None = None,
    ) -> bool:
        """Keep what a person thought of a reply; a second opinion replaces the first.

        Returns:
            False if the owner has no such decision.

        Raises:
            SessionError: The comment is too long, or the file can't be written.
        """
        if len(comment) > _MAX_COMMENT_CHARS:
            raise SessionError(
                f"The comment has {len(comment)} characters. Expected at most "
                f"{_MAX_COMMENT_CHARS}: say it in fewer."
            )
        with self._file.writing() as connection:
            done = connection.execute(
                "INSERT OR REPLACE INTO feedback (session, decision, helpful, comment, at) "
                "SELECT turns.session, turns.decision, ?, ?, ? FROM turns "
                "JOIN sessions ON sessions.key = turns.session "
                "WHERE turns.decision = ? AND sessions.owner = ? LIMIT 1",
                (
                    int(helpful),
                    storable(self.masker.mask(comment)),
                    iso(now),
                    storable(decision_id),
                    self._name(owner),
                ),
            )
            return done.rowcount > 0

    def feedback(self, session_id: str, owner: str = "") -> tuple[Feedback, ...]:
        """Return what was said of a session's replies, oldest first.

        Raises:
            SessionError: The file can't be read.
        """
        with self._file.reading() as connection:
            rows = connection.execute(
                "SELECT feedback.decision, helpful, comment, at FROM feedback "
                "JOIN sessions ON sessions.key = feedback.session "
                "WHERE sessions.owner = ? AND sessions.id = ? ORDER BY at, feedback.decision",
                (self._name(owner), self._name(session_id)),
            ).fetchall()
        return tuple(Feedback(row[0], bool(row[1]), row[2], row[3]) for row in rows)

    def close(self) -> None:
        """Empty the log and close the file; a closed store can't be used again."""
        self._file.close()

    def __exit__(self, *_: object) -> None:
        self.close()

    def _stored_turns(self, session: Session) -> int:
        """Return how many of the session's turns are stored."""
        with self._file.reading() as connection:
            row = connection.execute(
                "SELECT turns FROM sessions WHERE owner = ? AND id = ? AND version = ?",
                (self._name(session.owner), self._name(session.id), session.version),
            ).fetchone()
        # Without a row it is new, or the version is old: then nothing is written.
        stored = 0 if row is None else int(row[0])
        given = session.earlier + len(session.turns)
        if given < stored:
            msg = (
                f"The session {session.id!r} has {given} turns, and {stored} are "
                "stored. Expected those and what came after: turns are only ever added."
            )
            raise SessionError(msg)
        return stored

    def _claim(
        self, connection: sqlite3.Connection, session: Session, state: str, moment: str
    ) -> int:
        """Write the session's row, if its version is the stored one; return its key."""
        owner, name = self._name(session.owner), self._name(session.id)
        row = connection.execute(
            "SELECT key, version FROM sessions WHERE owner = ? AND id = ?", (owner, name)
        ).fetchone()
        if row is None:
            if session.version:
                msg = (
                    f"The session {session.id!r} was deleted since it was read at version "
                    f"{session.version}. Expected it to be there: begin a new session."
                )
                raise SessionConflict(msg)
            inserted = connection.execute(
                "INSERT INTO sessions (owner, id, channel, created, updated, version, turns, state)"
                " VALUES (?, ?, ?, ?, ?, 1, ?, ?)",
                (
                    owner,
                    name,
                    storable(self.masker.mask(session.channel)),
                    session.created or moment,
                    moment,
                    session.earlier + len(session.turns),
                    state,
                ),
            )
            return int(inserted.lastrowid or 0)
        key, version = row
        if version != session.version:
            msg = (
                f"The session {session.id!r} is stored at version {version}, and this change was "
                f"made to version {session.version}. Load it and make the change again."
            )
            raise SessionConflict(msg)
        connection.execute(
            "UPDATE sessions SET version = version + 1, turns = ?, state = ?, updated = ? "
            "WHERE key = ?",
            (session.earlier + len(session.turns), state, moment, key),
        )
        return int(key)

    def _name(self, name: str) -> str:
        return masked_name(name, self.masker)
