"""`/metrics`, for Prometheus."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from agent.server.api.metrics import CONTENT_TYPE
from agent.server.api.problems import Problem, documented_problems
from agent.server.api.server import ServerOf

__all__ = ["ROLE", "router"]

ROLE = "metrics"
"""The role that opens `/metrics` where it isn't open to all."""

_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")
"""What proxies add: whoever comes through one needn't be on this machine."""

router = APIRouter(tags=["operation"])


@router.get(
    "/metrics",
    summary="Figures for Prometheus",
    response_class=Response,
    responses={
        200: {"content": {"text/plain": {"schema": {"type": "string"}}}},
        **documented_problems(401, 403, 429),
    },
)
async def metrics(request: Request, server: ServerOf) -> Response:
    """Count requests, turns, refusals and waiting; nothing about persons or articles."""
    through_a_proxy = any(name in request.headers for name in _FORWARDED)
    if not server.settings.metrics_are_open or (
        through_a_proxy and not server.settings.metrics_open
    ):
        asker = await run_in_threadpool(server.front_door.asker, request)
        if ROLE not in asker.roles:
            raise Problem(403, f"Figures need a key or token with the role {ROLE!r}.")
    return Response(server.metrics.exposition(), media_type=CONTENT_TYPE)
