"""Runs an app until it is told to stop, then lets what is under way finish."""

from __future__ import annotations

import asyncio
import math
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from agent.errors import ServerError
from agent.server.api.connections import protocol_of
from agent.server.api.worker_pool import WorkerPool
from agent.server.settings import Settings

__all__ = ["BACKLOG", "listen", "run", "serving"]

BACKLOG = 128
"""Connections that may wait to be taken. asyncio takes so many in one go: with thousands it
would write as many errors into the log, once no file is left to open."""

_FAREWELL_S = 2.0


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that is bound to an address.

    Raises:
        ServerError: The address is taken, not ours, or not allowed.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sends at once (TCP_NODELAY) only where the protocol is named. Otherwise a reply's
    # body waits for the acknowledgement of its headers, which takes 40 ms on Linux.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise ServerError(
            f"the server can't listen at {host!r}, port {port}: {error.strerror or error}. "
            "Choose others with --host and --port"
        ) from error
    return listening


def run(app: FastAPI, listening: socket.socket, settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; then take nothing new and finish what is under way."""
    server = _Server(serving(app, settings), app.state.server.workers, settings.limits.drain_s)
    server.run(sockets=[listening])


def serving(app: FastAPI, settings: Settings) -> uvicorn.Config:
    """Return how uvicorn serves the app."""
    limits = settings.limits
    return uvicorn.Config(
        app,
        http=protocol_of(limits, settings.trusted_proxies),
        log_config=None,
        access_log=False,
        server_header=False,
        backlog=BACKLOG,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        # Those who still wait when the time is up are told so, which takes a moment.
        timeout_graceful_shutdown=math.ceil(limits.drain_s + _FAREWELL_S),
        ws="none",
    )


class _Server(uvicorn.Server):
    """Ends well when it is told to end, instead of raising the signal once more.

    Args:
        config: uvicorn's.
        work: What is under way.
        drain_s: How long to wait for it.
    """

    def __init__(self, config: uvicorn.Config, work: WorkerPool, drain_s: float) -> None:
        super().__init__(config)
        self._work = work
        self._drain_s = drain_s

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take nothing new, wait for what is under way, and refuse what takes too long."""
        self._work.refuse()
        asyncio.get_running_loop().call_later(self._drain_s, self._work.give_up)
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        signals = (signal.SIGINT, signal.SIGTERM)
        before = {number: signal.signal(number, self.handle_exit) for number in signals}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
