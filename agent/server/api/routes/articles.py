"""`GET /v1/articles/{id}`: an article the asker may read, with a span to highlight."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import JSONResponse, Response

from agent.server.api.problems import Problem, documented_problems
from agent.server.api.schemas.v1 import ArticleBody
from agent.server.api.server import KnownAsker, ServerOf
from retrieval.types import Article

__all__ = ["router"]

router = APIRouter(prefix="/v1", tags=["articles"])


@router.get(
    "/articles/{article_id:path}",
    summary="Read an article",
    response_model=ArticleBody,
    responses=documented_problems(400, 401, 404, 422, 429, 503),
)
def article(
    article_id: str,
    asker: KnownAsker,
    server: ServerOf,
    start: Annotated[int | None, Query(ge=0, description="First code point to highlight.")] = None,
    end: Annotated[int | None, Query(ge=0, description="One past the last.")] = None,
) -> Response:
    """Read an article. What you may not read does not exist.

    Slashes in an id may stand as they are or as %2F; other signs are percent-encoded.
    `start` and `end`, as a citation has them, also return the body in three pieces, so that
    a page needs no arithmetic with offsets.
    """
    found = server.knowledge_base.article(article_id, roles=asker.roles)
    if found is None:
        raise Problem(404, "There is no such article, or it isn't for this asker.")
    return JSONResponse(
        {
            "id": found.id,
            "title": found.title,
            "url": found.url,
            "updated": found.updated,
            "body": found.body,
            "sha256": found.sha256,
            "highlight": _highlight(found, start, end),
        }
    )


def _highlight(found: Article, start: int | None, end: int | None) -> dict[str, object] | None:
    if start is None and end is None:
        return None
    if start is None or end is None or not start < end <= len(found.body):
        raise Problem(
            422,
            f"start and end must both be given, with start < end <= {len(found.body)}, the "
            "length of this article's body.",
        )
    return {
        "start": start,
        "end": end,
        "before": found.body[:start],
        "quote": found.body[start:end],
        "after": found.body[end:],
    }
