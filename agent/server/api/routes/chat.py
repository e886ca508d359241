"""`POST /v1/chat`: one message, one reply; as JSON, or as events while it is made.

Events: `status` (what is being done), `delta` (a part of the reply's text), `citation`
(a quote), and last `done` with the same JSON as without events; or `error` with problem
details. The first event's absence is an ordinary error with its own status.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from agent.server.api.logs import ERRORS
from agent.server.api.problems import Problem, documented_problems
from agent.server.api.schemas.v1 import ChatReply, ChatRequest, chat_json
from agent.server.api.server import KnownAsker, Server, ServerOf, check_length
from agent.server.api.sse import KEEP_ALIVE, MEDIA_TYPE, encode_event, wants_events
from agent.server.api.turns import hung_up, take_turn, turn
from agent.server.api.worker_pool import HungUp, Stop
from agent.server.asker import Asker
from agent.types import Event, Reply
from qa.wire import answer_to_json

__all__ = ["router"]

router = APIRouter(prefix="/v1", tags=["chat"])

_CHANNEL = "web"
_KEEP_ALIVE_S = 15.0

_STREAM = {
    "schema": {"type": "string"},
    "example": 'event: status\ndata: {"text": "Searching the articles"}\n\n'
    'event: delta\ndata: {"text": "Open Settings."}\n\n'
    'event: done\ndata: {"session": "…", "reply": "Open Settings.", …}\n\n',
}


@router.post(
    "/chat",
    summary="Send a message",
    response_model=ChatReply,
    responses={
        200: {"content": {MEDIA_TYPE: _STREAM}, "description": "The reply."},
        **documented_problems(400, 401, 404, 413, 422, 429, 503),
    },
)
async def chat(
    body: ChatRequest, request: Request, asker: KnownAsker, server: ServerOf
) -> Response:
    """Send a message and get the reply; `Accept: text/event-stream` gets it as it is made."""
    check_length(server, "/message", body.message)
    if wants_events(request):
        return await _streamed(body, request, asker, server)
    reply = await take_turn(server, request, asker, body.message, body.session, channel=_CHANNEL)
    return JSONResponse(chat_json(reply))


async def _streamed(
    body: ChatRequest, request: Request, asker: Asker, server: Server
) -> StreamingResponse:
    loop = asyncio.get_running_loop()
    events: asyncio.Queue[Event | Reply | BaseException] = asyncio.Queue()
    stop = Stop()

    def hand_over(item: Event | Reply | BaseException) -> None:
        loop.call_soon_threadsafe(events.put_nowait, item)

    call = turn(
        server,
        asker,
        body.message,
        body.session,
        channel=_CHANNEL,
        stop=stop,
        on_event=hand_over,
    )

    def work() -> None:
        try:
            hand_over(call())
        except BaseException as error:
            hand_over(error)

    until = loop.time() + server.workers.timeout_s
    future = server.workers.submit(work, stop)

    forget = server.workers.at_end(lambda: hand_over(server.workers.ended()))

    def give_up() -> None:
        forget()
        stop()
        future.cancel()

    try:
        first = await _first(events, request, until - loop.time(), server)
    except BaseException:
        give_up()
        raise
    if isinstance(first, BaseException):
        raise first

    async def chunks() -> AsyncIterator[bytes]:
        item: Event | Reply | BaseException | None = first
        try:
            while True:
                if item is None:
                    yield KEEP_ALIVE
                else:
                    yield _encoded(item, request)
                    if not isinstance(item, Event):
                        return
                item = await _next(events, until - loop.time(), server)
        finally:
            # Also when the client hung up: the generator is closed then.
            give_up()

    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(chunks(), media_type=MEDIA_TYPE, headers=headers)


async def _first(
    events: asyncio.Queue[Event | Reply | BaseException],
    request: Request,
    wait_s: float,
    server: Server,
) -> Event | Reply | BaseException:
    """Wait for the first event before the response begins: an error still has a status."""
    getting = asyncio.ensure_future(events.get())
    leaving = asyncio.ensure_future(hung_up(request)())
    try:
        done, _ = await asyncio.wait(
            {getting, leaving}, timeout=wait_s, return_when=asyncio.FIRST_COMPLETED
        )
        if getting in done:
            return getting.result()
        if not done:
            raise server.workers.late()
        raise HungUp
    finally:
        getting.cancel()
        leaving.cancel()


async def _next(
    events: asyncio.Queue[Event | Reply | BaseException], left_s: float, server: Server
) -> Event | Reply | BaseException | None:
    """Return what comes next; None after a while of silence."""
    if left_s <= 0:
        return server.workers.late()
    try:
        return await asyncio.wait_for(events.get(), min(left_s, _KEEP_ALIVE_S))
    except TimeoutError:
        return None if left_s > _KEEP_ALIVE_S else server.workers.late()


def _encoded(item: Event | Reply | BaseException, request: Request) -> bytes:
    if isinstance(item, Reply):
        return encode_event("done", chat_json(item))
    if isinstance(item, Event):
        return encode_event(item.kind, _event_json(item))
    problem = item
    if not isinstance(problem, Problem):
        ERRORS.error("a streamed reply failed", exc_info=item)
        problem = Problem(500, "The reply couldn't be made. It is in the server's log.")
    return encode_event("error", problem.to_json(request.scope))


def _event_json(event: Event) -> dict[str, Any]:
    if event.answer is not None:
        return answer_to_json(event.answer)
    return {"text": event.text}
