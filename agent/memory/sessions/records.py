"""Sessions, turns and decisions as JSON and back.

The one place that knows how they are written: as their dataclasses have them. A value that
can't be what was written raises SessionError: a stored session is never half understood.
What an older version wrote lacks the newer fields, which have their defaults then.
"""

from __future__ import annotations

import json
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from agent.errors import SessionError
from agent.memory.sessions.columns import storable
from agent.types import Session, Turn
from retrieval.system.untrusted import worded

__all__ = [
    "session_of",
    "session_to_json",
    "state_text",
    "turn_of",
    "turn_text",
    "turn_to_json",
]

T = TypeVar("T")

_SESSION = TypeAdapter(Session)
_TURN = TypeAdapter(Turn)
_KNOWN = {"id", "owner", "channel", "created", "version", "turns", "earlier"}
"""What of a session stands in columns of its own."""
_FIRST = {"slots", "forms", "pending", "unsure", "handed_over", "language"}
"""What even the first version wrote."""


def state_text(session: Session) -> str:
    """Return what changes from turn to turn besides the turns, as JSON."""
    return _dumped(_SESSION.dump_python(session, exclude=_KNOWN))


def session_of(state: str, **known: Any) -> Session:
    """Return a session with the state that `state_text` wrote.

    Args:
        state: The state.
        known: The session's other attributes.

    Raises:
        SessionError: It isn't one.
    """
    return _read(_SESSION, "session", state, known, _FIRST)


def turn_to_json(turn: Turn) -> dict[str, Any]:
    """Return a turn as JSON, its decision inside."""
    written: dict[str, Any] = json.loads(turn_text(turn))
    return written


def turn_text(turn: Turn) -> str:
    """Return a turn's JSON as text."""
    return _dumped(_TURN.dump_python(turn))


def turn_of(text: str) -> Turn:
    """Return the turn that `turn_text` wrote.

    Raises:
        SessionError: It isn't one.
    """
    return _read(_TURN, "turn", text, {}, set())


def session_to_json(session: Session) -> dict[str, Any]:
    """Return a whole session as JSON: what an export holds."""
    written: dict[str, Any] = json.loads(
        _dumped(_SESSION.dump_python(session, exclude={"earlier"}))
    )
    return written


def _dumped(value: Any) -> str:
    return storable(json.dumps(value, ensure_ascii=False))


def _read(kind: TypeAdapter[T], what: str, text: str, known: dict[str, Any], needed: set[str]) -> T:
    try:
        written = json.loads(text)
        if not isinstance(written, dict) or not written.keys() >= needed:
            raise ValueError(f"it is {str(written)[:80]!r}, expected {sorted(needed)} in it")
        return kind.validate_python(written | known)
    except (ValueError, RecursionError) as error:
        reason = worded(error) if isinstance(error, ValidationError) else error
        raise SessionError(
            f"A stored {what} can't be read ({reason}). Expected what this version writes. "
            "Delete that session, or put a backup of the file in its place."
        ) from error
