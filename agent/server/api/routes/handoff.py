"""`POST /v1/handoff/{session}`: what the colleague who took over says, and the way back."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from agent.server.api.problems import Problem, documented_problems
from agent.server.api.schemas.v1 import HandoffReceipt, HandoffRequest
from agent.server.api.server import KnownAsker, ServerOf, check_length

__all__ = ["ROLE", "router"]

ROLE = "handoff"
"""The role of a key or token that may speak in conversations which were handed over."""

router = APIRouter(prefix="/v1", tags=["handoff"])


@router.post(
    "/handoff/{session_id}",
    summary="Answer a conversation that was handed over, or give it back",
    response_model=HandoffReceipt,
    responses=documented_problems(400, 401, 403, 404, 409, 413, 422, 429),
)
def handoff(session_id: str, body: HandoffRequest, asker: KnownAsker, server: ServerOf) -> Response:
    """Bring a colleague's words to the person, give the conversation back, or both.

    The words are kept as a turn of the conversation, masked as all are; the person's page
    reads them with `GET /v1/sessions/{id}`.
    """
    if ROLE not in asker.roles:
        raise Problem(403, f"Speaking for a colleague needs a key or token with the role {ROLE!r}.")
    text = (body.reply or "").strip()
    check_length(server, "/reply", text)
    if not text and not body.give_back:
        detail = "Say something in reply, or set give_back to true."
        raise Problem(422, detail, errors=[{"pointer": "/reply", "detail": detail}])
    owners = server.sessions.owners(session_id)
    if len(owners) > 1:
        raise Problem(409, "Several senders have a session of this name.")
    stored = server.sessions.load(session_id, owners[0], last=0) if owners else None
    if stored is None:
        raise Problem(404, "There is no such session.")
    if not stored.handed_over:
        raise Problem(409, "The conversation isn't with a colleague.")
    if not server.conversations.from_colleague(
        session_id, text, give_back=body.give_back, owner=owners[0]
    ):
        raise Problem(404, "There is no such session.")
    return JSONResponse({"session": session_id, "handed_over": not body.give_back})
