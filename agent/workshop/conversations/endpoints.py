"""A company's endpoints for test conversations, served on loopback.

An agent's actions call real addresses. Here a client brings every call to a server of our
own on 127.0.0.1 instead, over a real socket: time-outs, refused connections and bodies that
aren't JSON are met as they would be outside. An address that no conversation names leads to
a port where nobody listens, so that a test never calls out.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

import httpx

from agent.workshop.conversations.types import Endpoint

__all__ = ["LoopbackEndpoints", "ReceivedCall"]

_HOST = "127.0.0.1"
_POLL_S = 0.05


@dataclass(frozen=True)
class ReceivedCall:
    """A call that an endpoint took.

    Attributes:
        method: As it was called.
        url: The address that the agent meant.
        json: The body; an empty mapping where there was none, or none that is an object.
    """

    method: str
    url: str
    json: dict[str, Any]


class LoopbackEndpoints:
    """Serves the endpoints of one conversation at a time; a context manager.

    Attributes:
        client: Hand it to the agent for its actions.
        calls: What was taken since `use`, oldest first.
    """

    def __init__(self) -> None:
        self._endpoints: tuple[Endpoint, ...] = ()
        self.calls: list[ReceivedCall] = []
        self._closing = threading.Event()
        self._server = ThreadingHTTPServer((_HOST, 0), self._handler())
        self._server.daemon_threads = True
        # Bound and never listening: whoever connects is refused at once.
        self._closed = socket.socket()
        self._closed.bind((_HOST, 0))
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": _POLL_S}, daemon=True
        )
        self.client = httpx.Client(transport=_ToLoopback(self), trust_env=False)

    def use(self, endpoints: Sequence[Endpoint]) -> None:
        """Serve these from now on and forget the calls so far."""
        self._endpoints = tuple(endpoints)
        self.calls = []

    def __enter__(self) -> Self:
        """Start serving."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop serving and let go of the ports."""
        self._closing.set()
        self.client.close()
        self._server.shutdown()
        self._server.server_close()
        self._closed.close()
        self._thread.join()

    def place(self, method: str, url: str) -> str:
        """Return the loopback address that stands for a call to `url`."""
        for number, endpoint in enumerate(self._endpoints):
            if (endpoint.method, endpoint.url) == (method, url):
                if endpoint.closed:
                    break
                return f"http://{_HOST}:{self._server.server_address[1]}/{number}"
        return f"http://{_HOST}:{self._closed.getsockname()[1]}/"

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                number = int(self.path.removeprefix("/"))
                endpoint = owner._endpoints[number]
                owner.calls.append(ReceivedCall(self.command, endpoint.url, _object(body)))
                owner._closing.wait(endpoint.delay_s)
                self._send(endpoint)

            def _send(self, endpoint: Endpoint) -> None:
                if endpoint.text is None:
                    kind, body = "application/json", json.dumps(endpoint.json).encode()
                else:
                    kind, body = "text/html; charset=utf-8", endpoint.text.encode()
                try:
                    self.send_response(endpoint.status)
                    self.send_header("Content-Type", kind)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    if self.command != "HEAD":
                        self.wfile.write(body)
                except OSError:
                    # Whoever called has given up waiting: that is what a delay is for.
                    self.close_connection = True

            do_GET = do_HEAD = do_PUT = do_DELETE = do_POST = do_PATCH = answer  # noqa: N815

            def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002
                """Say nothing: the report says it."""

        return Handler


class _ToLoopback(httpx.BaseTransport):
    """Carries a request to the loopback address that stands for its own."""

    def __init__(self, endpoints: LoopbackEndpoints) -> None:
        self._endpoints = endpoints
        self._inner = httpx.HTTPTransport(trust_env=False)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = str(request.url.copy_with(query=None, fragment=None))
        moved = httpx.Request(
            request.method,
            self._endpoints.place(request.method, url),
            headers=request.headers,
            content=request.read(),
            extensions=request.extensions,
        )
        return self._inner.handle_request(moved)

    def close(self) -> None:
        self._inner.close()


def _object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body) if body else {}
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
