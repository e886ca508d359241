"""Days in English messages: "today", "next Friday", "3 Dec", "in two weeks on Friday", "3/12".

A closed grammar instead of a library: the place of the day in the message is needed too, and
what is taken for a day must be right or asked about, never another day. What stands beside a
day and changes it ("after", "every", "the week of") is therefore looked for, and a day that is
left with such a word is none. Of the 189 phrases in `tests/agent/conversation/forms/days.csv`
dateparser 1.5 takes 78 for another day without a word, and parsedatetime 2.6 takes 74
(`tests/bench/measure_days.py`).

`days.Days` holds the conventions: what "next Friday" is.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Iterator
from datetime import date, timedelta

from agent.configuration.schema import DateWindow
from agent.conversation.forms.day_patterns import (
    COMPILED,
    COUNT,
    ORDINALS,
    SHORT_DAYS,
    SHORT_MONTHS,
    UNIT,
)
from agent.conversation.forms.days import Days, NoSuchDay, nth_weekday, on_weekday, real_day
from agent.conversation.forms.matches import Match, without_overlaps
from agent.conversation.forms.numbers import NUMBER_WORDS

__all__ = ["find_dates"]

_BESIDE = re.compile(
    rf"(?P<much>the\s+day|{COUNT}\s+(?:days?|weeks?))\s+(?P<way>before|after)\s+", re.IGNORECASE
)
_HOLIDAYS = {"christmas eve": (24, 12), "boxing day": (26, 12), "new year's eve": (31, 12)}
# What changes the day beside it, if nothing else has taken it up.
_CHANGES_IT = re.compile(
    r"\b(?:\d{1,2}(?:st|nd|rd|th)(?!\s+(?:floor|avenue|street|time)\b)|weeks?(?!\s+(?:of"
    r"|off)\b)|weekend|fortnights?|months?(?!\s+of\b)|quarter|every|each|except"
    r"|following|next|last(?!\s+(?:seen|time)\b)|the\s+day|days?(?=\s+(?:before|after))"
    r"|(?:after|before)(?!\s+(?:\d|lunch|noon|work|hours|dinner|midday|that\b))"
    r"|earlier|later(?!\s+than))\b",
    re.IGNORECASE,
)
_HOW_LONG = re.compile(rf"\bfor\s+(?:the\s+)?{COUNT}?\s*{UNIT}\b|\bno later than\b", re.IGNORECASE)
_NEAR_CHARS = 25
_NO_DATE_BEFORE = re.compile(
    r"(?:room|version|v|flat|floor|part|section|chapter|error|port)\s*$", re.I
)


def find_dates(
    text: str,
    *,
    today: date,
    day_first: bool = True,
    when: DateWindow = DateWindow.ANY,
    begins: bool = False,
) -> list[Match]:
    """Return the days that a message names, in order, as ISO 8601 values.

    What names more than one day ("next week"), or a day that something beside it changes, is
    a match without a value, and says so.

    Args:
        text: The message.
        today: What "tomorrow" counts from.
        day_first: Whether 3/12 is 3 December (true) or 12 March; 25/12 and 12/25 are
            clear either way.
        when: `PAST` takes a day without a year for the latest one, otherwise the coming one.
        begins: Of "from 3 to 7 August" the first day is asked for.
    """
    reader = _Reader(Days(today, past=when is DateWindow.PAST), day_first, begins)
    found = [
        match
        for kind, pattern in COMPILED
        for place in pattern.finditer(text)
        for match in _resolved(place, getattr(reader, kind), text)
    ]
    kept = without_overlaps(found)
    return _unchanged([*_moved_by(text, kept), *kept], text)


def _resolved(
    place: re.Match[str], resolve: Callable[[re.Match[str]], date | None], text: str
) -> Iterator[Match]:
    if place.re.groupindex.keys() & {"one"} and _NO_DATE_BEFORE.search(text[: place.start()]):
        return
    try:
        day = resolve(place)
    except NoSuchDay as error:
        yield Match(None, place.start(), place.end(), str(error))
    except (OverflowError, ValueError):
        yield Match(None, place.start(), place.end(), "that day is beyond the calendar")
    else:
        if day is not None:
            yield Match(day.isoformat(), place.start(), place.end())


def _moved_by(text: str, found: list[Match]) -> Iterator[Match]:
    """Give days that are named by their distance from another: "2 days before Friday"."""
    for beside in _BESIDE.finditer(text):
        base = next((one for one in found if beside.end() - 3 <= one.start <= beside.end()), None)
        if base is None or base.value is None:
            continue
        much = beside["much"].lower()
        days = 1 if much.startswith("the") else _count(beside["count"].lower())
        days *= 7 if "week" in much else 1
        sign = 1 if beside["way"].lower() == "after" else -1
        day = date.fromisoformat(str(base.value)) + timedelta(days=sign * days)
        yield Match(day.isoformat(), beside.start(), base.end)


def _unchanged(found: list[Match], text: str) -> list[Match]:
    """Leave no day standing that a word beside it changes: it is asked about instead."""
    kept = without_overlaps(found)
    spare = list(text)
    for start, end in [(m.start, m.end) for m in kept] + [
        m.span() for m in _HOW_LONG.finditer(text)
    ]:
        spare[start:end] = "\0" * (end - start)
    rest = "".join(spare)
    return [
        one
        if one.value is None or not _changed(rest, one)
        else Match(None, one.start, one.end, "I'm not sure which day that is")
        for one in kept
    ]


def _changed(rest: str, one: Match) -> bool:
    before = rest[max(one.start - _NEAR_CHARS, 0) : one.start]
    after = rest[one.end : one.end + _NEAR_CHARS]
    near = re.split(r"[.!?;\n]", before)[-1], re.split(r"[.!?;\n]", after)[0]
    return any(_CHANGES_IT.search(part) for part in near)


class _Reader:
    """Turns a match of each pattern into a day."""

    def __init__(self, days: Days, day_first: bool, begins: bool) -> None:
        self._days = days
        self._day_first = day_first
        self._begins = begins

    def iso(self, match: re.Match[str]) -> date:
        return real_day(int(match["year"]), int(match["month"]), int(match["day"]))

    def figures(self, match: re.Match[str]) -> date | None:
        one, two = int(match["one"]), int(match["two"])
        alone = match.string.strip(" .!") == match[0]
        # "2.5" and "1-2" are numbers unless a year or a slash says otherwise.
        dotted = "." in match[0] and (
            (alone and one > 12) or match.string[match.end() :].startswith(".")
        )
        if match["year"] is None and not ("/" in match[0] or (dotted and two <= 12 < 32 > one)):
            return None
        if match.string[match.end() :].lstrip().startswith("of ") or match[0] == "24/7":
            return None
        day, month = (one, two) if self._day_first else (two, one)
        if month > 12 >= day:
            day, month = month, day
        if not 1 <= month <= 12:
            raise NoSuchDay(f"there is no month {month}")
        return self._days.dated(day, month, _year(match["year"]))

    def named(self, match: re.Match[str]) -> date:
        return self._days.dated(_number(match["day"]), _month(match), _year(match["year"]))

    def dated_weekday(self, match: re.Match[str]) -> date:
        return on_weekday(self.named(match), _weekday(match))

    def nth_on_weekday(self, match: re.Match[str]) -> date:
        return on_weekday(self._days.day_of_month(_number(match["nth"])), _weekday(match))

    def range(self, match: re.Match[str]) -> date:
        if not self._begins:
            raise NoSuchDay("those are several days")
        if "month" in match.re.groupindex:
            return self.named(match)
        return self._days.day_of_month(_number(match["nth"]))

    def now(self, _match: re.Match[str]) -> date:
        return self._days.today

    def tomorrow(self, _match: re.Match[str]) -> date:
        return self._days.moved(1)

    def after_tomorrow(self, _match: re.Match[str]) -> date:
        return self._days.moved(2)

    def yesterday(self, _match: re.Match[str]) -> date:
        return self._days.moved(-1)

    def before_yesterday(self, _match: re.Match[str]) -> date:
        return self._days.moved(-2)

    def weekday_week(self, match: re.Match[str]) -> date:
        name = match["weekday"] or match["w2"]
        return self._days.coming(SHORT_DAYS[name[:3].lower()]) + timedelta(days=7)

    def week_from_day(self, match: re.Match[str]) -> date:
        base = {"today": 0, "tomorrow": 1, "yesterday": -1}[
            (match["base"] or match["base2"]).lower()
        ]
        weeks = _count(match["count"].lower()) if match["count"] else 1
        weeks *= 2 if (match["unit"] or "").startswith("fort") else 1
        return self._days.moved(base + 7 * weeks)

    def weekday(self, match: re.Match[str]) -> date | None:
        name = match["weekday"].lower()
        which = (match["which"] or match["this"] or "").lower().removeprefix("the").strip()
        # "sat", "sun" and "wed" are words too: alone they count only as the whole message.
        alone = match.string.strip(" .!,") == match[0].strip(" .")
        if not name.endswith("day") and not which and not alone:
            return None
        days, weekday = self._days, _weekday(match)
        if which in ("last", "past") or (
            days.past and which not in ("next", "nxt", "this", "coming")
        ):
            return days.latest(weekday)
        if which in ("next", "nxt", "following"):
            return days.in_week(weekday, 1)
        if which == "this" and weekday == days.today.weekday():
            return days.today
        return days.coming(weekday)

    def weekday_of(self, match: re.Match[str]) -> date:
        weeks = {"this": 0, "last": -1, "past": -1}.get(match["which"].lower(), 1)
        return self._days.in_week(_weekday(match), weeks)

    def after_next(self, match: re.Match[str]) -> date:
        return self._days.in_week(_weekday(match), 2)

    def weeks_on(self, match: re.Match[str]) -> date:
        return self._days.in_week(_weekday(match), _count(match["count"].lower()))

    def nth_weekday(self, match: re.Match[str]) -> date:
        word = match["place"].lower()
        place = -1 if word == "last" else _number(word)
        return nth_weekday(*self._month_of(match), _weekday(match), place)

    def of_month(self, match: re.Match[str]) -> date:
        return real_day(*self._month_of(match), _number(match["day"] or match["nth"]))

    def ahead(self, match: re.Match[str]) -> date:
        return self._moved(match, 1)

    def ago(self, match: re.Match[str]) -> date:
        return self._moved(match, -1)

    def end(self, match: re.Match[str]) -> date:
        if match["eow"]:
            return self._days.in_week(4, 0)
        if match["month"]:
            year, month = self._days.month_named(_month(match), _year(match["year"]))
            return date(year, month, monthrange(year, month)[1])
        first = self._first_of(match)
        if match["span"].lower() == "week":
            return first + timedelta(days=4)
        if match["span"].lower() == "month":
            return first.replace(day=monthrange(first.year, first.month)[1])
        return date(first.year, 12, 31)

    def start(self, match: re.Match[str]) -> date:
        if match["month"]:
            return self._days.dated(1, _month(match), _year(match["year"]))
        return self._first_of(match)

    def holiday(self, match: re.Match[str]) -> date:
        name = " ".join(match[0].lower().split())
        name = "new year's eve" if name.startswith("new") and name.endswith("eve") else name
        day, month = _HOLIDAYS.get(name, (1, 1) if name.startswith("new") else (25, 12))
        return self._days.dated(day, month, None)

    def day_of_month(self, match: re.Match[str]) -> date:
        return self._days.day_of_month(_number(match["nth"]))

    def vague(self, match: re.Match[str]) -> date:
        raise NoSuchDay(f"{match[0].strip()!r} is more than one day")

    def _month_of(self, match: re.Match[str]) -> tuple[int, int]:
        if match.groupdict().get("month"):
            return self._days.month_named(_month(match), _year(match["year"]))
        span = (match["span"] or "next").lower().split()
        ahead = {"next": 1, "following": 1, "last": -1}
        return self._days.month(next((ahead[word] for word in span if word in ahead), 0))

    def _moved(self, match: re.Match[str], sign: int) -> date:
        unit = match["unit"].lower().rstrip("s")
        count = sign * _count(match["count"].lower())
        if unit.startswith(("working", "business")):
            raise NoSuchDay("I only count calendar days")
        if unit in ("month", "year"):
            return self._days.months_on(count * (12 if unit == "year" else 1))
        return self._days.moved(count * {"day": 1, "week": 7, "wk": 7, "fortnight": 14}[unit])

    def _first_of(self, match: re.Match[str]) -> date:
        following = bool(match["next"])
        if match["span"].lower() == "week":
            return self._days.in_week(0, following)
        if match["span"].lower() == "month":
            return date(*self._days.month(following), 1)
        return date(self._days.today.year + following, 1, 1)


def _month(match: re.Match[str]) -> int:
    return SHORT_MONTHS[match["month"][:3].lower()]


def _weekday(match: re.Match[str]) -> int:
    return SHORT_DAYS[match["weekday"][:3].lower()]


def _number(word: str) -> int:
    return ORDINALS.get(word.lower()) or int(re.sub(r"\D", "", word))


def _year(written: str | None) -> int | None:
    if written is None:
        return None
    number = int(written.strip("'"))
    return number + 2000 if number < 100 else number


def _count(word: str) -> int:
    if word.isdigit():
        return int(word)
    return {"a": 1, "an": 1, "a couple of": 2, "a couple": 2, "a few": 3}.get(word) or int(
        NUMBER_WORDS[word]
    )
