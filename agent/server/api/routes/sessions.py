"""`/v1/sessions/{id}`: what is kept of a conversation, for its owner: to read, to delete."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from agent.server.api.problems import Problem, documented_problems
from agent.server.api.schemas.v1 import Transcript
from agent.server.api.server import KnownAsker, ServerOf

__all__ = ["router"]

router = APIRouter(prefix="/v1", tags=["sessions"])

_ABSENT = "There is no such session, or it isn't this asker's."


@router.get(
    "/sessions/{session_id}",
    summary="Read what is kept of a conversation",
    response_model=Transcript,
    responses=documented_problems(401, 404, 422, 429),
)
def export(session_id: str, asker: KnownAsker, server: ServerOf) -> Response:
    """Return everything that is stored of a conversation, personal data masked."""
    found = server.sessions.export(session_id, asker.owner)
    if found is None:
        raise Problem(404, _ABSENT)
    return JSONResponse({"session": found})


@router.delete(
    "/sessions/{session_id}",
    summary="Delete a conversation",
    status_code=204,
    response_class=Response,
    responses=documented_problems(401, 404, 422, 429),
)
def forget(session_id: str, asker: KnownAsker, server: ServerOf) -> Response:
    """Delete a conversation with its turns, decisions and feedback, for good."""
    if not server.conversations.forget(session_id, owner=asker.owner):
        raise Problem(404, _ABSENT)
    return Response(status_code=204)
