"""A real server on loopback, in a thread, around an agent and articles made for tests."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from scripted_server import Line, Say, ScriptedAgent, served

from agent.memory.sessions import SessionStore
from agent.server.api.app import create_app
from agent.server.api.protocols import ServedKnowledge
from agent.server.settings import Limits, Settings
from agent.types import Event, Route
from qa.types import (
    Answer,
    CalibrationState,
    NearestArticle,
    Refusal,
    RefusalReason,
    Result,
    Snippet,
    SnippetKind,
)
from retrieval.search.access import visible
from retrieval.types import PUBLIC, Article, Roles

ARTICLES = (
    Article(
        "it/vpn", "VPN", "Start the client 🙂 and choose Connect.", url="https://x.example/vpn"
    ),
    Article("hr/bands", "Salary bands", "The top band ends at ninety crowns.", audience=("hr",)),
    Article("it/keys", "Server keys", "The vault is in room 4.", audience=("it", "ops")),
    Article("it-password-reset", "Reset your password", "Open Passport and choose Forgot."),
    Article("nobody", "Draft", "Nobody reads this.", audience=()),
)


def quote(article: Article, text: str) -> Answer:
    start = article.body.index(text)
    end = start + len(text)
    snippet = Snippet(article.body, 0, len(article.body), SnippetKind.SENTENCE)
    return Answer(
        text=text,
        confidence=0.9,
        reader="bert",
        article_id=article.id,
        title=article.title,
        url=article.url,
        article_sha256=article.sha256,
        start=start,
        end=end,
        passage_id=f"{article.id}#0-{len(article.body)}",
        snippet=snippet,
    )


class FakeKnowledge(ServedKnowledge):
    """Answers with the first readable article that shares a word with the question."""

    readers = ("bert", "bidaf")
    generation = "000001-test"

    def __init__(self) -> None:
        self.where: tuple[str, ...] = ()
        self.asked: list[tuple[str, Roles, str | None, float | None]] = []

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
        self.where = tuple(where)
        self.asked.append((question, roles, reader, budget_ms))
        words = set(question.lower().split())
        readable = [each for each in ARTICLES if visible(each.audience, roles)]
        for article in readable:
            if words & set(f"{article.title} {article.body}".lower().replace(".", "").split()):
                answers = (quote(article, article.body.split()[-1]),)
                return self._result(question, answers, None)
        nearest = tuple(NearestArticle(each.id, each.title) for each in readable[:1])
        return self._result(
            question, (), Refusal(RefusalReason.NOT_FOUND, "Nothing matches.", nearest)
        )

    def article(self, article_id: str, *, roles: Roles = PUBLIC) -> Article | None:
        for each in ARTICLES:
            if each.id == article_id and visible(each.audience, roles):
                return each
        return None

    def _result(
        self, question: str, answers: tuple[Answer, ...], refusal: Refusal | None
    ) -> Result:
        return Result(
            question, answers, refusal, CalibrationState.DEFAULT, self.generation, {"total": 1.0}
        )


class FakeAgent(ScriptedAgent):
    """Answers from the fake knowledge_base; some words make it wait, fail or hand over."""

    def __init__(self, knowledge_base: FakeKnowledge, sessions: SessionStore) -> None:
        super().__init__(self._line, sessions)
        self.knowledge_base = knowledge_base
        self.started = threading.Semaphore(0)
        self.stopped: list[str] = []

    def _line(self, message: str, roles: Roles, say: Say) -> Line:
        words = message.split()
        try:
            self._steered(words, say)
        except BaseException as error:
            self.stopped.append(type(error).__name__)
            raise
        answers = self.knowledge_base.ask(message, roles=roles).answers
        text = answers[0].snippet.text if answers else "Nothing found."
        return Line(
            text,
            (text[:5], text[5:]),
            Route.HANDOFF if "person" in words else Route.ANSWER,
            answers,
            ("VPN", "Wi-Fi") if "choose" in words else (),
        )

    def _steered(self, words: list[str], say: Say) -> None:
        say(Event("status", "Searching"))
        if "wait" in words:
            self.started.release()
            while not self.go_on.wait(0.01):
                say(Event("status", "Still searching"))
        if "sleep" in words:
            self.started.release()
            self.go_on.wait(20)
        if "explode" in words:
            raise RuntimeError(f"no idea what to do with {words!r}")


@dataclass
class Running:
    """A server that runs, and what is behind it."""

    url: str
    app: Any
    agent: FakeAgent
    knowledge_base: FakeKnowledge
    sessions: SessionStore
    server: uvicorn.Server

    def client(self, key: str | None = None, **options: Any) -> httpx.Client:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return httpx.Client(base_url=self.url, headers=headers, timeout=30, **options)


Serve = Callable[..., Running]


@contextmanager
def servers(folder: Path) -> Iterator[Serve]:
    """Yield a function that starts servers; all of them end with the block."""
    with ExitStack() as stack:

        def start(**settings: Any) -> Running:
            settings = {"kb": folder / "kb", "keys": folder / "keys.json", **settings}
            knowledge_base = FakeKnowledge()
            sessions = stack.enter_context(SessionStore.in_memory())
            agent = FakeAgent(knowledge_base, sessions)
            app = create_app(
                Settings(**settings), agent=agent, knowledge_base=knowledge_base, sessions=sessions
            )
            url, server = stack.enter_context(served(app))
            stack.callback(agent.go_on.set)
            return Running(url, app, agent, knowledge_base, sessions, server)

        yield start


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Return a function that starts a server with the settings given."""
    with servers(tmp_path) as start:
        yield start


@pytest.fixture(scope="module")
def open_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server without limits of rate, shared by the tests of a module."""
    with servers(tmp_path_factory.mktemp("server")) as start:
        yield start(limits=Limits(requests_per_minute=0))
