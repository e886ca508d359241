"""Files are read in a process of their own, which can be ended.

A hostile or broken file can keep a parser busy for hours, or fill the memory, in a few
kilobytes; no parser can be interrupted from within. So one child process reads file after
file, with a limit of time and memory for each. A file that goes over it is named, the child
is started anew, and the others go on.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Generator, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from retrieval.articles.loader import LoaderOutput, SourceFile
from retrieval.articles.records import of_json
from retrieval.errors import ArticleError

__all__ = ["IsolatedLoader", "Limits", "shared_child"]


@dataclass(frozen=True)
class Limits:
    """What one file may take.

    Attributes:
        cpu_s: Seconds of computing from one article to the next.
        wall_s: Seconds for the whole file, waiting for disks included.
        memory_bytes: Memory, and `memory_factor` times the size of the file.
        memory_factor: See there.
    """

    cpu_s: float = 60.0
    wall_s: float = 3600.0
    memory_bytes: int = 1_500_000_000
    memory_factor: int = 12

    def memory(self, size_bytes: int) -> int:
        """Return the limit for a file of this size."""
        return self.memory_bytes + self.memory_factor * size_bytes


class Child:
    """The process; started when it is first needed, and again after it had to be ended."""

    def __init__(self, limits: Limits = Limits()) -> None:
        self._limits = limits
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = os.getpid()

    def read(self, module: str, file: SourceFile) -> Iterator[LoaderOutput]:
        """Yield what a file holds.

        Args:
            module: The loader's module in this package.
            file: The file.

        Raises:
            ArticleError: As the loader does, or the file went over a limit.
            OSError: The file can't be read.
        """
        limits = replace(self._limits, memory_bytes=self._limits.memory(file.path.stat().st_size))
        with self._lock:
            whole = False
            try:
                end = yield from self._records(module, file, limits)
                whole = True
            finally:
                if not whole:
                    self.close()
        if end["asked_today"]:
            _ = file.today  # whoever watches the file is to know
        if "strerror" in end:
            raise OSError(end["errno"], end["strerror"])
        if "memory" in end:
            raise ArticleError(_too_large(limits))
        if "reason" in end:
            error = ArticleError(end["reason"], line=end["line"])
            error.unclear_rights = end["unclear"]
            raise error

    def _records(
        self, module: str, file: SourceFile, limits: Limits
    ) -> Generator[LoaderOutput, None, dict[str, Any]]:
        process = self._started()
        request = {
            "module": module,
            "path": str(file.path.absolute()),
            "relative": file.relative,
            # Not by name, which would count as asking for the day.
            "today": SourceFile.__getattribute__(file, "today").isoformat(),
            "rights": None if file.rights is None else asdict(file.rights),
            "cpu_s": limits.cpu_s,
            "memory_bytes": limits.memory_bytes,
        }
        try:
            _send(process, request)
            for line in _lines(process, limits.wall_s):
                record: dict[str, Any] = json.loads(line)
                if record["type"] == "end":
                    return record
                yield of_json(record)
        except BrokenPipeError:
            pass
        raise ArticleError(_ended(process.wait(), limits))

    def _started(self) -> subprocess.Popen[bytes]:
        if self._owner != os.getpid():  # a fork must not talk to the child of its parent
            self._process, self._owner = None, os.getpid()
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    "-P",
                    "-c",
                    "from retrieval.articles.child import main; main()",
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={
                    **os.environ,
                    "PYTHONPATH": os.pathsep.join(
                        str(Path(entry).absolute()) for entry in sys.path
                    ),
                    # Its threads would reserve more memory than a file may take.
                    "OPENBLAS_NUM_THREADS": "1",
                },
            )
        return self._process

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                with suppress(OSError):  # what was buffered for it has no reader any more
                    if pipe is not None:
                        pipe.close()


def _environment() -> dict[str, str]:
    """Return what the child finds its modules by; its threads would reserve memory."""
    path = os.pathsep.join(str(Path(entry).absolute()) for entry in sys.path)
    return {**os.environ, "PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1"}


def _send(process: subprocess.Popen[bytes], request: dict[str, Any]) -> None:
    if process.stdin is not None:
        process.stdin.write(json.dumps(request).encode("ascii") + b"\n")
        process.stdin.flush()


def _lines(process: subprocess.Popen[bytes], wall_s: float) -> Iterator[bytes]:
    """Yield the lines that a process writes; end it when they take too long to come."""
    if process.stdout is None:
        return
    deadline = time.monotonic() + wall_s
    pending: list[bytes] = []
    while True:
        ready, _, _ = select.select([process.stdout], [], [], deadline - time.monotonic())
        if not ready:
            process.kill()
            return
        chunk = os.read(process.stdout.fileno(), 1 << 18)
        if not chunk:
            return
        first, *others = chunk.split(b"\n")
        pending.append(first)
        for part in others:
            yield b"".join(pending)
            pending = [part]
        if time.monotonic() > deadline:
            process.kill()
            return


def _ended(code: int, limits: Limits) -> str:
    """Say why a child that reads a file ended."""
    if code == -signal.SIGPROF:
        return (
            f"reading the file takes more than {limits.cpu_s:g} s of computing, so it was left "
            "out: simplify it, or split it"
        )
    if code == -signal.SIGKILL:
        return f"reading the file takes too long, or too much memory: {_too_large(limits)}"
    return (
        f"reading the file ended the process that read it (code {code}), perhaps for want of "
        "memory: open the file and save it anew, or split it"
    )


def _too_large(limits: Limits) -> str:
    return (
        f"the file needs more than {limits.memory_bytes / 1e6:,.0f} MB of memory to be read, so "
        "it was left out: split it"
    )


@dataclass(frozen=True)
class IsolatedLoader:
    """A loader that does its work in the child process."""

    module: str
    child: Child

    def __call__(self, file: SourceFile) -> Iterator[LoaderOutput]:
        """Yield what a file holds."""
        return self.child.read(self.module, file)


@cache
def shared_child() -> Child:
    """Return the process's one child, which ends with it."""
    child = Child()
    atexit.register(child.close)
    return child
