"""Old conversations go, and a clock that jumps takes none along."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.memory.sessions import SessionStore
from agent.server.api import forgetting
from agent.server.api.forgetting import BelievedClock, forget_old_sessions

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Clocks:
    """A wall clock that may leap, and a steady one that doesn't."""

    def __init__(self) -> None:
        self.wall = NOON
        self.steady = 0.0

    def passes(self, time: timedelta) -> None:
        self.wall += time
        self.steady += time.total_seconds()

    def believed(self, start: datetime | None = NOON) -> BelievedClock:
        return BelievedClock(start, wall=lambda: self.wall, steady=lambda: self.steady)


@given(st.lists(st.floats(0, 200), max_size=20))
def test_a_clock_that_does_not_leap_is_believed(hours: list[float]) -> None:
    clocks = Clocks()
    believed = clocks.believed()
    for each in hours:
        clocks.passes(timedelta(hours=each))
        assert believed.now() == clocks.wall


@pytest.mark.parametrize("days", [31, 3650, -31])
def test_a_leap_is_believed_after_a_day(days: int) -> None:
    clocks = Clocks()
    believed = clocks.believed()
    clocks.wall += timedelta(days=days)
    for hour in range(24):
        assert believed.now() == NOON + hour * HOUR
        clocks.passes(HOUR)
    assert believed.now() == clocks.wall


def test_a_leap_that_is_taken_back_is_never_believed() -> None:
    clocks = Clocks()
    believed = clocks.believed()
    clocks.wall += timedelta(days=31)
    assert believed.now() == NOON
    clocks.passes(20 * HOUR)
    clocks.wall -= timedelta(days=31)
    assert believed.now() == NOON + 20 * HOUR
    # A second leap waits its own day.
    clocks.wall += timedelta(days=31)
    believed.now()
    clocks.passes(10 * HOUR)
    assert believed.now() == NOON + 30 * HOUR


def test_what_passed_while_no_server_ran_is_waited_for() -> None:
    clocks = Clocks()
    assert clocks.believed(NOON - timedelta(days=40)).now() == NOON - timedelta(days=40)
    assert clocks.believed(NOON + timedelta(days=40)).now() == NOON
    assert clocks.believed(None).now() == NOON


def swept(store: SessionStore, clocks: Clocks, monkeypatch: pytest.MonkeyPatch) -> int:
    """Start a server's sweeping, and return how many conversations are left."""
    monkeypatch.setattr(forgetting, "BelievedClock", lambda start: clocks.believed(start))

    async def once() -> None:
        task = asyncio.create_task(forget_old_sessions(store, 30))
        while not rested:
            await real(0.001)
        task.cancel()

    rested: list[float] = []
    real = asyncio.sleep

    async def rest(seconds: float) -> Any:
        rested.append(seconds)
        await real(60)

    monkeypatch.setattr("asyncio.sleep", rest)
    try:
        # A thread of its own: a browser's event loop may run in this one.
        with ThreadPoolExecutor(1) as thread:
            thread.submit(lambda: asyncio.run(once())).result()
    finally:
        monkeypatch.undo()
    return len(store.sessions(None))


def test_sweeping_deletes_the_old_and_outlasts_a_leap(monkeypatch: pytest.MonkeyPatch) -> None:
    clocks = Clocks()
    with SessionStore.in_memory() as store:
        store.create(id="old", now=NOON - timedelta(days=31))
        for number in range(5):
            store.create(id=f"new-{number}", now=NOON - number * HOUR)
        assert swept(store, clocks, monkeypatch) == 5
        clocks.wall += timedelta(days=31)
        assert swept(store, clocks, monkeypatch) == 5
