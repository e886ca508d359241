"""The app factory: settings and an agent in, an ASGI app out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response

from agent.server.api.auth.front_door import FrontDoor
from agent.server.api.documentation import describe
from agent.server.api.forgetting import forget_old_sessions
from agent.server.api.guard import Guard, security_headers
from agent.server.api.limits import BodyLimit
from agent.server.api.metrics import Metrics
from agent.server.api.problems import Problem, problem_response
from agent.server.api.request_ids import HEADER
from agent.server.api.routes import ROUTERS
from agent.server.api.server import Server
from agent.server.api.webhooks import webhook_router
from agent.server.api.worker_pool import WorkerPool
from agent.server.channels.registry import open_channel
from agent.server.settings import Settings

if TYPE_CHECKING:
    from agent.memory.sessions import SessionStore
    from agent.server.api.protocols import Closing, ServedKnowledge
    from agent.types import Conversations

__all__ = ["create_app"]

_MAX_ERRORS = 20


def create_app(
    settings: Settings,
    *,
    agent: Conversations | None = None,
    knowledge_base: ServedKnowledge | None = None,
    sessions: SessionStore | None = None,
) -> FastAPI:
    """Make the server.

    Args:
        settings: What it is told.
        agent: Takes messages; with the two others, opened as the settings say if not
            given.
        knowledge_base: Articles, and answers from them.
        sessions: Where the agent keeps conversations.

    Raises:
        ServerError: Nobody could ever be let in, or the keys can't be read.
        StoreError: The knowledge base is absent, damaged or foreign.
        ReaderError: A reader can't be loaded.
        ConfigurationError: The agent's configuration is wrong.
    """
    metrics = Metrics()
    front_door = FrontDoor(settings, metrics)
    channels = [open_channel(name, settings) for name in settings.channels]
    if agent is None or knowledge_base is None or sessions is None:
        from agent.server.api.opening import open_backend

        backend = open_backend(settings)
        agent, knowledge_base, sessions = backend.agent, backend.knowledge_base, backend.sessions
        opened: tuple[Closing, ...] = (backend.watch, backend.agent, backend.sessions)
        begin_work = backend.begin_work
    else:
        opened, begin_work = (), None
    limits = settings.limits
    server = Server(
        settings=settings,
        metrics=metrics,
        front_door=front_door,
        workers=WorkerPool(
            limits.workers, limits.queue, limits.timeout_s, metrics, begin=begin_work
        ),
        conversations=agent,
        knowledge_base=knowledge_base,
        sessions=sessions,
    )

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        forgetting = asyncio.create_task(
            forget_old_sessions(server.sessions, settings.session_days)
        )
        try:
            yield
        finally:
            forgetting.cancel()
            await run_in_threadpool(server.workers.close)
            for each in opened:
                each.close()

    app = FastAPI(
        title="Frontdesk",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False},
        exception_handlers={
            HTTPException: _http_problem,
            RequestValidationError: _invalid,
        },
    )
    app.state.server = server
    for router in ROUTERS:
        app.include_router(router)
    for channel in channels:
        app.include_router(webhook_router(channel))
    describe(app, message_chars=limits.message_chars, readers=knowledge_base.readers)

    # Innermost first.
    app.add_middleware(BodyLimit, max_bytes=limits.body_bytes)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=("GET", "POST", "DELETE"),
            allow_headers=("Authorization", "Content-Type", HEADER),
            expose_headers=(HEADER, "Retry-After"),
            max_age=3_600,
        )
    app.add_middleware(
        Guard,
        metrics=metrics,
        hosts=settings.hosts,
        headers=security_headers(settings.frame_ancestors),
    )
    return app


async def _http_problem(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):  # pragma: no cover - how it is registered
        raise error
    return problem_response(Problem.of(error), request.scope)


async def _invalid(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):  # pragma: no cover - likewise
        raise error
    found = error.errors()
    if any(each["type"] == "json_invalid" for each in found):
        problem = Problem(400, "The body isn't JSON in UTF-8. Check it with a JSON parser.")
        return problem_response(problem, request.scope)
    # What was sent is left out: it is personal.
    errors = [_error_json(each) for each in found[:_MAX_ERRORS]]
    where = errors[0]["pointer"] or errors[0].get("parameter", "the body")
    detail = f"{where}: {errors[0]['detail']}."
    return problem_response(Problem(422, detail, errors=errors), request.scope)


def _error_json(error: Any) -> dict[str, str]:
    place, *rest = error["loc"]
    if place == "body":
        pointer = "".join(f"/{part}" for part in rest)
        if error["type"] in ("model_attributes_type", "missing") and not rest:
            return {
                "pointer": "",
                "detail": "Expected a JSON object, with Content-Type: application/json",
            }
        return {"pointer": pointer, "detail": error["msg"]}
    return {"pointer": "", "parameter": ".".join(map(str, rest)), "detail": error["msg"]}
