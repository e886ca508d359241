"""How long a unit of work takes here, learnt from what was done: for keeping to deadlines."""

from __future__ import annotations

import threading

__all__ = ["Pace"]


class Pace:
    """A running mean of seconds a unit, that forgets: the machine may grow busier or quieter.

    Safe across threads.
    """

    def __init__(self) -> None:
        """Know nothing yet."""
        self._lock = threading.Lock()
        self._seconds: float | None = None

    def learn(self, seconds: float, units: float = 1.0) -> None:
        """Take in how long so many units took; the latest counts for half."""
        spent = seconds / units
        with self._lock:
            self._seconds = spent if self._seconds is None else 0.5 * (self._seconds + spent)

    @property
    def seconds(self) -> float | None:
        """Seconds a unit; None while nothing is known."""
        with self._lock:
            return self._seconds
