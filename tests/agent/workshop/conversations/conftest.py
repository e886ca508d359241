"""A fake agent that obeys the runner's protocol, and ways to write suites."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from agent.types import (
    Conversations,
    Decision,
    Event,
    FormProgress,
    Handover,
    HandoverReason,
    Reply,
    Route,
    Session,
    Turn,
)
from agent.workshop.conversations.endpoints import LoopbackEndpoints
from agent.workshop.conversations.runner import Stage, SuiteClock
from agent.workshop.conversations.suite import load_suite
from agent.workshop.conversations.types import Suite
from qa.types import Answer, Snippet, SnippetKind


def answer(article_id: str, title: str = "Printing") -> Answer:
    snippet = Snippet(text="Paper is free.", start=0, end=14, kind=SnippetKind.SENTENCE)
    return Answer(
        text="Paper",
        confidence=0.9,
        reader="fake",
        article_id=article_id,
        title=title,
        url=None,
        article_sha256="0" * 64,
        start=0,
        end=5,
        passage_id=f"{article_id}#0-14",
        snippet=snippet,
    )


@dataclass
class FakeAgent(Conversations):
    """Says what a table says; keeps sessions as an agent's store does."""

    clock: SuiteClock
    client: httpx.Client
    sessions: dict[str, Session] = field(default_factory=dict)
    decisions: dict[str, Decision] = field(default_factory=dict)
    heard: list[tuple[str, str | None, tuple[str, ...], str]] = field(default_factory=list)

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
        self.heard.append((message, session, tuple(roles), self.clock().isoformat()))
        if message == "boom":
            raise ValueError("the fake was told to")
        name = session or f"session-{len(self.sessions) + 1}"
        route, intent, form = Route.ANSWER, None, None
        text, choices = f"You said {message}.", tuple[str, ...]()
        handover, citations = None, tuple[Answer, ...]()
        slots: dict[str, Any] = {}
        if message == "order":
            route, intent, form = Route.HANDLE, "order", "order"
            text, choices, slots = "What do you need?", ("a monitor", "a mouse"), {"days": 3.0}
        elif message == "paper":
            citations = (answer("printing"),)
        elif message == "call":
            response = self.client.post("https://example.com/orders?x=1", json={"item": "mouse"})
            text = f"Ordered {response.json()['number']}"
        elif message == "person":
            route = Route.HANDOFF
            handover = Handover(name, HandoverReason.ASKED, slots={"item": "mouse"})
        decision = Decision(
            id=f"decision-{len(self.decisions) + 1}",
            route=route,
            rule="unsupported_language" if message == "hallo" else "row",
            intent=intent,
            confidence=0.5,
            inputs={"verdict": {"status": "refused", "reason": "not_found"}},
            explanation="The fake's table says so.",
        )
        self.decisions[decision.id] = decision
        before = self.sessions.get(name, Session(name, owner=owner, channel=channel))
        turn = Turn(message, text, route, intent, decision, "", question=f"whole {message}")
        forms = (FormProgress(form, slots),) if form else ()
        self.sessions[name] = Session(
            name, owner=owner, channel=channel, turns=(*before.turns, turn), forms=forms
        )
        return Reply(
            session=name,
            text=text,
            route=route,
            intent=intent,
            confidence=0.5,
            decision_id=decision.id,
            citations=citations,
            choices=choices,
            handover=handover,
        )

    def decision(self, decision_id: str, *, owner: str = "") -> Decision | None:
        return self.decisions.get(decision_id) if owner else None


@pytest.fixture
def endpoints() -> Iterator[LoopbackEndpoints]:
    with LoopbackEndpoints() as running:
        yield running


@pytest.fixture
def fake(endpoints: LoopbackEndpoints) -> FakeAgent:
    return FakeAgent(SuiteClock(), endpoints.client)


@pytest.fixture
def stage(fake: FakeAgent, endpoints: LoopbackEndpoints) -> Stage:
    def stored(session: str) -> str:
        return json.dumps(asdict(fake.sessions[session]))

    return Stage(fake, fake.clock, endpoints, fake.sessions.get, stored)


Written = Callable[[str], Suite]


@pytest.fixture
def written(tmp_path: Path) -> Written:
    """Return a suite from YAML text."""

    def write(text: str) -> Suite:
        path = tmp_path / "suite.yaml"
        path.write_text(text, encoding="utf-8")
        return load_suite([path])

    return write
