"""An agent that follows a script, and a real server on loopback in a thread.

For tests of the API and of the chat widget; imported from `tests/shared`, which pytest puts on
the path. What is said, and the articles behind it, is each test folder's own.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Protocol

import uvicorn

from agent.errors import SessionError
from agent.memory.sessions import SessionStore
from agent.server.api.running import listen, serving
from agent.types import Conversations, Decision, Event, Reply, Route, Turn
from qa.types import Answer
from retrieval.types import Roles

_START_S = 30.0
_AT = "2026-01-01T00:00:00+00:00"

Say = Callable[[Event], None]


@dataclass(frozen=True)
class Line:
    """What the script has for a message; `pieces` is the text as it is sent, part by part."""

    text: str
    pieces: Iterable[str]
    route: Route = Route.ANSWER
    citations: tuple[Answer, ...] = ()
    choices: tuple[str, ...] = ()


class Script(Protocol):
    """Says what comes back; it may tell events first, wait or raise."""

    def __call__(self, message: str, roles: Roles, say: Say, /) -> Line: ...


class ScriptedAgent(Conversations):
    """Keeps turns in sessions and tells events as the real agent does.

    Attributes:
        go_on: Set when what waits may go on.
    """

    def __init__(self, script: Script, sessions: SessionStore) -> None:
        self.sessions = sessions
        self.go_on = threading.Event()
        self._script = script

    def from_colleague(
        self, session: str, text: str = "", *, give_back: bool = False, owner: str = ""
    ) -> bool:
        stored = self.sessions.load(session, owner)
        if stored is None:
            return False
        decision = Decision(uuid.uuid4().hex, Route.HANDOFF, "colleague", None, 1.0, {}, "A test.")
        turn = Turn("", text, Route.HANDOFF, None, decision, _AT)
        self.sessions.save(replace(stored, turns=(*stored.turns, turn), handed_over=not give_back))
        return True

    def reply(
        self,
        message: str,
        *,
        session: str | None = None,
        roles: Iterable[str] = (),
        owner: str = "",
        channel: str = "python",
        on_event: Say | None = None,
    ) -> Reply:
        say = on_event or (lambda _: None)
        if session is None:
            session = self.sessions.create(owner, channel).id
        stored = self.sessions.load(session, owner)
        if stored is None:
            raise SessionError(f"there is no session {session!r}")
        line = self._script(message, frozenset(roles), say)
        decision = Decision(uuid.uuid4().hex, line.route, "test", None, 0.9, {}, "A test.")
        turn = Turn(
            message,
            line.text,
            line.route,
            None,
            decision,
            _AT,
            message,
            articles=tuple(each.article_id for each in line.citations),
            titles=tuple(each.title for each in line.citations),
            choices=line.choices,
        )
        handed_over = stored.handed_over or line.route is Route.HANDOFF
        self.sessions.save(replace(stored, turns=(*stored.turns, turn), handed_over=handed_over))
        for piece in line.pieces:
            say(Event("delta", piece))
        for each in line.citations:
            say(Event("citation", answer=each))
        return Reply(
            session, line.text, line.route, None, 0.9, decision.id, line.citations, line.choices
        )

    def forget(self, session: str, *, owner: str = "") -> bool:
        return self.sessions.delete(session, owner)


@contextmanager
def served(app: Any) -> Iterator[tuple[str, uvicorn.Server]]:
    """Serve an app on a free port of loopback until the block ends; yield its address."""
    server = uvicorn.Server(serving(app, app.state.server.settings))
    sockets = [listen("127.0.0.1", 0)]
    thread = threading.Thread(target=server.run, args=(sockets,), name="test-server")
    thread.start()
    try:
        until = time.monotonic() + _START_S
        while not server.started:
            if time.monotonic() > until or not thread.is_alive():
                raise RuntimeError("the server didn't start")
            time.sleep(0.005)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}", server
    finally:
        server.should_exit = True
        thread.join(_START_S)
