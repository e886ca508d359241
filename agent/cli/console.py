"""How commands speak to a terminal: JSON, progress bars, notes on standard error.

Not a logger, and nothing in the library imports it: only `commands.py` files do.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["SHOW_PROGRESS_AFTER_S", "note", "print_json", "progress"]

SHOW_PROGRESS_AFTER_S = 2.0
"""A command that is done sooner shows no bar."""


def print_json(value: Any) -> None:
    """Print one JSON document to standard output, as UTF-8 whatever the locale says."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    sys.stdout.buffer.write(text.encode("utf-8", errors="backslashreplace") + b"\n")
    sys.stdout.buffer.flush()


def note(message: str) -> None:
    """Print one line to standard error: for people, never part of a result."""
    sys.stderr.write(message + "\n")


Advance = Callable[[int, int], None]
"""Called with (done, total) as work goes on."""


@contextmanager
def progress(description: str) -> Iterator[Advance]:
    """Show a bar on standard error once work has taken a while; nothing when piped.

    Args:
        description: What is being done, in a few words.

    Yields:
        A function to call with the amount done and the total.
    """
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    task = bar.add_task(description, total=None)
    began = time.monotonic()
    running = False

    def advance(done: int, total: int) -> None:
        nonlocal running
        if not running and time.monotonic() - began >= SHOW_PROGRESS_AFTER_S:
            bar.start()
            running = True
        bar.update(task, completed=done, total=total)

    try:
        yield advance
    finally:
        if running:
            bar.stop()
