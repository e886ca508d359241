"""An agent with fixed replies, for driving the terminal; run as a script it is the command.

    python tests/agent/terminal/scripted_talker.py chat --kb x

It keeps its turns in a real store. The only thing that is not real is what it knows.
"""

from __future__ import annotations

import secrets
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from agent.conversation.dialogue.wording import quoted
from agent.errors import SessionError
from agent.memory.sessions import SessionStore
from agent.types import (
    Conversations,
    Decision,
    Event,
    Handover,
    HandoverReason,
    Reply,
    Route,
    Session,
    Turn,
)
from qa.types import Answer, Extract, Snippet, SnippetKind
from retrieval.types import Article

STEPS = "1. Open Settings.\n2. Choose Password.\n3. Type the new one twice."
ROW = "| Leeds | 9 to 17 |"
HEADER = "| Office | Hours |"


def answer(text: str, quote: str, kind: SnippetKind, **changed: Any) -> Answer:
    start = text.index(quote)
    made = Answer(
        text=quote,
        confidence=0.93,
        reader="bert",
        article_id="it/password",
        title="Resetting your password",
        url="https://intranet.example.com/password",
        article_sha256="0" * 64,
        start=start,
        end=start + len(quote),
        passage_id="it/password#0-90",
        snippet=Snippet(text, 0, len(text), kind),
        headings=("Resetting your password", "At your desk"),
    )
    return replace(made, **changed)


RESET = answer(STEPS, "Choose Password", SnippetKind.STEPS)
HOURS = answer(
    ROW,
    "9 to 17",
    SnippetKind.TABLE,
    confidence=0.61,
    article_id="offices",
    title="Offices",
    url=None,
    headings=(),
    snippet=Snippet(ROW, 20, 20 + len(ROW), SnippetKind.TABLE, Extract(HEADER, 0, len(HEADER))),
    start=30,
    end=37,
)
ARTICLE = Article("it/password", "Resetting your password", f"{STEPS}\n", RESET.url)


class ScriptedTalker(Conversations):
    """Says what the message asks it to; obeys `agent.cli.terminal.talker.Talker`."""

    greeting = "Hello! What can I help you with?"

    def __init__(self, sessions: SessionStore | None = None) -> None:
        self.sessions = sessions if sessions is not None else SessionStore.in_memory()
        self.asked: list[tuple[str, str | None, frozenset[str], str]] = []

    @classmethod
    def open(
        cls, kb: str | Path, *, sessions: str | Path | None = None, **_: Any
    ) -> ScriptedTalker:
        if str(kb) == "missing":
            raise SessionError("There is no knowledge base in 'missing'.")
        return cls(SessionStore(sessions) if sessions is not None else None)

    def __enter__(self) -> ScriptedTalker:
        return self

    def __exit__(self, *_: object) -> None:
        pass

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
        self.asked.append((message, session, frozenset(roles), channel))
        if on_event is not None:
            on_event(Event("status", "Searching the articles"))
        if message == "break":
            raise SessionError("The session can't be kept: the disk is full.")
        if message == "interrupt":
            raise KeyboardInterrupt
        if message == "slow":
            time.sleep(30)
        text, route, citations, choices, handover = self._said(message)
        decision = Decision(
            secrets.token_hex(4), route, "scripted", None, 0.93, inputs(), "It is in the script."
        )
        before = self.sessions.load(session) if session else self.sessions.create("", channel)
        assert before is not None
        turn = Turn(message, text, route, None, decision, "2026-03-02T09:00:00+00:00")
        kept = self.sessions.save(replace(before, turns=(*before.turns, turn)))
        return Reply(
            session=kept.id,
            text=text,
            route=route,
            intent=None,
            confidence=0.93,
            decision_id=decision.id,
            citations=citations,
            choices=choices,
            handover=handover,
        )

    @staticmethod
    def _said(
        message: str,
    ) -> tuple[str, Route, tuple[Answer, ...], tuple[str, ...], Handover | None]:
        if message == "reset my password":
            text = f"{quoted(RESET)}\n\nBack to where we were: which item?"
            return text, Route.ANSWER, (RESET,), (), None
        if message == "hours":
            return quoted(HOURS), Route.ANSWER, (HOURS,), (), None
        if message == "elsewhere":
            return "It is written down.", Route.ANSWER, (RESET,), (), None
        if message == "which":
            choices = ("Set up the VPN", "Fix the VPN")
            return "Which of these do you mean?", Route.CLARIFY, (), choices, None
        if message == "person":
            packet = Handover("s", HandoverReason.ASKED, transcript=(("user", "person"),))
            return "A colleague takes over.", Route.HANDOFF, (), (), packet
        return f"You said: {message}", Route.HANDLE, (), (), None

    def decision(self, decision_id: str, *, owner: str = "") -> Decision | None:
        return self.sessions.decision(decision_id, owner)

    def session(self, session: str, *, owner: str = "") -> Session | None:
        return self.sessions.load(session, owner)

    def export(self, session: str, *, owner: str = "") -> dict[str, Any] | None:
        return self.sessions.export(session, owner)

    def forget(self, session: str, *, owner: str = "") -> bool:
        return self.sessions.delete(session, owner)


def inputs() -> dict[str, Any]:
    return {
        "message": "words",
        "supported": True,
        "language": "en",
        "scores": [
            {"intent": "reset_password", "confidence": 0.8},
            {"intent": "talk_to_person", "confidence": 0.15},
        ],
        "in_scope": 0.5,
        "scope_threshold": 0.4,
        "targets": {"reset_password": "form:reset", "talk_to_person": "handover"},
        "rules": {},
        "unsure": 1,
        "verdict": {
            "status": "refused",
            "reason": "low_confidence",
            "confidence": 0.31,
            "found": [
                {"article_id": "a", "title": "Passwords", "confidence": 0.31, "quote": "At once."}
            ],
        },
        "thresholds": {"handle": 0.5, "consider": 0.25, "tie": 0.1, "unsure_turns": 2},
        "novel": {"a": 0.123456},
    }


if __name__ == "__main__":
    import agent.agent
    import agent.cli.chat
    from agent.cli.entry import main

    agent.agent.Agent = ScriptedTalker  # type: ignore[assignment,misc]
    agent.cli.chat._finder = lambda *_: {ARTICLE.id: ARTICLE}.get
    sys.argv[0] = "frontdesk"
    main()
