"""What the words for a day mean, seen from today: coming Fridays, next months, the last Monday.

Conventions: a week starts on Monday. "Friday" and "this Friday" are the first one after
today (today itself if it is a Friday and "this" is said); "next Friday" is the one of the
following week; "Friday week" is a week after the coming one. A day without a year is the
coming one, or the latest one where only the past is taken.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

from agent.configuration.days import MONTHS, WEEKDAYS

__all__ = ["Days", "NoSuchDay"]


class NoSuchDay(Exception):
    """The text names no one day; the message says why, as part of a sentence."""


class Days:
    """Reckons days from one day.

    Attributes:
        today: That day.
        past: A day without a year is the latest one, not the coming one.
    """

    def __init__(self, today: date, *, past: bool = False) -> None:
        """Take the day to reckon from."""
        self.today = today
        self.past = past

    def moved(self, days: int) -> date:
        """Return the day so many days from today."""
        return self.today + timedelta(days=days)

    def coming(self, weekday: int) -> date:
        """Return the first such weekday after today."""
        return self.moved((weekday - self.today.weekday()) % 7 or 7)

    def latest(self, weekday: int) -> date:
        """Return the last such weekday before today."""
        return self.moved(-((self.today.weekday() - weekday) % 7 or 7))

    def in_week(self, weekday: int, weeks: int) -> date:
        """Return a weekday of the week so many weeks from this one."""
        return self.moved(weekday - self.today.weekday() + 7 * weeks)

    def month(self, ahead: int) -> tuple[int, int]:
        """Return year and month, so many months from this one."""
        year, month = divmod(self.today.year * 12 + self.today.month - 1 + ahead, 12)
        return year, month + 1

    def months_on(self, months: int) -> date:
        """Return the same day of a later month; the last one, where that is shorter."""
        year, month = self.month(months)
        return date(year, month, min(self.today.day, monthrange(year, month)[1]))

    def dated(self, day: int, month: int, year: int | None) -> date:
        """Return a day of a month, of the year that fits if none is named."""
        if year is not None:
            return real_day(year, month, day)
        step = -1 if self.past else 1
        # The nearest year that has one; eight years hold a 29 February even around 2100.
        for offset in range(9 if (day, month) == (29, 2) else 2):
            wanted = self.today.year + step * offset
            if (day, month) != (29, 2) or monthrange(wanted, 2)[1] == 29:
                found = real_day(wanted, month, day)
                if found <= self.today if self.past else found >= self.today:
                    return found
        raise NoSuchDay(f"there is no {day} {MONTHS[month - 1]} near")

    def day_of_month(self, number: int) -> date:
        """Return the coming day of that number."""
        if not 1 <= number <= 31:
            raise NoSuchDay(f"no month has a day {number}")
        step = -1 if self.past else 1
        for ahead in range(13):
            year, month = self.month(step * ahead)
            if number <= monthrange(year, month)[1]:
                day = date(year, month, number)
                if (day <= self.today) if self.past else (day >= self.today):
                    return day
        raise NoSuchDay(f"there is no coming day {number}")

    def month_named(self, month: int, year: int | None) -> tuple[int, int]:
        """Return year and month for a month's name: this year's unless it is over."""
        if year is None:
            year = self.today.year
            if not self.past and month < self.today.month:
                year += 1
            if self.past and month > self.today.month:
                year -= 1
        return year, month


def nth_weekday(year: int, month: int, weekday: int, place: int) -> date:
    """Return the first (1), second, ... or last (-1) such weekday of a month."""
    first = date(year, month, 1)
    days = [
        first + timedelta(days=offset)
        for offset in range(monthrange(year, month)[1])
        if (first + timedelta(days=offset)).weekday() == weekday
    ]
    if place > len(days):
        raise NoSuchDay(f"{MONTHS[month - 1]} {year} has no {place}th {WEEKDAYS[weekday]}")
    return days[place - 1 if place > 0 else -1]


def real_day(year: int, month: int, day: int) -> date:
    """Return a day of the calendar, or say that there is none."""
    if not 1 <= month <= 12:
        raise NoSuchDay(f"there is no month {month}")
    try:
        return date(year, month, day)
    except ValueError as error:
        raise NoSuchDay(f"there is no {day} {MONTHS[month - 1]} {year}") from error


def on_weekday(day: date, weekday: int) -> date:
    """Return the day, if it falls on that weekday."""
    if day.weekday() != weekday:
        raise NoSuchDay(
            f"{day.day} {MONTHS[day.month - 1]} {day.year} is a {WEEKDAYS[day.weekday()]}, not a "
            f"{WEEKDAYS[weekday]}"
        )
    return day
