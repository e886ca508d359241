"""`/healthz`: the process lives. `/readyz`: it takes messages."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from agent.server.api.problems import Problem, documented_problems
from agent.server.api.schemas.v1 import Health
from agent.server.api.server import ServerOf

__all__ = ["router"]

router = APIRouter(tags=["operation"])


@router.get("/healthz", summary="Does the server live?", response_model=Health)
async def healthz() -> Response:
    """Say that the process lives; restart it if this fails."""
    return JSONResponse({"status": "ok"})


@router.get(
    "/readyz",
    summary="Does the server take messages?",
    response_model=Health,
    responses=documented_problems(503),
)
async def readyz(server: ServerOf) -> Response:
    """Say whether messages are taken; send them elsewhere while this fails."""
    if server.workers.closing:
        raise Problem(503, "The server is about to restart.", headers={"Retry-After": "5"})
    generation = server.knowledge_base.generation
    readers = list(server.knowledge_base.readers)
    return JSONResponse({"status": "ready", "generation": generation, "readers": readers})
