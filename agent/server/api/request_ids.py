"""A name for every request, so that a client's trouble can be found in the log.

A client, or a proxy in front, may bring one in `X-Request-ID`; anything that isn't short
and plain is replaced, since it goes into logs and headers.
"""

from __future__ import annotations

import re
import secrets

from starlette.datastructures import Headers
from starlette.types import Scope

__all__ = ["HEADER", "name_request", "request_id"]

HEADER = "X-Request-ID"
_KEY = "frontdesk.request_id"
_PLAIN = re.compile(r"[A-Za-z0-9._-]{1,64}")


def name_request(scope: Scope) -> str:
    """Give the request its id, and return it."""
    brought = Headers(scope=scope).get(HEADER, "")
    scope[_KEY] = brought if _PLAIN.fullmatch(brought) else secrets.token_hex(8)
    return request_id(scope)


def request_id(scope: Scope) -> str:
    """Return the request's id."""
    return str(scope.get(_KEY, ""))
