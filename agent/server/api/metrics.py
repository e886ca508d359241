"""What is counted, for Prometheus. Labels name kinds, never people, keys or articles."""

from __future__ import annotations

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

__all__ = ["CONTENT_TYPE", "Metrics"]

CONTENT_TYPE = CONTENT_TYPE_LATEST

_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """The server's counters, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        self.requests = Counter(
            "frontdesk_requests",
            "Requests answered, by method, route and status.",
            ["method", "route", "status"],
            registry=registry,
        )
        self.seconds = Histogram(
            "frontdesk_request_seconds",
            "Time from a request's first byte to the last of its answer.",
            ["route"],
            buckets=_SECONDS,
            registry=registry,
        )
        self.turns = Counter(
            "frontdesk_turns",
            "Chat messages answered, by channel and by where they went.",
            ["channel", "route"],
            registry=registry,
        )
        self.asked = Counter(
            "frontdesk_questions",
            "Questions to /v1/ask, by outcome: answered, or the refusal's reason.",
            ["outcome"],
            registry=registry,
        )
        self.feedback = Counter("frontdesk_feedback", "Thumbs given.", ["thumb"], registry=registry)
        self.refused = Counter(
            "frontdesk_refused",
            "Requests not taken: rate, queue, timeout, authentication.",
            ["why"],
            registry=registry,
        )
        self.errors = Counter(
            "frontdesk_errors", "Requests that failed unexpectedly.", registry=registry
        )
        self.hang_ups = Counter(
            "frontdesk_hang_ups",
            "Clients that went away before their answer was there.",
            registry=registry,
        )
        self.waiting = Gauge(
            "frontdesk_waiting", "Messages that wait for a worker.", registry=registry
        )
        self.working = Gauge("frontdesk_working", "Messages that are worked on.", registry=registry)

    def exposition(self) -> bytes:
        """Return everything in Prometheus' text format."""
        return generate_latest(self.registry)
