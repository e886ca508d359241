"""Opens an agent's parts: its configuration, its intents, its knowledge base, its store.

Apart from the agent itself, because this is where everything heavy is loaded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from agent.configuration import AgentConfig, default_agent, load_agent
from agent.configuration.smalltalk import SmallTalk, examples, load_smalltalk
from agent.conversation.script import person_examples
from agent.memory.privacy.masking import Masker
from agent.memory.sessions import SessionStore
from agent.types import IntentClassifier, IntentExample
from qa.openbook import OpenBook
from qa.reading.defaults import DEFAULT_READER
from qa.types import Reader
from retrieval.types import PUBLIC, Engine

__all__ = ["Parts", "open_parts"]

# Titles that the intents are told apart from; more make learning slower, not better.
_MAX_BACKGROUND = 2_000


@dataclass(frozen=True)
class Parts:
    """What an agent is made of (see `agent.agent.Agent`)."""

    config: AgentConfig
    small_talk: tuple[SmallTalk, ...]
    classifier: IntentClassifier
    knowledge_base: OpenBook
    sessions: SessionStore
    examples: tuple[IntentExample, ...] = ()


def open_parts(
    kb: str | Path,
    *,
    agent: str | Path | AgentConfig | None = None,
    reader: str | Path | Reader = DEFAULT_READER,
    sessions: SessionStore | str | Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Parts:
    """Open everything that an agent needs; arguments as in `Agent.open`."""
    from agent.intents import load_or_train
    from agent.intents.formats import load_intents
    from retrieval.encoding.encoder import load_encoder

    if isinstance(agent, AgentConfig):
        config = agent
    else:
        config = default_agent() if agent is None else load_agent(agent)
    small_talk = load_smalltalk(config.small_talk)
    learned: list[IntentExample] = []
    if config.intents:
        learned += load_intents(config.intents).examples
    learned += examples(small_talk)
    learned += person_examples(config, {one.intent for one in learned if one.intent})
    encoder = load_encoder()
    book = OpenBook.open(kb, reader=reader, encoder=encoder)
    classifier = load_or_train(
        learned, encoder=encoder, background=_titles(book.engine), progress=progress
    )
    if sessions is None:
        store = SessionStore.in_memory(masker=Masker(config.mask))
    elif isinstance(sessions, SessionStore):
        store = sessions
    else:
        store = SessionStore(sessions, masker=Masker(config.mask))
    return Parts(config, small_talk, classifier, book, store, tuple(learned))


def _titles(engine: Engine) -> tuple[str, ...]:
    """Return titles of public articles: what a classifier learns, anyone might find out."""
    public = engine.articles(roles=PUBLIC, limit=_MAX_BACKGROUND).items
    return tuple(dict.fromkeys(article.title for article in public))
