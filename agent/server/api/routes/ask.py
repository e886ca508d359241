"""`POST /v1/ask`: one question to the knowledge base, as `frontdesk ask --json` answers."""

from __future__ import annotations

import time

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from agent.server.api.problems import Problem, documented_problems
from agent.server.api.schemas.v1 import AskRequest, AskResult
from agent.server.api.server import KnownAsker, ServerOf, check_length
from agent.server.api.turns import hung_up
from agent.server.api.worker_pool import Stop
from qa.types import Result
from qa.wire import to_json
from retrieval.errors import ConditionError
from retrieval.search.conditions import parse_conditions

__all__ = ["router"]

router = APIRouter(prefix="/v1", tags=["ask"])


@router.post(
    "/ask",
    summary="Ask one question",
    response_model=AskResult,
    responses=documented_problems(400, 401, 413, 422, 429, 503),
)
async def ask(body: AskRequest, request: Request, asker: KnownAsker, server: ServerOf) -> Response:
    """Ask the knowledge base one question. A refusal is a good result, with its reason."""
    check_length(server, "/question", body.question)
    if body.reader is not None and body.reader not in server.knowledge_base.readers:
        offered = ", ".join(server.knowledge_base.readers)
        detail = f"There is no such reader here. This server offers: {offered}."
        raise Problem(422, detail, errors=[{"pointer": "/reader", "detail": detail}])

    try:
        parse_conditions(body.where)
    except ConditionError as error:
        detail = (
            "A condition can't be read. Expected FIELD=VALUE, FIELD!=VALUE, or >=, <=, <, > with a "
            "number or a date."
        )
        raise Problem(422, detail, errors=[{"pointer": "/where", "detail": detail}]) from error

    until = time.monotonic() + server.workers.timeout_s

    def call() -> Result:
        # Reading stops when nobody would see what it finds.
        left_ms = 1000.0 * max(0.0, until - time.monotonic())
        return server.knowledge_base.ask(
            body.question,
            roles=asker.roles,
            reader=body.reader,
            where=body.where,
            budget_ms=left_ms if body.budget_ms is None else min(left_ms, body.budget_ms),
        )

    result = await server.workers.run(call, Stop(), gone=hung_up(request))
    refusal = result.refusal
    server.metrics.asked.labels("answered" if refusal is None else refusal.reason.value).inc()
    return JSONResponse(to_json(result))
