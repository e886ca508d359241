"""Bounds of a date slot: a fixed day, or one that moves with today.

`2026-12-03`, `today`, `today+7`, `today-30`. The day itself is given by the caller: there
is no clock here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

__all__ = ["Boundary", "boundary"]

_RELATIVE = re.compile(r"today(?:\s*([+-])\s*(\d{1,5}))?")


@dataclass(frozen=True)
class Boundary:
    """One bound.

    Attributes:
        relative: Whether it moves with today.
        days: Days from today, if it does.
        fixed: The day, if it doesn't.
    """

    relative: bool
    days: int = 0
    fixed: date = date.min

    @property
    def order(self) -> int:
        """A number to compare bounds of one kind by."""
        return self.days if self.relative else self.fixed.toordinal()

    def on(self, today: date) -> date:
        """Return the day meant, as seen from `today`; the calendar's ends bound it."""
        if not self.relative:
            return self.fixed
        try:
            return today + timedelta(days=self.days)
        except OverflowError:
            return date.max if self.days > 0 else date.min


def boundary(text: str) -> Boundary:
    """Read a bound.

    Raises:
        ValueError: It is neither of the two forms.
    """
    if found := _RELATIVE.fullmatch(text.strip()):
        days = int(found[2] or 0)
        return Boundary(True, days=-days if found[1] == "-" else days)
    try:
        return Boundary(False, fixed=date.fromisoformat(text.strip()))
    except ValueError as error:
        raise ValueError(
            f"expected a date like '2026-12-03', 'today' or 'today+7', got {text!r}"
        ) from error
