"""Server-sent events (WHATWG HTML, section 9.2): a name and one line of JSON each."""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request

__all__ = ["KEEP_ALIVE", "MEDIA_TYPE", "encode_event", "wants_events"]

MEDIA_TYPE = "text/event-stream"

KEEP_ALIVE = b": still here\n\n"
"""A comment, so that proxies don't take silence for the end."""


def encode_event(name: str, value: Any) -> bytes:
    """Return one event.

    JSON escapes line ends, so that its text always is one line of `data:`.
    """
    return f"event: {name}\ndata: {json.dumps(value, ensure_ascii=False)}\n\n".encode()


def wants_events(request: Request) -> bool:
    """Say whether the client would rather have events than one JSON object."""
    events, plain = 0.0, 0.0
    for part in ",".join(request.headers.getlist("accept")).split(","):
        kind, *parameters = (piece.strip().lower() for piece in part.split(";"))
        weight = _weight(parameters)
        if kind == MEDIA_TYPE:
            events = max(events, weight)
        elif kind in ("application/json", "application/*", "*/*"):
            plain = max(plain, weight)
    # Browsers' fetch adds */* by itself: named at the same weight, events win.
    return events > 0 and events >= plain


def _weight(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0
