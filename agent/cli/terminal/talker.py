"""What a terminal needs of an agent."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol

from agent.types import Decision, Event, Reply, Session

__all__ = ["Talker"]


class Talker(Protocol):
    """The part of `agent.Agent` that a terminal needs."""

    @property
    def greeting(self) -> str:
        """What to say first."""
        ...

    def reply(
        self,
        message: str,
        *,
        session: str | None = None,
        roles: Iterable[str] = (),
        owner: str = "",
        channel: str = "python",
        on_event: Callable[[Event], None] | None = None,
    ) -> Reply:
        """Answer one message."""
        ...

    def decision(self, decision_id: str, *, owner: str = "") -> Decision | None:
        """Return why a turn went where it went."""
        ...

    def session(self, session: str, *, owner: str = "") -> Session | None:
        """Return a session as stored."""
        ...

    def export(self, session: str, *, owner: str = "") -> dict[str, Any] | None:
        """Return all that is kept of a session."""
        ...

    def forget(self, session: str, *, owner: str = "") -> bool:
        """Delete a session."""
        ...
