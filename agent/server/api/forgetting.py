"""Deletes conversations that rested too long; a clock that jumps deletes none at once.

A machine whose clock wakes up a month ahead would call every conversation old. So a leap of
the clock against the time that has really passed is believed only after it has lasted a
day. What passed while no server ran can't be told from a leap, and is waited for likewise.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from starlette.concurrency import run_in_threadpool

from agent.errors import SessionError
from agent.memory.sessions import SessionStore
from agent.server.api.logs import ERRORS

__all__ = ["BelievedClock", "forget_old_sessions"]

_EVERY_S = 3_600.0
_SLACK = timedelta(hours=2)
_PATIENCE = timedelta(days=1)


class BelievedClock:
    """The time of day, whose leaps are believed late.

    Args:
        start: A moment that surely has passed, such as a conversation's last turn; None
            believes the clock.
        wall: The time of day.
        steady: Seconds, never going back and never leaping.
    """

    def __init__(
        self,
        start: datetime | None,
        *,
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wall = wall
        self._steady = steady
        self._at = steady()
        self._believed = wall() if start is None else min(start, wall())
        self._leapt: float | None = None

    def now(self) -> datetime:
        """Return the time that is believed."""
        at, wall = self._steady(), self._wall()
        self._believed += timedelta(seconds=at - self._at)
        self._at = at
        if abs(wall - self._believed) <= _SLACK:
            self._leapt = None
            self._believed = wall
        elif self._leapt is None:
            self._leapt = at
            ERRORS.warning(
                "the clock leapt by %.1f hours: no conversation is deleted for that before it "
                "has stayed so for a day",
                (wall - self._believed) / timedelta(hours=1),
            )
        elif at - self._leapt >= _PATIENCE.total_seconds():
            self._leapt = None
            self._believed = wall
        return self._believed


async def forget_old_sessions(sessions: SessionStore, days: float) -> None:
    """Delete conversations that rested longer, at the start and every hour; never ends."""
    clock: BelievedClock | None = None
    while days:
        try:
            if clock is None:
                newest = await run_in_threadpool(sessions.sessions, None, limit=1)
                clock = BelievedClock(datetime.fromisoformat(newest[0].updated) if newest else None)
            await run_in_threadpool(sessions.expire, clock.now() - timedelta(days=days))
        except SessionError as error:
            ERRORS.error("old conversations can't be deleted", exc_info=error)
        await asyncio.sleep(_EVERY_S)
