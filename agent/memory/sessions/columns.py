"""How single values stand in the session file: texts, JSON objects, moments."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from agent.errors import SessionError

__all__ = ["dumped", "iso", "parsed", "storable"]


def iso(moment: datetime | None) -> str:
    """Return a moment as ISO 8601 UTC, of one width so that texts sort as times do.

    Args:
        moment: With its time zone; None is now.

    Raises:
        SessionError: It has no time zone.
    """
    if moment is None:
        moment = datetime.now(UTC)
    if moment.tzinfo is None:
        msg = f"The moment {moment!r} has no time zone. Expected one, such as datetime.now(UTC)."
        raise SessionError(msg)
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def storable(text: str) -> str:
    """Replace lone surrogates, which no UTF-8 file takes."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def dumped(value: Any) -> str:
    """Return a value as storable JSON."""
    return storable(json.dumps(value, ensure_ascii=False))


def parsed(value: str) -> dict[str, Any]:
    """Return the JSON object that `dumped` wrote.

    Raises:
        SessionError: It isn't one.
    """
    try:
        written = json.loads(value)
    except ValueError as error:
        msg = (
            f"A stored value isn't JSON ({error}). Expected what this version writes. Delete that "
            "session, or put a backup of the file in its place."
        )
        raise SessionError(msg) from error
    if not isinstance(written, dict):
        msg = f"A stored value is {type(written).__name__}. Expected a JSON object."
        raise SessionError(msg)
    return written
