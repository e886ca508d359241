"""One message through the agent, for the chat route and for every webhook."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request

from agent.errors import SessionError
from agent.server.api.problems import Problem
from agent.server.api.server import Server
from agent.server.api.worker_pool import Stop
from agent.server.asker import Asker
from agent.types import Event, Reply

__all__ = ["hung_up", "take_turn", "turn"]


def turn(
    server: Server,
    asker: Asker,
    message: str,
    session: str | None,
    *,
    channel: str,
    stop: Stop,
    on_event: Callable[[Event], None] | None = None,
) -> Callable[[], Reply]:
    """Return the call that makes a reply; it looks at `stop` at every event.

    The call raises `Problem` 404 for a session that isn't the asker's.
    """

    def watched(event: Event) -> None:
        stop.check()
        if on_event is not None:
            on_event(event)

    def call() -> Reply:
        try:
            reply = server.conversations.reply(
                message,
                session=session or None,
                roles=asker.roles,
                owner=asker.owner,
                channel=channel,
                on_event=watched,
            )
        except SessionError as error:
            if not session or server.sessions.load(session, asker.owner, last=0):
                raise
            raise Problem(
                404, "There is no such session. Leave session out to begin a new one."
            ) from error
        server.metrics.turns.labels(channel, reply.route.value).inc()
        return reply

    return call


async def take_turn(
    server: Server,
    request: Request,
    asker: Asker,
    message: str,
    session: str | None,
    *,
    channel: str,
) -> Reply:
    """Answer one message in a worker.

    Raises:
        Problem: 404 for the session, 503 for the queue or the time.
        HungUp: The client went away.
    """
    stop = Stop()
    call = turn(server, asker, message, session, channel=channel, stop=stop)
    return await server.workers.run(call, stop, gone=hung_up(request))


def hung_up(request: Request) -> Callable[[], Awaitable[None]]:
    """Return a coroutine function that ends when the client has gone away."""

    async def gone() -> None:
        # The body has been read; what comes next is the end of the connection.
        while (await request.receive())["type"] != "http.disconnect":
            pass

    return gone
