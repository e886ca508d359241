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
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

__all__ = ["ACCESS", "ERRORS", "JsonLines", "places", "set_up_logs"]

ACCESS = logging.getLogger("frontdesk.access")
ERRORS = logging.getLogger("frontdesk.errors")

_FIELDS = "fields"


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
    for name in ("frontdesk", "uvicorn"):
        log = logging.getLogger(name)
        log.handlers = [handler]
        log.setLevel(level)
        log.propagate = False


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
