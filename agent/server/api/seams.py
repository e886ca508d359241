"""What the server needs of an agent and of a knowledge base, and nothing more.

`agent.Agent` and `Library` fill these; tests and other engines may bring their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from agent.types import Event, Reply
from qa.types import Result
from retrieval.types import Article, Roles

__all__ = ["Closing", "Conversations", "Shelves"]


class Closing(Protocol):
    """Holds something that has to be let go of."""

    def close(self) -> None:
        """Let go of it."""
        ...


class Conversations(Protocol):
    """Takes messages; safe to call from several threads."""

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
        """Answer one message.

        Raises:
            SessionError: There is no such session, or it is another owner's.
        """
        ...

    def forget(self, session: str, *, owner: str = "") -> bool:
        """Delete a session; return whether the owner had it."""
        ...


class Shelves(Protocol):
    """Articles, and answers from them; safe to call from several threads."""

    @property
    def readers(self) -> tuple[str, ...]:
        """Readers that may be chosen, the usual one first."""
        ...

    @property
    def generation(self) -> str:
        """State of the knowledge base that answers."""
        ...

    def ask(
        self,
        question: str,
        *,
        roles: Roles,
        reader: str | None = None,
        budget_ms: float | None = None,
    ) -> Result:
        """Answer or refuse, inside the asker's rights."""
        ...

    def article(self, article_id: str, *, roles: Roles) -> Article | None:
        """Return the article, or None if it is absent or not for these roles."""
        ...
