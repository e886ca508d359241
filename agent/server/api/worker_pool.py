"""The agent's work in threads of its own: so many at once, so many waiting, no more.

The agent is synchronous. A request hands its work over here and waits; a full queue, or a
wait that lasts too long, is told to come back later; work whose asker hung up or whose
time is up is cancelled: dropped while it waits, told to stop while it runs (`Stop`).
"""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from agent.server.api.metrics import Metrics
from agent.server.api.problems import Problem

__all__ = ["HungUp", "Stop", "Stopped", "WorkerPool"]

T = TypeVar("T")

_MAX_RETRY_S = 60


class HungUp(Exception):
    """The client went away: there is nobody to answer."""


class Stopped(BaseException):
    """The asker is gone or out of time: the work ends at the next place that looks.

    Like `asyncio.CancelledError` not an `Exception`: whoever turns any failure into an
    apology has nobody to apologise to.
    """


class Stop:
    """Tells running work, from outside, to end."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def __call__(self) -> None:
        """Ask the work to end."""
        self._event.set()

    def check(self) -> None:
        """End here if that was asked for.

        Raises:
            Stopped: It was.
        """
        if self._event.is_set():
            raise Stopped


class WorkerPool:
    """Runs calls in a bounded number of threads, with a bounded queue.

    Args:
        workers: Calls that run at once.
        queue: Calls that may wait.
        timeout_s: Longest that a call may wait and run.
        metrics: Counts what waits and runs.
        begin: Done once by each thread before its first call.
    """

    def __init__(
        self,
        workers: int,
        queue: int,
        timeout_s: float,
        metrics: Metrics,
        *,
        begin: Callable[[], None] | None = None,
    ) -> None:
        self._pool = ThreadPoolExecutor(
            workers, thread_name_prefix="frontdesk-work", initializer=begin
        )
        self._workers = workers
        self._capacity = workers + queue
        self._timeout_s = timeout_s
        self._metrics = metrics
        self._taken = 0
        self._running = 0
        self._lock = threading.Lock()
        self._mean_s = 0.25
        self._closed = False
        self._at_end: dict[object, Callable[[], object]] = {}

    async def run(
        self,
        call: Callable[[], T],
        stop: Stop,
        *,
        gone: Callable[[], Awaitable[object]] | None = None,
    ) -> T:
        """Run `call` in a worker and return what it returns.

        Args:
            call: Looks at `stop` now and then, if it can.
            stop: Set when the result is no longer wanted.
            gone: Returns when the asker has hung up.

        Raises:
            Problem: 503, since the queue is full, the time is up or the server is closing.
            HungUp: There is nobody to answer.
        """
        future = self.submit(call, stop)
        waiter = asyncio.ensure_future(asyncio.wrap_future(future))
        ending: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        watched: set[asyncio.Future[Any]] = {waiter, ending}
        if gone is not None:
            watched.add(asyncio.ensure_future(gone()))
        forget = self.at_end(partial(_end, ending))
        try:
            done, _ = await asyncio.wait(
                watched, timeout=self._timeout_s, return_when=asyncio.FIRST_COMPLETED
            )
            if waiter in done:
                return waiter.result()
            if not done:
                raise self.late()
            if ending in done:
                raise self.ended()
            raise HungUp
        finally:
            forget()
            if not future.done():
                stop()
                future.cancel()
            for task in watched:
                task.cancel()

    def submit(self, call: Callable[[], T], stop: Stop) -> Future[T]:
        """Queue `call`; its future may be cancelled while it waits.

        Raises:
            Problem: 503, since the queue is full or the server is closing.
        """
        with self._lock:
            if self._closed:
                raise self.ended()
            if self._taken >= self._capacity:
                raise self._busy("queue", "Too many messages are waiting.")
            self._taken += 1
            self._gauge()
        future = self._pool.submit(self._timed, call, stop)
        future.add_done_callback(self._release)
        return future

    def late(self) -> Problem:
        """Return the problem of a request whose time is up."""
        return self._busy("timeout", "The answer took too long, and the work was stopped.")

    def ended(self) -> Problem:
        """Return the problem of a request that a shutdown didn't wait for."""
        return self._busy("closing", "The server is about to restart.")

    def at_end(self, tell: Callable[[], object]) -> Callable[[], None]:
        """Have someone told when a shutdown waits no longer; called on the event loop.

        Returns:
            What to call when they needn't be told any more.
        """
        key = object()
        self._at_end[key] = tell

        def forget() -> None:
            self._at_end.pop(key, None)

        return forget

    def give_up(self) -> None:
        """Tell all who still wait that their answer won't come; on the event loop."""
        for tell in list(self._at_end.values()):
            tell()

    @property
    def timeout_s(self) -> float:
        """Longest that a call may wait and run."""
        return self._timeout_s

    @property
    def closing(self) -> bool:
        """Whether nothing more is taken."""
        return self._closed

    def refuse(self) -> None:
        """Take nothing more; what waits and runs goes on."""
        with self._lock:
            self._closed = True

    def close(self) -> None:
        """Take nothing more, drop what waits, and wait for what runs."""
        self.refuse()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _timed(self, call: Callable[[], T], stop: Stop) -> T:
        with self._lock:
            self._running += 1
            self._gauge()
        began = time.monotonic()
        try:
            stop.check()
            return call()
        finally:
            with self._lock:
                self._running -= 1
                # A moving average is enough for a hint when to come back.
                self._mean_s += 0.1 * (time.monotonic() - began - self._mean_s)
                self._gauge()

    def _release(self, _: Future[T]) -> None:
        with self._lock:
            self._taken -= 1
            self._gauge()

    def _gauge(self) -> None:
        self._metrics.working.set(self._running)
        self._metrics.waiting.set(max(0, self._taken - self._running))

    def _busy(self, why: str, detail: str) -> Problem:
        self._metrics.refused.labels(why).inc()
        retry = math.ceil(self._taken * self._mean_s / self._workers)
        retry = min(_MAX_RETRY_S, max(1, retry))
        return Problem(
            503, f"{detail} Try again in {retry} s.", headers={"Retry-After": str(retry)}
        )


def _end(waiting: asyncio.Future[None]) -> None:
    if not waiting.done():
        waiting.set_result(None)
