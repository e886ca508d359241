"""The SQLite file that sessions are kept in: opened, brought up to date, shared, emptied.

Write-ahead logging, so that readers never wait for a writer. What is deleted is overwritten,
in the file and in its log. What SQLite and the operating system raise is put into words.
"""

from __future__ import annotations

import errno
import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from agent.errors import SessionError

__all__ = ["BUSY_TIMEOUT_S", "SessionFile"]

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

BUSY_TIMEOUT_S = 10.0
"""How long to wait for other writers."""


class SessionFile:
    """A file, or a database in memory; safe to share between threads and with a fork.

    Attributes:
        path: The file, or None in memory.
        lock: Hold it over several transactions, and no other thread comes between.
    """

    def __init__(self, path: Path | None, *, busy_timeout_s: float = BUSY_TIMEOUT_S) -> None:
        """Open the file, or make it: readable and writable by its owner alone.

        Raises:
            SessionError: The file is damaged, foreign, of a newer version, or can't be
                written.
        """
        self.path = path
        self.lock = threading.RLock()
        self._busy_timeout_s = busy_timeout_s
        self._connection: sqlite3.Connection | None = None
        self._process = os.getpid()
        self._closed = False
        with self._worded():
            self._connection = self._opened()

    def close(self) -> None:
        """Empty the log and close the file; it can't be used again."""
        with self.lock:
            self._closed = True
            connection, self._connection = self._connection, None
            if connection is not None and self._process == os.getpid():
                # SQLite moves the log into the file when the last connection closes.
                connection.close()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Give the connection inside one consistent view of the file."""
        with self._transaction("BEGIN") as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Give the connection inside a transaction that no other writer can cross."""
        with self._transaction("BEGIN IMMEDIATE") as connection:
            yield connection

    def empty_log(self) -> None:
        """Move the log into the file and cut it to nothing, so that no deleted byte stays.

        Where another process reads just now the log is emptied with its next use.
        """
        if self.path is None:
            return
        with self.lock, self._worded():
            self._ready().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[sqlite3.Connection]:
        with self.lock, self._worded():
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
