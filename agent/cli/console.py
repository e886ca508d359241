"""How commands speak to a terminal: JSON, scores, progress bars, notes on standard error."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from rich.console import Console

__all__ = [
    "EXIT_FAILED",
    "SHOW_PROGRESS_AFTER_S",
    "Advance",
    "note",
    "open_console",
    "print_json",
    "print_scores",
    "progress",
    "spare_the_unprintable",
]

EXIT_FAILED = 1
SHOW_PROGRESS_AFTER_S = 2.0
"""A command that is done sooner shows no bar."""

Advance = Callable[[int, int], None]
"""Called with (done, total) as work goes on."""


def print_json(value: Any) -> None:
    """Print one JSON document to standard output, as UTF-8 whatever the locale says."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    sys.stdout.buffer.write(text.encode("utf-8", errors="backslashreplace") + b"\n")
    sys.stdout.buffer.flush()


def note(message: str) -> None:
    """Print one line to standard error: for people, never part of a result."""
    sys.stderr.write(message + "\n")


def spare_the_unprintable(stream: TextIO, errors: str) -> None:
    """Let a sign that a stream can't take be replaced instead of ending the command."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors=errors)


def open_console(stream: TextIO | None = None) -> Console:
    """Return a console on standard output, or another stream, that takes no text for markup."""
    from rich.console import Console

    stream = sys.stdout if stream is None else stream
    spare_the_unprintable(stream, "backslashreplace")
    return Console(file=stream, highlight=False, markup=False, emoji=False)


def print_scores(scores: Mapping[str, Any], *, unit: str = "") -> None:
    """Print what an evaluation measured, a line each, and below it what was measured with.

    Args:
        scores: Name → figure, with the `signature` that every evaluation bears.
        unit: Behind each figure that isn't a count; such figures get one decimal, not three.
    """
    from rich.table import Table

    table = Table(box=None, show_header=False)
    for name, value in scores.items():
        if name != "signature":
            shown = "–" if value is None else str(value)
            if isinstance(value, float):
                shown = f"{value:.1f}{unit}" if unit else f"{value:.3f}"
            table.add_row(name, shown)
    console = open_console()
    console.print(table)
    signed = scores["signature"]
    console.print(
        f"version {signed['version']}, commit {signed['commit']}, data "
        f"{signed['data_sha256'][:12]}, configuration {signed['configuration_sha256'][:12]}",
        style="dim",
    )


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
