"""What every route stands on, in one value; and how a route gets hold of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Request

from agent.memory.sessions import SessionStore
from agent.server.api.auth.front_door import FrontDoor
from agent.server.api.metrics import Metrics
from agent.server.api.problems import Problem
from agent.server.api.protocols import ServedKnowledge
from agent.server.api.worker_pool import WorkerPool
from agent.server.asker import Asker
from agent.server.settings import Settings
from agent.types import Conversations

__all__ = ["KnownAsker", "Server", "ServerOf", "check_length"]


@dataclass(frozen=True)
class Server:
    """The parts of a running server.

    Attributes:
        settings: What it was told.
        metrics: What it counts.
        front_door: Says who is asking.
        workers: Threads for the agent's work.
        conversations: The agent.
        knowledge_base: The knowledge base.
        sessions: Where conversations are kept; the agent's own store.
    """

    settings: Settings
    metrics: Metrics
    front_door: FrontDoor
    workers: WorkerPool
    conversations: Conversations
    knowledge_base: ServedKnowledge
    sessions: SessionStore


def server_of(request: Request) -> Server:
    """Return the server that serves this request."""
    return cast("Server", request.app.state.server)


def _known_asker(request: Request) -> Asker:
    # Not a coroutine: checking a token may fetch the provider's keys.
    return server_of(request).front_door.asker(request)


ServerOf = Annotated[Server, Depends(server_of)]
KnownAsker = Annotated[Asker, Depends(_known_asker)]


def check_length(server: Server, pointer: str, text: str | None) -> None:
    """Refuse a text over the limit.

    Raises:
        Problem: 422, naming the place.
    """
    most = server.settings.limits.message_chars
    if text is not None and len(text) > most:
        detail = f"{pointer.removeprefix('/')} is longer than {most} characters. Shorten it."
        raise Problem(422, detail, errors=[{"pointer": pointer, "detail": detail}])
