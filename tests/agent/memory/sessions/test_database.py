"""The session file: made, shared, locked, damaged, foreign, full, closed."""

from __future__ import annotations

import errno
import sqlite3
import stat
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from agent.errors import SessionError
from agent.memory.sessions import SessionStore


def test_file_is_its_owners_alone(path: Path, store: SessionStore) -> None:
    store.create()
    for file in path.parent.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file.name
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_threads_open_one_new_file_at_once(path: Path) -> None:
    failed: list[Exception] = []

    def run() -> None:
        try:
            with SessionStore(path) as store:
                store.create()
        except SessionError as error:
            failed.append(error)

    threads = [threading.Thread(target=run) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    with SessionStore(path) as store:
        assert len(store.sessions(None)) == 6


def test_lock_that_stays_is_named(path: Path) -> None:
    with SessionStore(path, busy_timeout_s=0.05) as store:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(SessionError, match=r"stayed locked by another writer for 0\.05 s"):
            store.create()
        other.execute("ROLLBACK")
        other.close()
        store.create()


def test_damaged_file_is_named(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"not a database at all, but long enough" * 40)
    with pytest.raises(SessionError, match=r"is damaged or no session file .* move it away"):
        SessionStore(path)
    assert path.read_bytes().startswith(b"not a database")


def test_file_of_another_program_is_left_alone(path: Path) -> None:
    path.parent.mkdir()
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE theirs (x)")
    other.commit()
    other.close()
    before = path.read_bytes()
    with pytest.raises(SessionError, match="is a SQLite file of another program"):
        SessionStore(path)
    assert path.read_bytes() == before


def test_file_of_a_newer_version_is_refused(path: Path) -> None:
    with SessionStore(path) as store:
        store.create()
    other = sqlite3.connect(path)
    other.execute("PRAGMA user_version = 99")
    other.close()
    with pytest.raises(SessionError, match="has schema version 99, and this version"):
        SessionStore(path)


def test_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SessionError, match=r"can't be kept in '.*': .*check its folder"):
        SessionStore(tmp_path / "file" / "sessions.sqlite3")
    with pytest.raises(SessionError, match="can't be written"):
        SessionStore(tmp_path)


def test_full_disk_is_named(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("agent.memory.sessions.database.os.open", full)
        with pytest.raises(SessionError, match="The disk is full while making"):
            SessionStore(path)
    with SessionStore(path) as store:
        session = store.create()
        # SQLite answers to a limit on pages as to a disk without room.
        connection = store._file._connection
        assert connection is not None
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(SessionError, match="The disk is full while writing"):
            store.save(replace(session, channel="web", language="long " * 9_000))
        connection.execute("PRAGMA max_page_count = 100000")
        assert store.load(session.id) == session


def test_closed_store_is_named(store: SessionStore) -> None:
    store.close()
    store.close()
    with pytest.raises(SessionError, match=r"sessions.sqlite3' is closed"):
        store.load("x")
    memory = SessionStore.in_memory()
    memory.close()
    with pytest.raises(SessionError, match="in memory is closed"):
        memory.create()
