"""Connections that don't stop the server: time-outs, bounds, and who goes first.

uvicorn waits for ever for a request that doesn't come, and takes connections until the
process has no files left; what it offers to be extended by, its protocol class, is all that
is needed here. (hypercorn has a time-out for heads alone, granian none; neither bounds
connections.) A connection *waits* until its request has come in whole: from its beginning,
or from the end of the answer before. Where there are too many, the one that has waited
longest goes: a client that sends its request at once is answered whatever others do.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import sys
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Collection

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from agent.server.settings import Limits

__all__ = ["Connections", "GuardedProtocol", "protocol_of"]

_log = logging.getLogger("frontdesk.connections")

_FILES_KEPT_FREE = 192
"""Open files left for all that isn't a connection: the index, conversations, calls."""
_LEAST = 8

Waiting = OrderedDict["GuardedProtocol", None]


class Connections:
    """All connections of a server, those that wait in the order in which they began to.

    Args:
        limits: How many, and how long they may wait.
        trusted: Addresses and networks of proxies: many people come from there.

    Attributes:
        most: How many are held at once.
    """

    def __init__(self, limits: Limits, trusted: Collection[str] = ()) -> None:
        self.limits = limits
        self.most = max(_LEAST, min(limits.connections, _files_allowed(limits.connections)))
        self._most_each = limits.connections_per_address
        self._trusts_all = "*" in trusted
        self._trusted = [ipaddress.ip_network(each, False) for each in trusted if each != "*"]
        self._held: Counter[str] = Counter()
        self._waiting: Waiting = OrderedDict()
        self._waiting_of: defaultdict[str, Waiting] = defaultdict(OrderedDict)

    def opened(self, connection: GuardedProtocol) -> None:
        """Take a new connection in; where it is one too many, one that waits goes."""
        address = connection.address
        self._held[address] += 1
        self.waits(connection)
        if self._held[address] > self._most_each and not self._is_trusted(address):
            self.end(next(iter(self._waiting_of[address])), "an address holds too many")
        elif self._held.total() > self.most:
            self.end(next(iter(self._waiting)), "there are too many")

    def closed(self, connection: GuardedProtocol) -> None:
        """Let go of a connection."""
        self.heard(connection)
        self._held[connection.address] -= 1
        if not self._held[connection.address]:
            del self._held[connection.address]

    def waits(self, connection: GuardedProtocol) -> None:
        """Remember that a connection waits for a request from now on."""
        for queue in (self._waiting, self._waiting_of[connection.address]):
            queue[connection] = None
            queue.move_to_end(connection)

    def heard(self, connection: GuardedProtocol) -> None:
        """Remember that a connection's request has come in whole."""
        self._waiting.pop(connection, None)
        own = self._waiting_of[connection.address]
        own.pop(connection, None)
        if not own:
            del self._waiting_of[connection.address]

    def end(self, connection: GuardedProtocol, why: str) -> None:
        """End a connection at once, whatever it is about."""
        _log.warning("connections were ended: %s", why)
        self.heard(connection)
        connection.transport.abort()

    def _is_trusted(self, address: str) -> bool:
        if self._trusts_all or not self._trusted:
            return self._trusts_all
        found = ipaddress.ip_address(address)
        return any(found in network for network in self._trusted)


class GuardedProtocol(H11Protocol):
    """HTTP/1.1 on one connection, whose head, body and reading have to be done in time."""

    guards: Connections

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request's head."""
        super().connection_made(transport)
        self.address = self.client[0] if self.client else ""
        self._timer: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None
        self._began = False  # a head has come in whose answer isn't done
        self._within(self.guards.limits.head_s, "a request's head took too long")
        self.guards.opened(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go of it."""
        self._cancel()
        self.resume_writing()
        self.guards.closed(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take in a part of a request."""
        if self._timer is None and not self._began:
            # The first part after an answer, where uvicorn's own time-out ends.
            self._within(self.guards.limits.head_s, "a request's head took too long")
        super().data_received(data)

    def handle_events(self) -> None:
        """See how far the request has come."""
        super().handle_events()
        state = self.conn.their_state
        if state is h11.SEND_BODY and not self._began:
            self._began = True
            self._within(self.guards.limits.body_s, "a request's body took too long")
        elif state in (h11.DONE, h11.MUST_CLOSE):
            self._began = True
            self._cancel()
            self.guards.heard(self)
        elif state is h11.IDLE and self._began:
            # The rest of a body that the answer didn't wait for.
            self._began = False
            self._within(self.guards.limits.head_s, "a request's head took too long")

    def on_response_complete(self) -> None:
        """Wait for the next request; for its first byte uvicorn's own time-out holds."""
        self._cancel()
        self._began = False
        self.guards.waits(self)
        super().on_response_complete()

    def pause_writing(self) -> None:
        """The client doesn't read what it asked for."""
        super().pause_writing()
        # Apart from the other: the rest of an answer may be unread while a request comes in.
        self._unread = self.loop.call_later(
            self.guards.limits.body_s, self.guards.end, self, "an answer wasn't read"
        )

    def resume_writing(self) -> None:
        """It does again."""
        super().resume_writing()
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def _within(self, seconds: float, what: str) -> None:
        self._cancel()
        self._timer = self.loop.call_later(seconds, self.guards.end, self, what)

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def protocol_of(limits: Limits, trusted: Collection[str]) -> type[GuardedProtocol]:
    """Return the protocol class of one server, whose connections know one another."""
    return type("Protocol", (GuardedProtocol,), {"guards": Connections(limits, trusted)})


def _files_allowed(wanted: int) -> int:
    """Return how many connections may be open, after asking the system for so many."""
    if sys.platform == "win32":
        return wanted
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted + _FILES_KEPT_FREE
    if soft not in (-1, resource.RLIM_INFINITY) and soft < needed:
        soft = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return wanted if soft == resource.RLIM_INFINITY else soft - _FILES_KEPT_FREE
