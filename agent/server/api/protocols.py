"""What the server needs of an agent and of a knowledge base, and nothing more.

`agent.Agent` and `LiveKnowledgeBase` fill these; tests and other engines may bring their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from agent.types import KnowledgeBase
from qa.types import Result
from retrieval.types import PUBLIC, Roles

__all__ = ["Closing", "ServedKnowledge"]


class Closing(Protocol):
    """Holds something that has to be let go of."""

    def close(self) -> None:
        """Let go of it."""
        ...


class ServedKnowledge(KnowledgeBase, Protocol):
    """A knowledge base behind a server: its readers may be chosen."""

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
        roles: Roles = PUBLIC,
        reader: str | None = None,
        budget_ms: float | None = None,
        search: str | None = None,
        where: Sequence[str] = (),
    ) -> Result:
        """Answer or refuse, inside the asker's rights, with one of the readers."""
        ...
