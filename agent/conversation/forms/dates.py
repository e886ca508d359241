"""Days in English messages: "today", "next Friday", "3 Dec", "in two weeks", "3/12".

A closed grammar instead of a library: the place of the day in the message is needed too,
and what is taken for a day must be predictable. (dateparser 1.5 takes "1200" for a year,
"2" for the second of the month and "may" for a date, and takes a second to start.)

Conventions: a week starts on Monday. "Friday" and "this Friday" are the first one after
today (today itself if it is a Friday and "this" is said); "next Friday" is the one of the
following week; "Friday week" is a week after the coming one. A day without a year is the
coming one, or the latest one where only the past is taken.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Iterator
from datetime import date, timedelta

from agent.configuration.days import MONTHS, WEEKDAYS
from agent.configuration.schema import DateWindow
from agent.conversation.forms.matches import Match, without_overlaps
from agent.conversation.forms.numbers import NUMBER_WORDS

__all__ = ["find_dates"]

_PLACES = """first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth
thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"""
_ORDINALS = {word: number for number, word in enumerate(_PLACES.split(), 1)}
_SHORT_MONTHS = {month[:3].lower(): number for number, month in enumerate(MONTHS, 1)}
_SHORT_DAYS = {day[:3].lower(): number for number, day in enumerate(WEEKDAYS)}

_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DAY = rf"(?P<day>\d{{1,2}}(?:st|nd|rd|th)?|{'|'.join(_ORDINALS)})"
_YEAR = r"(?:,?\s+(?P<year>\d{4}|'\d{2}))?"
_WEEKDAY = (
    r"(?P<weekday>mon(?:day)?|tue(?:s(?:day)?)?|wed(?:s|nesday)?|thu(?:r(?:s(?:day)?)?)?"
    r"|fri(?:day)?|sat(?:urday)?|sun(?:day)?)"
)
_COUNT = rf"(?P<count>\d{{1,4}}|an?|{'|'.join(NUMBER_WORDS)}|a couple of|a few)"
_UNIT = r"(?P<unit>days?|weeks?|fortnights?|months?|years?)"
_UNIT_DAYS = {"day": 1, "week": 7, "fortnight": 14}

_PATTERNS: tuple[tuple[str, str], ...] = (
    ("iso", r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})"),
    ("figures", r"(?P<one>\d{1,2})[/.\-](?P<two>\d{1,2})(?:[/.\-](?P<year>\d{4}|\d{2}))?"),
    ("named", rf"(?:the\s+)?{_DAY}\s*(?:of\s+)?[-\s]?\s*{_MONTH}(?![a-z]){_YEAR}"),
    ("named", rf"{_MONTH}(?![a-z])\s+(?:the\s+)?{_DAY}(?![\d:]){_YEAR}"),
    ("after_tomorrow", r"(?:the\s+)?day\s+after\s+tomorrow"),
    ("before_yesterday", r"(?:the\s+)?day\s+before\s+yesterday"),
    (
        "today",
        r"today|tonight|this\s+(?:morning|afternoon|evening)|now|right\s+away|immediately|asap",
    ),
    ("tomorrow", r"tomorrow|tmrw|tomorow|tommorow|tommorrow"),
    ("yesterday", r"yesterday|last\s+(?:night|evening)"),
    (
        "weekday_week",
        rf"{_WEEKDAY}\s+week|a\s+week\s+(?:on|from)\s+{_WEEKDAY.replace('weekday', 'weekday2')}",
    ),
    (
        "weekday",
        (
            r"(?:(?P<which>this|next|last|coming|following|past|by|on|until|till|before|for|since)\s+)?"
            rf"(?:the\s+)?(?:(?P<which2>coming|following)\s+)?{_WEEKDAY}"
        ),
    ),
    ("ahead", rf"(?:in|within)\s+{_COUNT}\s+{_UNIT}(?:'s?\s+time)?"),
    ("ahead", rf"{_COUNT}\s+{_UNIT}(?:'s?\s+time|\s+from\s+(?:now|today)|\s+later)"),
    ("ago", rf"{_COUNT}\s+{_UNIT}\s+ago"),
    (
        "end",
        r"(?:the\s+)?end\s+of\s+(?:the\s+|this\s+)?(?P<next>next\s+)?(?P<span>week|month|year)",
    ),
    ("start", r"(?:the\s+)?(?:start|beginning)\s+of\s+(?P<next>next\s+)(?P<span>week|month|year)"),
    ("day_of_month", r"the\s+(?P<day>\d{1,2})(?:st|nd|rd|th)|(?P<day2>\d{1,2})(?:st|nd|rd|th)"),
)
_COMPILED = tuple(
    (kind, re.compile(rf"(?<![\w/.\-])(?:{pattern})(?![\w/])", re.IGNORECASE))
    for kind, pattern in _PATTERNS
)


def find_dates(
    text: str, *, today: date, day_first: bool = True, when: DateWindow = DateWindow.ANY
) -> list[Match]:
    """Return the days that a message names, in order, as ISO 8601 values.

    Args:
        text: The message.
        today: What "tomorrow" counts from.
        day_first: Whether 3/12 is 3 December (true) or 12 March; 25/12 and 12/25 are
            clear either way.
        when: `PAST` takes a day without a year for the latest one, otherwise the coming one.
    """
    reader = _DateReader(today, day_first, when is DateWindow.PAST)
    found: list[Match] = []
    for kind, pattern in _COMPILED:
        for match in pattern.finditer(text):
            found.extend(_resolved(match, getattr(reader, kind), text))
    return without_overlaps(found)


def _resolved(
    match: re.Match[str], resolve: Callable[[re.Match[str], str], date | None], text: str
) -> Iterator[Match]:
    try:
        day = resolve(match, text)
    except _NoSuchDay as error:
        yield Match(None, match.start(), match.end(), str(error))
    except (OverflowError, ValueError):
        yield Match(None, match.start(), match.end(), "that day is beyond the calendar")
    else:
        if day is not None:
            yield Match(day.isoformat(), match.start(), match.end())


class _NoSuchDay(Exception):
    """The text names a day that the calendar doesn't have."""


class _DateReader:
    """Turns a match of each pattern into a day."""

    def __init__(self, today: date, day_first: bool, past: bool) -> None:
        self._today = today
        self._day_first = day_first
        self._past = past

    def iso(self, match: re.Match[str], _text: str) -> date:
        return _day(int(match["year"]), int(match["month"]), int(match["day"]))

    def figures(self, match: re.Match[str], _text: str) -> date | None:
        one, two = int(match["one"]), int(match["two"])
        # "2.5" and "1-2" are numbers unless a year or a slash says otherwise.
        if match["year"] is None and "/" not in match[0]:
            return None
        day, month = (one, two) if self._day_first else (two, one)
        if month > 12 >= day:
            day, month = month, day
        if not 1 <= month <= 12:
            raise _NoSuchDay(f"there is no month {month}")
        return self._dated(day, month, match["year"])

    def named(self, match: re.Match[str], _text: str) -> date:
        day = _ORDINALS.get(match["day"].lower()) or int(re.sub(r"\D", "", match["day"]))
        return self._dated(day, _SHORT_MONTHS[match["month"][:3].lower()], match["year"])

    def today(self, _match: re.Match[str], _text: str) -> date:
        return self._today

    def tomorrow(self, _match: re.Match[str], _text: str) -> date:
        return self._today + timedelta(days=1)

    def after_tomorrow(self, _match: re.Match[str], _text: str) -> date:
        return self._today + timedelta(days=2)

    def yesterday(self, _match: re.Match[str], _text: str) -> date:
        return self._today - timedelta(days=1)

    def before_yesterday(self, _match: re.Match[str], _text: str) -> date:
        return self._today - timedelta(days=2)

    def weekday_week(self, match: re.Match[str], _text: str) -> date:
        name = match["weekday"] or match["weekday2"]
        return self._coming(_SHORT_DAYS[name[:3].lower()]) + timedelta(days=7)

    def weekday(self, match: re.Match[str], text: str) -> date | None:
        name = match["weekday"].lower()
        which = (match["which2"] or match["which"] or "").lower()
        # "sat", "sun" and "wed" are words too: alone they count only as the whole message.
        if not name.endswith("day") and not which and text.strip(" .!,") != match[0]:
            return None
        weekday = _SHORT_DAYS[name[:3]]
        if which in ("last", "past") or (self._past and which not in ("next", "this", "coming")):
            back = (self._today.weekday() - weekday) % 7 or 7
            return self._today - timedelta(days=back)
        if which in ("next", "following"):
            monday = self._today - timedelta(days=self._today.weekday())
            return monday + timedelta(days=7 + weekday)
        if which == "this" and weekday == self._today.weekday():
            return self._today
        return self._coming(weekday)

    def ahead(self, match: re.Match[str], _text: str) -> date:
        return self._moved(match, 1)

    def ago(self, match: re.Match[str], _text: str) -> date:
        return self._moved(match, -1)

    def end(self, match: re.Match[str], _text: str) -> date:
        first = self._first_of(match["span"].lower(), bool(match["next"]))
        if match["span"].lower() == "week":
            return first + timedelta(days=4)
        if match["span"].lower() == "month":
            return first.replace(day=monthrange(first.year, first.month)[1])
        return date(first.year, 12, 31)

    def start(self, match: re.Match[str], _text: str) -> date:
        return self._first_of(match["span"].lower(), bool(match["next"]))

    def day_of_month(self, match: re.Match[str], _text: str) -> date:
        number = int(match["day"] or match["day2"])
        if not 1 <= number <= 31:
            raise _NoSuchDay(f"no month has a day {number}")
        year, month = self._today.year, self._today.month
        step = -1 if self._past else 1
        for _ in range(13):
            if number <= monthrange(year, month)[1]:
                day = date(year, month, number)
                if (day <= self._today) if self._past else (day >= self._today):
                    return day
            month += step
            if not 1 <= month <= 12:
                year, month = year + step, 1 if step > 0 else 12
        raise _NoSuchDay(f"there is no coming day {number}")

    def _coming(self, weekday: int) -> date:
        ahead = (weekday - self._today.weekday()) % 7 or 7
        return self._today + timedelta(days=ahead)

    def _dated(self, day: int, month: int, year: str | None) -> date:
        if year is not None:
            number = int(year.strip("'"))
            return _day(number + 2000 if number < 100 else number, month, day)
        if day == 29 and month == 2:
            # The nearest year that has one; eight years hold one even around 1900 or 2100.
            step = -1 if self._past else 1
            for offset in range(9):
                leap = self._today.year + step * offset
                if monthrange(leap, 2)[1] == 29 and self._fits(date(leap, 2, 29)):
                    return date(leap, 2, 29)
        candidate = _day(self._today.year, month, day)
        if self._fits(candidate):
            return candidate
        return _day(self._today.year + (-1 if self._past else 1), month, day)

    def _fits(self, day: date) -> bool:
        return day <= self._today if self._past else day >= self._today

    def _moved(self, match: re.Match[str], sign: int) -> date:
        unit = match["unit"].lower().rstrip("s")
        count = sign * _count(match["count"].lower())
        if unit in _UNIT_DAYS:
            return self._today + timedelta(days=count * _UNIT_DAYS[unit])
        months = self._today.year * 12 + self._today.month - 1
        months += count * (12 if unit == "year" else 1)
        year, month = divmod(months, 12)
        return date(year, month + 1, min(self._today.day, monthrange(year, month + 1)[1]))

    def _first_of(self, span: str, following: bool) -> date:
        if span == "week":
            monday = self._today - timedelta(days=self._today.weekday())
            return monday + timedelta(days=7 if following else 0)
        if span == "month":
            year, month = divmod(self._today.year * 12 + self._today.month - 1 + following, 12)
            return date(year, month + 1, 1)
        return date(self._today.year + following, 1, 1)


def _day(year: int, month: int, day: int) -> date:
    if not 1 <= month <= 12:
        raise _NoSuchDay(f"there is no month {month}")
    try:
        return date(year, month, day)
    except ValueError as error:
        raise _NoSuchDay(f"there is no {day} {MONTHS[month - 1]} {year}") from error


def _count(word: str) -> int:
    if word.isdigit():
        return int(word)
    return {"a": 1, "an": 1, "a couple of": 2, "a few": 3}.get(word) or int(NUMBER_WORDS[word])
