"""How single values stand in the session file: texts and moments."""

from __future__ import annotations

from datetime import UTC, datetime

from agent.errors import SessionError

__all__ = ["iso", "storable"]


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
