"""A real agent behind the server's stop: what hangs up isn't kept, and nothing is locked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from agent.agent import Agent
from agent.configuration import default_agent
from agent.memory.sessions import SessionStore
from agent.server.api.worker_pool import Stop, Stopped
from agent.types import Event, IntentRanking, KnowledgeBase
from qa.types import CalibrationState, Refusal, RefusalReason, Result


class FakeClassifier:
    id = "fake"
    intents: tuple[str, ...] = ()

    def classify(self, texts: Sequence[str]) -> list[IntentRanking]:
        return [IntentRanking((), 0.0, 1.0) for _ in texts]


class FakeKnowledgeBase(KnowledgeBase):
    def ask(self, question: str, **_: Any) -> Result:
        refusal = Refusal(RefusalReason.NOT_FOUND, "Nothing.")
        return Result(question, (), refusal, CalibrationState.DEFAULT, "1")


def test_a_stopped_turn_is_not_kept_and_the_session_goes_on() -> None:
    with SessionStore.in_memory() as sessions:
        agent = Agent(
            config=default_agent(),
            classifier=FakeClassifier(),
            knowledge_base=FakeKnowledgeBase(),
            sessions=sessions,
        )
        session = sessions.create("key:a", "web").id
        stop = Stop()
        stop()

        def on_event(_: Event) -> None:
            stop.check()

        with pytest.raises(Stopped):
            agent.reply("where is the printer?", session=session, owner="key:a", on_event=on_event)
        kept = sessions.load(session, "key:a")
        assert kept is not None
        assert kept.turns == ()
        agent.reply("where is the printer?", session=session, owner="key:a")
        after = sessions.load(session, "key:a")
        assert after is not None
        assert len(after.turns) == 1
