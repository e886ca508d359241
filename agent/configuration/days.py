"""How a day is said: `Friday 4 December 2026`, in English whatever the locale is."""

from __future__ import annotations

from datetime import date

__all__ = ["MONTHS", "WEEKDAYS", "in_words"]

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)


def in_words(day: date) -> str:
    """Return a day as a person says it."""
    return f"{WEEKDAYS[day.weekday()]} {day.day} {MONTHS[day.month - 1]} {day.year}"
