"""Errors on the wire: problem details as in RFC 9457, and nothing that wasn't meant to be told.

Every error has `type` (a stable URN), `title`, `status`, `detail` and `request_id`. What
is refused never quotes what was sent: bodies hold personal data and end up in logs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Scope

from agent.server.api.request_ids import request_id

__all__ = ["KINDS", "MEDIA_TYPE", "Problem", "documented_problems", "problem_response"]

MEDIA_TYPE = "application/problem+json"

KINDS: Mapping[int, tuple[str, str]] = {
    400: ("bad-request", "The request can't be read"),
    401: ("not-authenticated", "Who is asking isn't known"),
    403: ("not-allowed", "Not for this key or token"),
    404: ("not-found", "There is nothing here for you"),
    405: ("method-not-allowed", "This address takes another method"),
    406: ("not-acceptable", "This can't be had in the format asked for"),
    409: ("conflict", "Something else changed it meanwhile"),
    413: ("too-large", "The request is too large"),
    415: ("wrong-media-type", "The body has the wrong media type"),
    421: ("wrong-host", "The server isn't called by this name"),
    422: ("invalid", "The request doesn't make sense"),
    429: ("too-many-requests", "Too many requests"),
    500: ("failed", "Something broke on our side"),
    503: ("busy", "The server can't take this now"),
}
"""Status → the end of `type`, and the title."""


class Problem(HTTPException):
    """Stops a request with a status and words for the client.

    One of the framework's own exceptions, so that it passes through the framework's code
    that catches everything else.

    Args:
        status: One of `KINDS`.
        detail: What is wrong and what to do, without what was sent.
        headers: Added to the response.
        members: More members of the problem's JSON.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        **members: Any,
    ) -> None:
        super().__init__(status, detail, headers)
        self.members = members

    @classmethod
    def of(cls, error: HTTPException) -> Problem:
        """Take over what the framework raises: unknown routes, methods, broken bodies."""
        if isinstance(error, Problem):
            return error
        details = {
            400: "The body isn't JSON in UTF-8. Check it with a JSON parser.",
            404: "There is no such address. /openapi.json lists those there are.",
            405: "The address is right, the method isn't. Allow names those it takes.",
        }
        detail = details.get(error.status_code, "The request can't be served.")
        return cls(error.status_code, detail, headers=error.headers)

    def to_json(self, scope: Scope) -> dict[str, Any]:
        """Return the problem's members."""
        slug, title = KINDS.get(self.status_code, ("failed", "The request failed"))
        return {
            "type": f"urn:frontdesk:problem:{slug}",
            "title": title,
            "status": self.status_code,
            "detail": self.detail,
            "request_id": request_id(scope),
            **self.members,
        }


def problem_response(problem: Problem, scope: Scope) -> Response:
    """Return the problem as a response."""
    body = json.dumps(problem.to_json(scope), ensure_ascii=False).encode("utf-8")
    return Response(body, problem.status_code, problem.headers, media_type=MEDIA_TYPE)


def documented_problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return OpenAPI's `responses` for these statuses."""
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        status: {"description": KINDS[status][1], "content": {MEDIA_TYPE: {"schema": schema}}}
        for status in statuses
    }
