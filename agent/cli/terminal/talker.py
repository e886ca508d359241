"""What a terminal needs of an agent."""

from __future__ import annotations

from typing import Any, Protocol

from agent.types import Conversations, Session

__all__ = ["Talker"]


class Talker(Conversations, Protocol):
    """The part of `agent.Agent` that a terminal needs."""

    @property
    def greeting(self) -> str:
        """What to say first."""
        ...

    def session(self, session: str, *, owner: str = "") -> Session | None:
        """Return a session as stored."""
        ...

    def export(self, session: str, *, owner: str = "") -> dict[str, Any] | None:
        """Return all that is kept of a session."""
        ...
