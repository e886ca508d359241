"""Opens an agent for test conversations and plays them: what `evaluate agent` does."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence, Set
from pathlib import Path
from typing import Any

from agent.agent import Agent
from agent.configuration import AgentConfig
from agent.configuration.nodes import meant
from agent.errors import ConversationError
from agent.workshop.conversations.endpoints import LoopbackEndpoints
from agent.workshop.conversations.runner import OWNER, Results, Stage, SuiteClock, run
from agent.workshop.conversations.suite import load_suite
from agent.workshop.conversations.types import Suite
from qa.reading.defaults import DEFAULT_READER
from qa.types import Reader
from retrieval.workshop.signature import signature

__all__ = ["check_names", "evaluate_agent"]


def evaluate_agent(
    files: Sequence[str | Path],
    *,
    kb: str | Path,
    agent: str | Path | None = None,
    reader: str | Path | Reader = DEFAULT_READER,
    progress: Callable[[int, int], None] | None = None,
) -> Results:
    """Play test conversations over a knowledge base.

    Sessions are kept in memory and end with the run.

    Args:
        files: YAML files, or folders of them.
        kb: The directory that `frontdesk index` made.
        agent: The configuration; None is small talk and the knowledge base.
        reader: As in `qa.OpenBook.open`.
        progress: Called with (done, total) conversations.

    Raises:
        ConversationError: The conversations can't be read, or name what isn't there.
        AgentError, StoreError, ReaderError: As `Agent.open`.
    """
    suite = load_suite(files)
    clock = SuiteClock()
    with (
        LoopbackEndpoints() as endpoints,
        Agent.open(kb, agent=agent, reader=reader, clock=clock, http=endpoints.client) as opened,
    ):
        check_names(suite, _names(opened))

        def stored(session: str) -> str:
            return json.dumps(opened.export(session, owner=OWNER), ensure_ascii=False)

        stage = Stage(
            agent=opened,
            clock=clock,
            endpoints=endpoints,
            session=lambda session: opened.session(session, owner=OWNER),
            stored=stored,
        )
        return run(
            suite,
            stage,
            signature=_signature(suite, opened, agent),
            progress=progress,
        )


def check_names(suite: Suite, names: Mapping[str, Set[str]]) -> None:
    """Refuse expectations that name what isn't there: they could never be met.

    Args:
        suite: The conversations.
        names: Key of a check ("intent", "form", "article") → what there is.

    Raises:
        ConversationError: Names every place, with what may have been meant.
    """
    wrong = [
        f"{conversation.path}:{check.line}: no {check.key} is called {text!r}"
        f"{meant(text, names[check.key])}"
        for conversation in suite.conversations
        for step in conversation.steps
        for check in step.checks
        if check.key in names
        for text in check.texts
        if text not in names[check.key]
    ]
    if wrong:
        raise ConversationError("\n".join(wrong))


def _names(agent: Agent) -> dict[str, Set[str]]:
    manifest = getattr(getattr(agent.knowledge_base, "engine", None), "manifest", None)
    return {
        "intent": {*agent.classifier.intents, *agent.config.handle},
        "form": {*agent.config.forms},
        "article": set() if manifest is None else {*manifest.articles},
    }


def _signature(suite: Suite, agent: Agent, path: str | Path | None) -> dict[str, Any]:
    config: AgentConfig = agent.config
    files = [*suite.files]
    if path is not None:
        examples = [file for file in (*config.intents, *config.small_talk) if file.is_file()]
        files += [Path(path), *examples]
    book = agent.knowledge_base
    configuration = {
        "classifier": agent.classifier.id,
        "generation": getattr(getattr(book, "engine", None), "generation", None),
        "reader": getattr(getattr(book, "reader", None), "id", None),
    }
    return signature(files, configuration, n=len(suite.conversations))
