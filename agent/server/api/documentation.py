"""The OpenAPI document: what FastAPI finds out, plus problems, keys and plain words."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from agent.server.api.schemas.v1 import ProblemBody

__all__ = ["describe"]

_DESCRIPTION = (
    "Answers from your own help articles: a quote, a citation, or an honest no. "
    "Who asks, and what they may read, comes from the key or token in `Authorization`, "
    "never from a body. Every error is problem details (RFC 9457)."
)

_OPEN = ("/healthz", "/readyz")
"""Addresses that need no key, ever."""


_MEASURED = (
    ("ChatRequest", "message"),
    ("AskRequest", "question"),
    ("FeedbackRequest", "correction"),
)
"""Texts that the settings limit."""


def describe(app: FastAPI, *, message_chars: int, readers: Sequence[str]) -> None:
    """Make the app serve our document at `/openapi.json`.

    Args:
        app: With all its routes.
        message_chars: Longest text.
        readers: Those that may be chosen.
    """

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = _document(app)
            _limit(document["components"]["schemas"], message_chars, readers)
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _limit(schemas: dict[str, Any], message_chars: int, readers: Sequence[str]) -> None:
    """Say what this server's settings allow, for clients to check by themselves."""
    for schema, name in _MEASURED:
        for text in _texts(schemas[schema]["properties"][name]):
            text["maxLength"] = message_chars
    for text in _texts(schemas["AskRequest"]["properties"]["reader"]):
        text["enum"] = list(readers)


def _texts(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the schema itself, or the text among its alternatives."""
    return [each for each in schema.get("anyOf", [schema]) if each.get("type") == "string"]


def _document(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title="Frontdesk",
        version=version("frontdesk"),
        description=_DESCRIPTION,
        routes=app.routes,
    )
    parts = document.setdefault("components", {})
    parts.setdefault("schemas", {})["Problem"] = ProblemBody.model_json_schema()
    parts["securitySchemes"] = {
        "bearer": {
            "type": "http",
            "scheme": "bearer",
            "description": "An API key (`frontdesk keys create`), or a token of the company's "
            "identity provider. Without either, only what is public, if the server allows it.",
        }
    }
    for path, operations in document["paths"].items():
        if path not in _OPEN:
            for operation in operations.values():
                operation.setdefault("security", [{"bearer": []}, {}])
    return document
