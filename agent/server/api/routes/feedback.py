"""`POST /v1/feedback`: a thumb for a reply, and the right answer if the person knows it."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from agent.server.api.problems import Problem, documented_problems
from agent.server.api.schemas.v1 import FeedbackReceipt, FeedbackRequest
from agent.server.api.server import KnownAsker, ServerOf, check_length

__all__ = ["router"]

router = APIRouter(prefix="/v1", tags=["feedback"])


@router.post(
    "/feedback",
    summary="Say what you think of a reply",
    status_code=201,
    response_model=FeedbackReceipt,
    responses=documented_problems(400, 401, 404, 413, 422, 429),
)
def feedback(body: FeedbackRequest, asker: KnownAsker, server: ServerOf) -> Response:
    """Keep a thumb, and a correction, with personal data masked. The last one counts."""
    check_length(server, "/correction", body.correction)
    stored = server.sessions.add_feedback(
        body.decision_id,
        asker.owner,
        helpful=body.thumb == "up",
        comment=(body.correction or "").strip(),
    )
    if not stored:
        raise Problem(404, "There is no such decision, or it isn't in a session of this asker.")
    server.metrics.feedback.labels(body.thumb).inc()
    return JSONResponse({"decision_id": body.decision_id, "thumb": body.thumb}, 201)
