"""Sessions on disk: one SQLite file that many threads and processes write at once.

Write-ahead logging, so that readers never wait for a writer. A session's turns are rows that
are only ever added; what else changes is one JSON value a session, guarded by a version: who
saves over a newer one is told, and reads again. Everything is masked on its way in, so no
personal data reaches the file. What is deleted is overwritten, in the file and in its log.

A session belongs to its owner: to anybody else it does not exist, and the same id under
another owner is another session.
"""

from __future__ import annotations

import errno
import json
import os
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from agent.errors import SessionConflict, SessionError
from agent.privacy.masking import Masker
from agent.session_records import (
    decision_from_json,
    session_to_json,
    state_from_json,
    state_to_json,
    turn_from_json,
    turn_to_json,
)
from agent.types import Decision, FormProgress, Session, Turn

__all__ = ["Feedback", "SessionStore", "SessionSummary"]

_APPLICATION_ID = 0x46446B53  # "FDkS": a file of ours, whatever its name
_SCHEMA_VERSION = 1
_SCHEMA = """
CREATE TABLE sessions (
    key INTEGER PRIMARY KEY,
    owner TEXT NOT NULL,
    id TEXT NOT NULL,
    channel TEXT NOT NULL,
    created TEXT NOT NULL,
    updated TEXT NOT NULL,
    version INTEGER NOT NULL,
    turns INTEGER NOT NULL,
    state TEXT NOT NULL,
    UNIQUE (owner, id)
) STRICT;
CREATE INDEX sessions_updated ON sessions (updated);
CREATE TABLE turns (
    session INTEGER NOT NULL REFERENCES sessions (key) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    decision TEXT NOT NULL,
    turn TEXT NOT NULL,
    PRIMARY KEY (session, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX turns_decision ON turns (decision);
CREATE TABLE feedback (
    session INTEGER NOT NULL REFERENCES sessions (key) ON DELETE CASCADE,
    decision TEXT NOT NULL,
    helpful INTEGER NOT NULL,
    comment TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (session, decision)
) STRICT, WITHOUT ROWID;
"""
# Schema version → the statements that lead from it to the next one.
_MIGRATIONS: dict[int, str] = {}

_BUSY_TIMEOUT_S = 10.0
_ID_BYTES = 16
_MAX_COMMENT_CHARS = 4_000


@dataclass(frozen=True)
class SessionSummary:
    """A session in a list.

    Attributes:
        id: Its id.
        owner: Who it belongs to.
        channel: Where it runs.
        created: ISO 8601 UTC.
        updated: When it was last saved, ISO 8601 UTC.
        turns: How many it has.
        handed_over: A person has taken over.
    """

    id: str
    owner: str
    channel: str
    created: str
    updated: str
    turns: int
    handed_over: bool


@dataclass(frozen=True)
class Feedback:
    """What a person thought of a reply.

    Attributes:
        decision: The id of the reply's decision.
        helpful: Thumbs up or down.
        comment: In their own words, masked; may be empty.
        at: ISO 8601 UTC.
    """

    decision: str
    helpful: bool
    comment: str
    at: str


class SessionStore:
    """Keeps sessions; safe to share between threads, and a file between processes.

    Attributes:
        path: The file, or None in memory.
        masker: What every text goes through before it is stored.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        masker: Masker | None = None,
        busy_timeout_s: float = _BUSY_TIMEOUT_S,
    ) -> None:
        """Open the file, or make it: readable and writable by its owner alone.

        Args:
            path: Of the file; folders above it are made if absent.
            masker: With the company's own patterns; the built-in ones if not given.
            busy_timeout_s: How long to wait for other writers.

        Raises:
            SessionError: The file is damaged, foreign, of a newer version, or can't be
                written.
        """
        self._start(Path(path), masker, busy_timeout_s)

    @classmethod
    def in_memory(cls, *, masker: Masker | None = None) -> SessionStore:
        """Return a store that ends with the process."""
        store = cls.__new__(cls)
        store._start(None, masker, _BUSY_TIMEOUT_S)
        return store

    def _start(self, path: Path | None, masker: Masker | None, busy_timeout_s: float) -> None:
        self.path = path
        self.masker = masker if masker is not None else Masker()
        self._busy_timeout_s = busy_timeout_s
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._process = os.getpid()
        self._closed = False
        with self._worded():
            self._connection = self._opened()

    # --- sessions ---------------------------------------------------------------------

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
        moment = _iso(now)
        session = Session(
            id=id if id is not None else secrets.token_urlsafe(_ID_BYTES),
            owner=owner,
            channel=channel,
            created=moment,
        )
        return self.save(session, now=now)

    def load(self, session_id: str, owner: str = "") -> Session | None:
        """Return the owner's session, or None if there is none of this id.

        Raises:
            SessionError: The file can't be read.
        """
        with self._reading() as connection:
            row = connection.execute(
                "SELECT key, channel, created, version, state FROM sessions "
                "WHERE owner = ? AND id = ?",
                (self._name(owner), self._name(session_id)),
            ).fetchone()
            if row is None:
                return None
            key, channel, created, version, state = row
            turns = connection.execute(
                "SELECT turn FROM turns WHERE session = ? ORDER BY number", (key,)
            ).fetchall()
        return state_from_json(
            _parsed(state),
            id=session_id,
            owner=owner,
            channel=channel,
            created=created,
            version=version,
            turns=tuple(turn_from_json(_parsed(turn)) for (turn,) in turns),
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
        moment = _iso(now)
        state = json.dumps(state_to_json(self._masked_state(session, hidden)), ensure_ascii=False)
        # Masked before the file is locked; the version, checked inside, binds the count.
        stored = self._stored_turns(session)
        added = tuple(self._masked_turn(turn, hidden) for turn in session.turns[stored:])
        with self._writing() as connection:
            key = self._claim(connection, session, state, moment)
            connection.executemany(
                "INSERT INTO turns (session, number, decision, turn) VALUES (?, ?, ?, ?)",
                [
                    (key, stored + place, _text(turn.decision.id), _dumped(turn_to_json(turn)))
                    for place, turn in enumerate(added)
                ],
            )
        return replace(session, version=session.version + 1, turns=session.turns[:stored] + added)

    def delete(self, session_id: str, owner: str = "") -> bool:
        """Delete a session with its turns, decisions and feedback; return whether it was there.

        Its bytes are overwritten in the file, and the log is emptied.

        Raises:
            SessionError: The file can't be written.
        """
        with self._writing() as connection:
            done = connection.execute(
                "DELETE FROM sessions WHERE owner = ? AND id = ?",
                (self._name(owner), self._name(session_id)),
            )
            found = done.rowcount > 0
        if found:
            self._empty_log()
        return found

    def expire(self, before: datetime) -> int:
        """Delete every session that was last saved before a moment; return how many.

        Raises:
            SessionError: `before` has no time zone, or the file can't be written.
        """
        with self._writing() as connection:
            n = connection.execute(
                "DELETE FROM sessions WHERE updated < ?", (_iso(before),)
            ).rowcount
        if n:
            self._empty_log()
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
        with self._reading() as connection:
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

    def export(self, session_id: str, owner: str = "") -> dict[str, Any] | None:
        """Return all that is kept of a session as JSON, or None if there is none.

        Raises:
            SessionError: The file can't be read.
        """
        with self._lock:
            session = self.load(session_id, owner)
            if session is None:
                return None
            given = self.feedback(session_id, owner)
        exported = session_to_json(session)
        exported["feedback"] = [
            {
                "decision": item.decision,
                "helpful": item.helpful,
                "comment": item.comment,
                "at": item.at,
            }
            for item in given
        ]
        return exported

    # --- decisions and what people thought of them ---------------------------------------

    def decision(self, decision_id: str, owner: str = "") -> Decision | None:
        """Return a decision of one of the owner's sessions, or None if there is none.

        Raises:
            SessionError: The file can't be read.
        """
        with self._reading() as connection:
            row = connection.execute(
                "SELECT turn FROM turns JOIN sessions ON sessions.key = turns.session "
                "WHERE turns.decision = ? AND sessions.owner = ?",
                (_text(decision_id), self._name(owner)),
            ).fetchone()
        if row is None:
            return None
        return decision_from_json(_parsed(row[0]).get("decision") or {})

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
            msg = (
                f"The comment has {len(comment)} characters. Expected at most "
                f"{_MAX_COMMENT_CHARS}: say it in fewer."
            )
            raise SessionError(msg)
        with self._writing() as connection:
            done = connection.execute(
                "INSERT OR REPLACE INTO feedback (session, decision, helpful, comment, at) "
                "SELECT turns.session, turns.decision, ?, ?, ? FROM turns "
                "JOIN sessions ON sessions.key = turns.session "
                "WHERE turns.decision = ? AND sessions.owner = ? LIMIT 1",
                (
                    int(helpful),
                    _text(self.masker.mask(comment)),
                    _iso(now),
                    _text(decision_id),
                    self._name(owner),
                ),
            )
            return done.rowcount > 0

    def feedback(self, session_id: str, owner: str = "") -> tuple[Feedback, ...]:
        """Return what was said of a session's replies, oldest first.

        Raises:
            SessionError: The file can't be read.
        """
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT feedback.decision, helpful, comment, at FROM feedback "
                "JOIN sessions ON sessions.key = feedback.session "
                "WHERE sessions.owner = ? AND sessions.id = ? ORDER BY at, feedback.decision",
                (self._name(owner), self._name(session_id)),
            ).fetchall()
        return tuple(Feedback(row[0], bool(row[1]), row[2], row[3]) for row in rows)

    # --- opening and closing --------------------------------------------------------------

    def close(self) -> None:
        """Empty the log and close the file; a closed store can't be used again."""
        with self._lock:
            self._closed = True
            connection, self._connection = self._connection, None
            if connection is not None and self._process == os.getpid():
                # SQLite moves the log into the file when the last connection closes.
                connection.close()

    def __enter__(self) -> SessionStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- masking ----------------------------------------------------------------------------

    def _masked_state(self, session: Session, hide: tuple[str, ...]) -> Session:
        mask, mask_json = self.masker.mask, self.masker.mask_json
        pending = session.pending
        return replace(
            session,
            slots=mask_json(session.slots, hide=hide),
            forms=tuple(
                FormProgress(
                    form=form.form,
                    slots=mask_json(form.slots, hide=hide),
                    asking=form.asking,
                    failures=form.failures,
                    confirming=form.confirming,
                )
                for form in session.forms
            ),
            pending=None
            if pending is None
            else replace(
                pending,
                message=mask(pending.message, hide=hide),
                choices=tuple(mask(choice, hide=hide) for choice in pending.choices),
            ),
        )

    def _masked_turn(self, turn: Turn, hide: tuple[str, ...]) -> Turn:
        mask = self.masker.mask
        decision = turn.decision
        return replace(
            turn,
            message=mask(turn.message, hide=hide),
            reply=mask(turn.reply, hide=hide),
            question=None if turn.question is None else mask(turn.question, hide=hide),
            titles=tuple(mask(title, hide=hide) for title in turn.titles),
            choices=tuple(mask(choice, hide=hide) for choice in turn.choices),
            decision=replace(
                decision,
                inputs=self.masker.mask_json(decision.inputs, hide=hide),
                explanation=mask(decision.explanation, hide=hide),
            ),
        )

    # --- SQLite ---------------------------------------------------------------------------

    def _stored_turns(self, session: Session) -> int:
        """Return how many of the session's turns are stored."""
        with self._reading() as connection:
            row = connection.execute(
                "SELECT turns FROM sessions WHERE owner = ? AND id = ? AND version = ?",
                (self._name(session.owner), self._name(session.id), session.version),
            ).fetchone()
        # Without a row it is new, or the version is old: then nothing is written.
        stored = 0 if row is None else int(row[0])
        if len(session.turns) < stored:
            msg = (
                f"The session {session.id!r} has {len(session.turns)} turns, and {stored} are "
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
                    _text(self.masker.mask(session.channel)),
                    session.created or moment,
                    moment,
                    len(session.turns),
                    _text(state),
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
            (len(session.turns), _text(state), moment, key),
        )
        return int(key)

    def _name(self, name: str) -> str:
        """Return an owner's or a session's name as stored: hashed if it is personal itself."""
        name = _text(name)
        if self.masker.mask(name) == name:
            return name
        return "sha256:" + sha256(name.encode("utf-8")).hexdigest()

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """Give the connection inside one consistent view of the file."""
        with self._transaction("BEGIN") as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """Give the connection inside a transaction that no other writer can cross."""
        with self._transaction("BEGIN IMMEDIATE") as connection:
            yield connection

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[sqlite3.Connection]:
        with self._lock, self._worded():
            connection = self._ready()
            connection.execute(begin)
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
                raise

    def _ready(self) -> sqlite3.Connection:
        if self._closed:
            msg = f"The session store {self._named} is closed. Open it again to use it."
            raise SessionError(msg)
        if self._process != os.getpid():
            # A forked process must not touch its parent's connection, not even to close it.
            self._connection = self._opened() if self.path is not None else self._connection
            self._process = os.getpid()
        if self._connection is None:
            self._connection = self._opened()
        return self._connection

    def _opened(self) -> sqlite3.Connection:
        if self.path is not None:
            self._make_file(self.path)
        connection = sqlite3.connect(
            ":memory:" if self.path is None else str(self.path),
            timeout=self._busy_timeout_s,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=64,
        )
        try:
            self._prepare(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    @staticmethod
    def _make_file(path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # SQLite gives its log the permissions of the file.
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))

    def _prepare(self, connection: sqlite3.Connection) -> None:
        # In one look: another process may be making the tables just now.
        connection.execute("BEGIN")
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        connection.execute("COMMIT")
        if application != _APPLICATION_ID and (application or tables):
            msg = (
                f"{self._named} is a SQLite file of another program. Expected one that Frontdesk "
                "made, or none: name another file."
            )
            raise SessionError(msg)
        self._log_ahead(connection)
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("PRAGMA foreign_keys = ON")
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version < _SCHEMA_VERSION:
            self._migrate(connection)
        elif version > _SCHEMA_VERSION:
            msg = (
                f"{self._named} has schema version {version}, and this version of Frontdesk knows "
                f"{_SCHEMA_VERSION}. Upgrade Frontdesk, or name another file."
            )
            raise SessionError(msg)

    def _log_ahead(self, connection: sqlite3.Connection) -> None:
        """Turn the write-ahead log on; a switch doesn't wait for others by itself."""
        deadline = time.monotonic() + self._busy_timeout_s
        while True:
            try:
                connection.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                    raise
                time.sleep(0.01)
            else:
                return

    def _migrate(self, connection: sqlite3.Connection) -> None:
        connection.execute("BEGIN IMMEDIATE")
        try:
            # Another process may have been faster.
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            while version < _SCHEMA_VERSION:
                script = _SCHEMA if version == 0 else _MIGRATIONS[version]
                for statement in filter(str.strip, script.split(";")):
                    connection.execute(statement)
                version = _SCHEMA_VERSION if version == 0 else version + 1
            connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {version}")
            connection.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            raise

    def _empty_log(self) -> None:
        """Move the log into the file and cut it to nothing, so that no deleted byte stays.

        Where another process reads just now the log is emptied with its next use.
        """
        if self.path is None:
            return
        with self._lock, self._worded():
            self._ready().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()

    @property
    def _named(self) -> str:
        return "in memory" if self.path is None else repr(str(self.path))

    @contextmanager
    def _worded(self) -> Iterator[None]:
        """Turn what SQLite and the operating system raise into words with a remedy."""
        try:
            yield
        except sqlite3.Error as error:
            raise SessionError(self._words(error)) from error
        except OSError as error:
            if error.errno == errno.ENOSPC:
                msg = f"The disk is full while making {self._named}. Free some space."
            else:
                msg = (
                    f"The sessions can't be kept in {self._named}: {error.strerror}. Expected a "
                    "file that may be made and written: check its folder, or name another file."
                )
            raise SessionError(msg) from error

    def _words(self, error: sqlite3.Error) -> str:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}:
            return (
                f"The session file {self._named} is damaged or no session file ({error}). Put a "
                "backup in its place, or move it away with its -wal and -shm files: a new one "
                "is then begun, without the sessions of the old."
            )
        if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            return (
                f"The session file {self._named} stayed locked by another writer for "
                f"{self._busy_timeout_s:g} s. Try again; if it stays so, find the program that "
                "holds it."
            )
        if code == sqlite3.SQLITE_FULL:
            return f"The disk is full while writing {self._named}. Free some space and try again."
        if code in {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM}:
            return (
                f"The session file {self._named} can't be written ({error}). Expected a file and "
                "a folder that this user may write: check their permissions, or name another."
            )
        return f"The session file {self._named} can't be used: {error}."


def _iso(moment: datetime | None) -> str:
    """Return a moment as ISO 8601 UTC, of one width so that texts sort as times do."""
    if moment is None:
        moment = datetime.now(UTC)
    if moment.tzinfo is None:
        msg = f"The moment {moment!r} has no time zone. Expected one, such as datetime.now(UTC)."
        raise SessionError(msg)
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _text(value: str) -> str:
    """Replace lone surrogates, which no UTF-8 file takes."""
    return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")


def _dumped(value: Any) -> str:
    return _text(json.dumps(value, ensure_ascii=False))


def _parsed(value: str) -> dict[str, Any]:
    try:
        parsed = json.loads(value)
    except ValueError as error:
        msg = (
            f"A stored value isn't JSON ({error}). Expected what this version writes. Delete that "
            "session, or put a backup of the file in its place."
        )
        raise SessionError(msg) from error
    if not isinstance(parsed, dict):
        msg = f"A stored value is {type(parsed).__name__}. Expected a JSON object."
        raise SessionError(msg)
    return parsed
