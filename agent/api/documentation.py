"""The OpenAPI document: what FastAPI finds out, plus problems, keys and plain words."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from agent.api.schemas.v1 import ProblemBody

__all__ = ["describe"]

_DESCRIPTION = (
    "Answers from your own help articles: a quote, a citation, or an honest no. "
    "Who asks, and what they may read, comes from the key or token in `Authorization`, "
    "never from a body. Every error is problem details (RFC 9457)."
)

_OPEN = ("/healthz", "/readyz")
"""Addresses that need no key, ever."""


def describe(app: FastAPI) -> None:
    """Make the app serve our document at `/openapi.json`."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


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
