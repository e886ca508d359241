"""A desk with a script, served on loopback, and a Chromium to sit down in front of it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from scripted_server import Line, Say, ScriptedAgent, served

from agent.conversation.dialogue.wording import pieces, quoted
from agent.memory.sessions import SessionStore
from agent.server.api.app import create_app
from agent.server.api.protocols import ServedKnowledge
from agent.server.settings import Limits, Settings
from agent.types import Event, Route
from qa.types import Answer, CalibrationState, Extract, Result, Snippet, SnippetKind
from retrieval.search.access import visible
from retrieval.types import PUBLIC, Article, Roles

EVIL = '<img src=x onerror="window.hacked=1">'

VPN_BODY = (
    "Before 🙂🙂 you start, plug in.\n\n"
    "On 🙂 days, start the 🚀 client and choose Connect 👍🏽 at once. It takes a minute.\n\n"
    + "".join(f"Paragraph {n} of what else there is to know.\n\n" for n in range(40))
    + "Last of all 🙂, lock the 🔒 tunnel with Ctrl+L."
)
WIFI_BODY = (
    "There are three networks.\n\n"
    "| Network | For | How to sign in |\n"
    "| --- | --- | --- |\n"
    "| VB-Corp | Company laptops | By certificate |\n"
    "| VB-Guest | Visitors | A day code from reception |\n\n"
    "## Dead spots\n\n- The roof terrace.\n- The cellar."
)
STEPS_BODY = (
    "To set up the scanner:\n\n"
    "1. Open Software Centre from the Start menu and search for Tunnelgate.\n"
    "2. Select Install and wait until the status reads Installed.\n"
    "3. Restart the laptop.\n\n"
    "See https://help.example.com/scanner."
)
ARTICLES = {
    "vpn": Article("it/vpn #1?", "VPN from abroad", VPN_BODY, url="https://x.example/vpn"),
    "wifi": Article("it/wifi", "Wi-Fi in our offices", WIFI_BODY, updated="2025-10-21"),
    "scanner": Article("it/scanner", "The scanner", STEPS_BODY, url="javascript:alert(1)"),
    "evil": Article("evil", EVIL, f"Beware of {EVIL} in titles. That is all."),
}
QUOTES = {
    "vpn": ("🚀 client and choose Connect 👍🏽", "On 🙂 days", "at once.", SnippetKind.SENTENCE),
    "tunnel": ("🔒 tunnel", "Last of all", "Ctrl+L.", SnippetKind.SENTENCE),
    "wifi": ("A day code from reception", "| VB-Guest", "reception |", SnippetKind.TABLE),
    "scanner": ("Restart the laptop", "To set up", "laptop.", SnippetKind.STEPS),
    "evil": (EVIL, "Beware", "titles.", SnippetKind.SENTENCE),
}


def answer(word: str) -> Answer:
    article = ARTICLES["vpn" if word == "tunnel" else word]
    text, first, last, kind = QUOTES[word]
    body = article.body
    start = body.index(text)
    begin = body.index(first)
    end = body.index(last, start) + len(last)
    header = None
    if kind is SnippetKind.TABLE:
        row = "| Network | For | How to sign in |"
        header = Extract(row, body.index(row), body.index(row) + len(row))
    return Answer(
        text=text,
        confidence=0.9,
        reader="bert",
        article_id=article.id,
        title=article.title,
        url=article.url,
        article_sha256=article.sha256,
        start=start,
        end=start + len(text),
        passage_id=f"{article.id}#0",
        snippet=Snippet(body[begin:end], begin, end, kind, header),
    )


class StaticKnowledge(ServedKnowledge):
    """The articles above."""

    readers = ("bert",)
    generation = "000001-test"

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
        return Result(question, (), None, CalibrationState.DEFAULT, self.generation, {})

    def article(self, article_id: str, *, roles: Roles = PUBLIC) -> Article | None:
        for each in ARTICLES.values():
            if each.id == article_id and visible(each.audience, roles):
                return each
        return None


class Desk(ScriptedAgent):
    """An agent whose replies hang on one word of the message."""

    def __init__(self, sessions: SessionStore) -> None:
        super().__init__(self._line, sessions)
        self.said: list[str] = []

    def _line(self, message: str, roles: Roles, say: Say) -> Line:
        self.said.append(message)
        words = message.lower().replace("?", "").split()
        say(Event("status", "Searching the articles"))
        while "slow" in words and not self.go_on.wait(0.01):
            say(Event("status", "Still searching"))
        if "explode" in words:
            raise RuntimeError("broken on purpose")
        citations = tuple(answer(word) for word in QUOTES if word in words)
        route, text = Route.ANSWER, "I found nothing about that in the articles."
        choices: tuple[str, ...] = ()
        if citations:
            text = "\n\n".join(quoted(each) for each in citations)
        if "person" in words:
            route, text = Route.HANDOFF, "A colleague takes over."
        elif "choose" in words:
            route, text, choices = Route.CLARIFY, "Which one do you mean?", ("vpn", "wifi", EVIL)
        return Line(text, pieces(text), route, citations, choices)


@dataclass
class Served:
    """A server that runs, and what is behind it."""

    url: str
    desk: Desk
    sessions: SessionStore


@contextmanager
def serving(folder: Path, settings: Mapping[str, Any]) -> Iterator[Served]:
    """Serve a desk with these settings on a free port of loopback."""
    with SessionStore.in_memory() as sessions:
        desk = Desk(sessions)
        given = {"kb": folder / "kb", "keys": folder / "keys.json", **settings}
        app = create_app(
            Settings(**given), agent=desk, knowledge_base=StaticKnowledge(), sessions=sessions
        )
        with served(app) as (url, _):
            try:
                yield Served(url, desk, sessions)
            finally:
                desk.go_on.set()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Served]:
    with serving(tmp_path, {"limits": Limits(requests_per_minute=0)}) as running:
        yield running


@pytest.fixture
def serve_desk(tmp_path: Path) -> Callable[..., Any]:
    """Return a context manager that serves a desk with the settings given."""
    return lambda **settings: serving(tmp_path, settings)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="playwright isn't installed (it is in the dev group)"
    )
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
    if program is None:
        pytest.skip("there is no chromium on the PATH: the chat widget isn't tried in a browser")
    with playwright.sync_playwright() as started:
        # Containers give Chromium neither the name spaces for its sandbox nor a large /dev/shm.
        browser = started.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()


@pytest.fixture
def sit_down(chromium: Any, desk: Served) -> Iterator[Callable[..., Any]]:
    """Return a function that opens the desk's page; whatever the page complains about fails."""
    contexts: list[Any] = []
    complaints: list[str] = []

    def hear(message: Any) -> None:
        # A status that a test asks for is told on the console, too.
        if message.type == "error" and "Failed to load resource" not in message.text:
            complaints.append(message.text)

    def open_page(path: str = "/", **options: Any) -> Any:
        context = chromium.new_context(**{"reduced_motion": "reduce", **options})
        contexts.append(context)
        context.set_default_timeout(20_000)
        page = context.new_page()
        page.on("console", hear)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(desk.url + path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def page(sit_down: Callable[..., Any]) -> Any:
    return sit_down()


@pytest.fixture
def ask() -> Callable[[Any, str], None]:
    """Return a function that types a message, sends it and waits for the reply."""

    def say(page: Any, message: str) -> None:
        replies = page.locator(".log > .reply")
        before = replies.count()
        page.get_by_label("Your message").fill(message)
        page.keyboard.press("Enter")
        replies.nth(before).wait_for()

    return say
