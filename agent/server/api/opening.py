"""Opens what the settings name: the knowledge base, the agent, the conversations.

One library serves both the agent and `/v1/ask`: whoever asks, the windows that a reader
looks at share batches.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from agent.agent import Agent
from agent.memory.sessions import SessionStore
from agent.opening import open_parts
from agent.server.api.knowledge_base import LiveKnowledgeBase
from agent.server.api.polling import Poller
from agent.server.settings import Settings
from qa.types import Reader

__all__ = ["Backend", "open_backend"]

# How soon a new generation of the index answers, once it is switched in. A look reads two
# small files.
_LOOK_EVERY_S = 1.0


@dataclass(frozen=True)
class Backend:
    """What stands behind the server.

    Attributes:
        agent: Takes messages.
        knowledge_base: Articles, and answers from them.
        sessions: Where conversations are kept.
        watch: Looks after new generations of the index.
        begin_work: Done once by every thread that works for the agent.
    """

    agent: Agent
    knowledge_base: LiveKnowledgeBase
    sessions: SessionStore
    watch: Poller
    begin_work: Callable[[], None]


def open_backend(
    settings: Settings, *, progress: Callable[[int, int], None] | None = None
) -> Backend:
    """Open the knowledge base with its first reader, and the agent in front of it.

    With several workers, readings share batches, one thread a core; with one, a reading
    has all cores to itself. torch's own count says how many there are: OMP_NUM_THREADS
    lowers it.

    Raises:
        ConfigurationError: The agent's configuration is wrong.
        IntentError: Its examples can't be used.
        SessionError: Conversations can't be kept where the settings say.
        StoreError: The index is absent, damaged or foreign.
        ReaderError: There is no such reader, or it can't be loaded.
    """
    import torch

    from qa.reading.full import full_reader

    cores = torch.get_num_threads()
    shared = settings.limits.workers > 1

    def prepare(reader: Reader) -> None:
        if shared:
            full_reader(reader).share_scoring(workers=cores)

    parts = open_parts(
        settings.kb,
        agent=settings.agent,
        reader=settings.readers[0],
        sessions=settings.sessions_file,
        progress=progress,
    )
    prepare(parts.knowledge_base.reader)
    library = LiveKnowledgeBase(
        parts.knowledge_base, settings.readers, settings.kb, prepare=prepare
    )
    agent = Agent(
        config=parts.config,
        classifier=parts.classifier,
        knowledge_base=library,
        sessions=parts.sessions,
        small_talk=parts.small_talk,
        # Reading stops when nobody would see what it finds.
        budget_ms=1000.0 * settings.limits.timeout_s,
    )
    return Backend(
        agent,
        library,
        parts.sessions,
        Poller(library.refresh, every_s=_LOOK_EVERY_S),
        _one_core if shared else _all_cores,
    )


def _one_core() -> None:
    """Let what this thread computes run on one core: others compute beside it."""
    import torch

    torch.set_num_threads(1)


def _all_cores() -> None:
    """Leave a thread that works alone as it is."""
