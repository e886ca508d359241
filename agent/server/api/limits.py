"""Limits that hold before anything is worked on: the rate of each asker, the size of bodies.

Rates are token buckets in memory: a restart forgets them, several processes each keep
their own.
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agent.server.api.problems import Problem

__all__ = ["BodyLimit", "RateLimit"]

_MAX_BUCKETS = 50_000
"""Askers that are remembered; the one who rested longest is forgotten first."""

_MOST_THROWN_AWAY = 32 * 1024 * 1024
"""Of a body that is too large, so much is read before the answer: a client that still
sends wouldn't see it."""


class RateLimit:
    """A bucket of tokens for each asker; every request takes one.

    Args:
        per_minute: Tokens that flow back in a minute; 0 sets no limit.
        burst: Tokens of a full bucket.
        clock: Seconds, never going back.
    """

    def __init__(
        self, per_minute: float, burst: int, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._per_second = per_minute / 60.0
        self._burst = float(burst)
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, asker: str) -> float:
        """Take a token; return 0, or after how many seconds there is one again."""
        if not self._per_second:
            return 0.0
        with self._lock:
            now = self._clock()
            tokens, at = self._buckets.pop(asker, (self._burst, now))
            tokens = min(self._burst, tokens + (now - at) * self._per_second)
            wait_s = 0.0
            if tokens >= 1.0:
                tokens -= 1.0
            else:
                wait_s = (1.0 - tokens) / self._per_second
            self._buckets[asker] = (tokens, now)
            while len(self._buckets) > _MAX_BUCKETS:
                self._buckets.popitem(last=False)
            return wait_s

    def check(self, asker: str) -> None:
        """Take a token.

        Raises:
            Problem: 429 with `Retry-After`.
        """
        wait_s = self.take(asker)
        if wait_s:
            retry = max(1, math.ceil(wait_s))
            raise Problem(
                429,
                f"This key or address asks too often. Try again in {retry} s.",
                headers={"Retry-After": str(retry)},
            )


class BodyLimit:
    """Refuses bodies over a size, whether they announce it or not (ASGI middleware)."""

    def __init__(self, app: ASGIApp, *, max_bytes: int) -> None:
        self._app = app
        self._max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count the body while it comes in."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "0")
        if announced.isdecimal() and int(announced) > self._max_bytes:
            await self._refuse(receive, 0)
        n_bytes = 0

        async def counted() -> Message:
            nonlocal n_bytes
            message = await receive()
            n_bytes += len(message.get("body", b""))
            if n_bytes > self._max_bytes:
                await self._refuse(receive, n_bytes, more=message.get("more_body", False))
            return message

        await self._app(scope, counted, send)

    async def _refuse(self, receive: Receive, n_bytes: int, *, more: bool = True) -> None:
        while more and n_bytes < _MOST_THROWN_AWAY:
            message = await receive()
            n_bytes += len(message.get("body", b""))
            more = message["type"] == "http.request" and message.get("more_body", False)
        raise Problem(413, f"The body is larger than {self._max_bytes} bytes. Send less at a time.")
