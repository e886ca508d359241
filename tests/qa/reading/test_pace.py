"""The clock that readings keep time by."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from qa.reading.pace import Pace


def test_pace_knows_nothing_then_forgets_by_halves() -> None:
    pace = Pace()
    assert pace.seconds is None
    pace.learn(4.0, 2)
    assert pace.seconds == 2.0
    pace.learn(1.0)
    assert pace.seconds == 1.5


def test_pace_of_equal_times_is_that_time_whoever_learns() -> None:
    pace = Pace()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: pace.learn(0.5 * n, n), range(1, 500)))
    assert pace.seconds == pytest.approx(0.5)
