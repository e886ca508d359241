"""Around every request: its id, the security headers, the log line, and a net below errors.

Plain ASGI, outermost, so that nothing that happens inside goes out without it.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agent.server.api.auth.front_door import ASKER_KEY
from agent.server.api.logs import ACCESS, ERRORS
from agent.server.api.metrics import Metrics
from agent.server.api.problems import Problem, problem_response
from agent.server.api.request_ids import HEADER, name_request
from agent.server.api.worker_pool import HungUp

__all__ = ["Guard", "security_headers"]

_CLIENT_GONE = 499
"""What nginx logs for a client that hung up; it never reaches anyone."""


def security_headers(frame_ancestors: Sequence[str]) -> dict[str, str]:
    """Return the headers that every response has, unless it sets them itself.

    The content policy lets a page of ours load its own scripts, styles and pictures and
    talk to this server; nothing inline, nothing from elsewhere.
    """
    ancestors = " ".join(frame_ancestors) or "'none'"
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
        f"frame-ancestors {ancestors}"
    )
    headers = {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cache-Control": "no-store",
    }
    if not frame_ancestors:
        headers["X-Frame-Options"] = "DENY"
    return headers


class Guard:
    """The outermost layer.

    Args:
        app: What is guarded.
        metrics: Counts requests and failures.
        hosts: Names the server may be called by; empty is any.
        headers: Every response has them, unless it sets them itself.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        metrics: Metrics,
        hosts: Sequence[str],
        headers: Mapping[str, str],
    ) -> None:
        self._app = app
        self._metrics = metrics
        self._hosts = frozenset(host.lower() for host in hosts)
        self._headers = dict(headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; no exception leaves."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            # There are no web sockets here; the connection is refused.
            await send({"type": "websocket.close", "code": 1000})
            return
        name = name_request(scope)
        began = time.monotonic()
        status = 0
        came_whole = cut_short = False

        async def receiving() -> Message:
            nonlocal came_whole, cut_short
            message = await receive()
            cut_short = cut_short or (message["type"] == "http.disconnect" and not came_whole)
            came_whole = came_whole or not message.get("more_body", False)
            return message

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers[HEADER] = name
                for header, value in self._headers.items():
                    headers.setdefault(header, value)
            await send(message)

        try:
            _check_framing(scope)
            self._check_host(scope)
            await self._app(scope, receiving, sending)
        except HungUp:
            self._metrics.hang_ups.inc()
            status = _CLIENT_GONE
        except HTTPException as error:
            if not status:
                await problem_response(Problem.of(error), scope)(scope, receive, sending)
        except Exception as error:
            self._metrics.errors.inc()
            ERRORS.error("a request failed", exc_info=error, extra={"fields": {"request": name}})
            if not status:
                problem = Problem(
                    500, "It is in the server's log under this request_id. Try again later."
                )
                await problem_response(problem, scope)(scope, receive, sending)
            else:
                status = 500
        finally:
            if cut_short:
                # Whoever begins requests and sends none whole doesn't fill the log.
                self._metrics.hang_ups.inc()
            else:
                self._note(scope, name, status, time.monotonic() - began)

    def _check_host(self, scope: Scope) -> None:
        if not self._hosts:
            return
        host = Headers(scope=scope).get("host", "").lower()
        # Less the port; an IPv6 address has colons of its own, inside brackets.
        bare = host if host.endswith("]") else host.rpartition(":")[0] or host
        if bare not in self._hosts:
            raise Problem(
                421,
                "The server isn't called by this name. Call it by its own, or add the name to "
                "allowed_hosts in its settings.",
            )

    def _note(self, scope: Scope, name: str, status: int, spent_s: float) -> None:
        # The template of the path, since paths hold ids.
        route = getattr(scope.get("route"), "path", "unknown")
        self._metrics.requests.labels(_known_method(scope["method"]), route, str(status)).inc()
        self._metrics.seconds.labels(route).observe(spent_s)
        fields = {
            "request": name,
            "method": _known_method(scope["method"]),
            "route": route,
            "status": status,
            "ms": round(1000.0 * spent_s, 1),
            "asker": scope.get(ASKER_KEY, "unknown"),
        }
        ACCESS.info("request", extra={"fields": fields})


def _check_framing(scope: Scope) -> None:
    """Refuse a body with two lengths, and end its connection.

    A proxy in front that goes by the other one would take the rest for somebody else's
    request (RFC 9112, section 6.3).
    """
    headers = Headers(scope=scope)
    if "transfer-encoding" in headers and "content-length" in headers:
        raise Problem(
            400,
            "The request has both Transfer-Encoding and Content-Length. Send one of them.",
            headers={"Connection": "close"},
        )


def _known_method(method: str) -> str:
    """Return the method, or "other": anyone can make up names without end."""
    known = ("GET", "POST", "DELETE", "OPTIONS", "HEAD", "PUT", "PATCH")
    return method if method in known else "other"
