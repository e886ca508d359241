"""Mounts channels: one address each, one way through the agent for all of them.

A sender is somebody only together with the key, token or webhook that vouches for them:
the same name under another owner is someone else, with a conversation of their own.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from agent.errors import SessionConflict
from agent.server.api.problems import Problem, documented_problems
from agent.server.api.server import Server, ServerOf, check_length
from agent.server.api.turns import take_turn
from agent.server.asker import Asker, AskerKind
from agent.server.channels.types import Channel, Message, NotSigned, Unreadable, WebhookRequest

__all__ = ["SESSION_HEADER", "webhook_router"]

SESSION_HEADER = "X-Frontdesk-Session"
"""Of a webhook's response: which session to read or delete at `/v1/sessions`."""


def webhook_router(channel: Channel) -> APIRouter:
    """Return the routes of a channel: its webhook, and whether it is there."""
    router = APIRouter(prefix=f"/webhooks/{channel.name}", tags=["channels"])

    @router.get("/", summary=f"Is the channel {channel.name!r} open?")
    async def there() -> dict[str, str]:
        """Say that the channel is open."""
        return {"status": "ok"}

    async def receive(request: Request, server: ServerOf) -> Response:
        """Take one message and answer it."""
        given = WebhookRequest(
            headers={name.lower(): value for name, value in request.headers.items()},
            body=await request.body(),
            caller=request.path_params.get("caller", ""),
        )
        asker = await run_in_threadpool(_asker, channel, given, request, server)
        if asker.kind is not AskerKind.WEBHOOK:
            _refuse_forms(request)
        try:
            message = channel.read(given)
        except Unreadable as error:
            raise Problem(422, f"{str(error)[0].upper()}{str(error)[1:]}.") from error
        check_length(server, "/message", message.text)
        session = await run_in_threadpool(_session, channel, message, asker, server)
        reply = await take_turn(server, request, asker, message.text, session, channel=channel.name)
        body = channel.write(message, reply)
        return JSONResponse(body, headers={SESSION_HEADER: session})

    router.add_api_route(
        f"/{channel.path}",
        receive,
        methods=["POST"],
        name=f"{channel.name}_webhook",
        summary=f"Send a message by the channel {channel.name!r}",
        responses={
            200: {
                "description": "The reply.",
                "content": {"application/json": {"schema": dict(channel.reply_schema)}},
            },
            **documented_problems(400, 401, 413, 415, 422, 429, 503),
        },
        openapi_extra=_documented_request(channel),
    )
    return router


def _asker(channel: Channel, given: WebhookRequest, request: Request, server: Server) -> Asker:
    try:
        asker = channel.asker(given)
    except NotSigned as error:
        detail = f"{str(error)[0].upper()}{str(error)[1:]}."
        raise server.front_door.wrong(request, detail, "Signature") from error
    if asker is not None:
        server.front_door.admit(asker, request)
        return asker
    asker = server.front_door.asker(request)
    if not asker.is_anonymous:
        return asker
    if not server.settings.on_loopback:
        # Senders' names can be guessed; only who vouches for them keeps them apart.
        raise Problem(
            401,
            "Webhooks need a key or a token: Authorization: Bearer ….",
            headers={"WWW-Authenticate": "Bearer"},
        )
    return Asker(f"{asker.owner}/{channel.name}", asker.roles, asker.kind, asker.label)


def _refuse_forms(request: Request) -> None:
    """Refuse what a page of any other site can make a browser send: it would act as its user."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Problem(415, "Send the message as JSON, with Content-Type: application/json.")


def _session(channel: Channel, message: Message, asker: Asker, server: Server) -> str:
    """Return the sender's session, begun if this is their first message."""
    digest = hashlib.sha256(message.sender.encode("utf-8")).hexdigest()[:40]
    session = f"{channel.name}-{digest}"
    if server.sessions.load(session, asker.owner, last=0) is None:
        # Another message of the same sender may begin it at the same moment.
        with suppress(SessionConflict):
            server.sessions.create(asker.owner, channel.name, id=session)
    return session


def _documented_request(channel: Channel) -> dict[str, Any]:
    extra: dict[str, Any] = {
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": dict(channel.request_schema)}},
        }
    }
    if "{caller}" in channel.path:
        extra["parameters"] = [
            {"name": "caller", "in": "path", "required": True, "schema": {"type": "string"}}
        ]
    return extra
