"""What the server writes down: one JSON object a line, without anyone's words or secrets.

A line about a request names its id, route, status and time, and who asked by the id of the
key. Never paths (they hold ids of conversations), queries, bodies, headers or addresses;
of an unexpected error its type and the places in the code, not its message, which may
quote what a person wrote.
"""

from __future__ import annotations

import json
import logging
import sys
import threading
import time
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

__all__ = ["ACCESS", "ERRORS", "JsonLines", "Seldom", "places", "set_up_logs"]

ACCESS = logging.getLogger("frontdesk.access")
ERRORS = logging.getLogger("frontdesk.errors")

_FIELDS = "fields"
_MAX_SAID = 200
_MAX_SAYINGS = 100


class JsonLines(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as JSON; an exception becomes its type and places."""
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "log": record.name,
            "event": record.getMessage(),
            **getattr(record, _FIELDS, {}),
        }
        if record.exc_info and record.exc_info[1] is not None:
            line |= places(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False)


def set_up_logs(level: int = logging.INFO) -> None:
    """Send our log and the server's to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    for name in ("frontdesk", "uvicorn", "asyncio"):
        log = logging.getLogger(name)
        log.handlers = [handler]
        log.setLevel(level)
        log.propagate = False
    for name in ("frontdesk.connections", "uvicorn.error", "asyncio"):
        logging.getLogger(name).filters = [Seldom()]


class Seldom(logging.Filter):
    """Lets what anyone on the network can cause into the log once a minute, with a count.

    Args:
        rest_s: How long the same words aren't said again.
        clock: Seconds, never going back.
    """

    def __init__(
        self, rest_s: float = 60.0, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__()
        self._rest_s = rest_s
        self._clock = clock
        self._said: dict[str, tuple[float, int]] = {}
        self._lock = threading.Lock()

    def filter(self, record: logging.LogRecord) -> bool:
        """Say whether a record is written; how many weren't stands in the next one."""
        if record.levelno < logging.WARNING:
            return True
        said = record.getMessage()[:_MAX_SAID]
        with self._lock:
            now = self._clock()
            at, unsaid = self._said.pop(said, (float("-inf"), 0))
            if now - at < self._rest_s:
                self._said[said] = (at, unsaid + 1)
                return False
            self._said[said] = (now, 0)
            while len(self._said) > _MAX_SAYINGS:
                del self._said[next(iter(self._said))]
        if unsaid:
            setattr(record, _FIELDS, {**getattr(record, _FIELDS, {}), "more_like_it": unsaid})
        return True


def places(error: BaseException) -> dict[str, Any]:
    """Return an error's type and where it came from, without its words."""
    frames = traceback.extract_tb(error.__traceback__)
    found: dict[str, Any] = {
        "error": type(error).__qualname__,
        "places": [f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames],
    }
    cause = error.__cause__ or error.__context__
    if cause is not None:
        found["cause"] = type(cause).__qualname__
    return found


def _short(file: str) -> str:
    return "/".join(Path(file).parts[-3:])
