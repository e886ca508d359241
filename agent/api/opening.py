"""Opens what the settings name: the knowledge base, the agent, the conversations.

One open book serves both the agent and `/v1/ask`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from agent.agent import Agent
from agent.api.library import Library
from agent.opening import open_parts
from agent.sessions import SessionStore
from agent.settings import Settings

__all__ = ["Behind", "open_behind"]


@dataclass(frozen=True)
class Behind:
    """What stands behind the server.

    Attributes:
        agent: Takes messages.
        shelves: Articles, and answers from them.
        sessions: Where conversations are kept.
    """

    agent: Agent
    shelves: Library
    sessions: SessionStore


def open_behind(
    settings: Settings, *, progress: Callable[[int, int], None] | None = None
) -> Behind:
    """Open the knowledge base with its first reader, and the agent in front of it.

    Raises:
        ConfigurationError: The agent's configuration is wrong.
        IntentError: Its examples can't be used.
        SessionError: Conversations can't be kept where the settings say.
        StoreError: The index is absent, damaged or foreign.
        ReaderError: There is no such reader, or it can't be loaded.
    """
    parts = open_parts(
        settings.kb,
        agent=settings.agent,
        reader=settings.readers[0],
        sessions=settings.sessions_file,
        progress=progress,
    )
    agent = Agent(
        config=parts.config,
        classifier=parts.classifier,
        knowledge_base=parts.knowledge_base,
        sessions=parts.sessions,
        small_talk=parts.small_talk,
    )
    return Behind(
        agent, Library(parts.knowledge_base, settings.readers, settings.kb), parts.sessions
    )
