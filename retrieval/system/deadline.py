"""A time for a whole HTTP call: connecting, headers and body together.

httpx's time-outs hold for each wait alone: an endpoint that sends a byte of its headers now
and then is waited for without end, with a worker. At the deadline the connection is shut
down from outside, whatever is waited for on it. The look-up of the host's name, which the
system does, isn't covered.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

__all__ = ["Deadline"]


class Deadline:
    """Ends one call when its time is up.

    Give the request `extensions` and the header `Connection: close`, and make the call
    inside the block; where its time was up it fails with one of httpx's errors, or ends early
    where only the connection's end says that a body is whole: look at `passed`.

    Args:
        seconds: From the block's beginning on.

    Attributes:
        passed: Whether the call was ended.
    """

    def __init__(self, seconds: float) -> None:
        self.passed = False
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True

    @property
    def extensions(self) -> dict[str, Any]:
        """The request's: httpx tells of the connection it makes."""
        return {"trace": self._trace}

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        with self._lock:
            if self._socket is not None:
                self._socket.close()
                self._socket = None

    def _trace(self, event: str, info: Mapping[str, Any]) -> None:
        if event == "connection.connect_tcp.complete":
            made = info["return_value"].get_extra_info("socket")
            with self._lock:
                # TLS takes the socket over; a second handle still reaches the connection.
                self._socket = made.dup()
            if self.passed:
                self._cut()

    def _cut(self) -> None:
        self.passed = True
        with self._lock, contextlib.suppress(OSError):
            if self._socket is not None:
                self._socket.shutdown(socket.SHUT_RDWR)
