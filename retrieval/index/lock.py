"""One writer at a time for a knowledge base; readers never wait.

The lock is the operating system's (through `filelock`): it falls with the process that
held it, however that ended. Who holds it stands beside it, for the message only.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout
from pydantic import TypeAdapter

from retrieval.errors import IndexingError, IndexLocked
from retrieval.system.durable import FILE_MODE, replace_file

__all__ = ["HOLDER_FILE", "writer_lock"]

LOCK_FILE = "LOCK"
HOLDER_FILE = "LOCK.json"


@dataclass(frozen=True)
class _Holder:
    """LOCK.json: the process that writes."""

    pid: int
    host: str
    since: str


_SCHEMA = TypeAdapter(_Holder)


@contextmanager
def writer_lock(folder: Path) -> Iterator[None]:
    """Hold the right to write `folder` for the length of the block.

    Raises:
        IndexLocked: Another writer holds it; raised at once, naming the holder.
        IndexingError: The folder can't be written.
    """
    # A lock object of its own for every call: two writers in one process exclude each
    # other like two processes do.
    lock = FileLock(folder / LOCK_FILE, timeout=0, mode=FILE_MODE, is_singleton=False)
    try:
        lock.acquire()
    except Timeout as error:
        raise IndexLocked(
            f"the knowledge base {str(folder)!r} is being written by another process"
            f"{_holder(folder)}: nothing was changed; wait until it is done and run again"
        ) from error
    except OSError as error:
        raise IndexingError(
            f"the knowledge base {str(folder)!r} can't be locked ({error.strerror or error}): "
            "check the permissions of the folder and that its disk is not full"
        ) from error
    holder = folder / HOLDER_FILE
    try:
        with suppress(OSError):
            replace_file(holder, _signed())
        yield
    finally:
        # The name of the holder goes before the lock does, so that it never names a
        # process that has already let go while the next one holds on.
        with suppress(OSError):
            holder.unlink(missing_ok=True)
        lock.release()


def _signed() -> bytes:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return _SCHEMA.dump_json(_Holder(os.getpid(), socket.gethostname(), now))


def _holder(folder: Path) -> str:
    """Word who holds the lock, as far as it is known."""
    try:
        holder = _SCHEMA.validate_json((folder / HOLDER_FILE).read_bytes())
    except (OSError, ValueError):
        # The holder has the lock but has not signed yet, or has just removed its name.
        return ""
    return f" (process {holder.pid} on {holder.host}, since {holder.since})"
