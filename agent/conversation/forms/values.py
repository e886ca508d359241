"""One slot's value out of a message: reading it and checking it.

`answer` takes a message as the answer to the slot's question and is lenient; `mentions`
looks for values that the message names beside something else and is strict.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

import regex

from agent.configuration.dates import boundary
from agent.configuration.days import in_words
from agent.configuration.placeholders import worded
from agent.configuration.schema import DateWindow, Slot, SlotType
from agent.conversation.forms.choices import find_choices, is_named, pick
from agent.conversation.forms.dates import find_dates
from agent.conversation.forms.matches import Match
from agent.conversation.forms.numbers import find_numbers
from agent.conversation.forms.wording import either, limits, shown
from agent.types import SlotValue
from agent.understanding.polarity import denied_spans

__all__ = ["MAX_TEXT_CHARS", "Read", "answer", "mentions", "valid"]

MAX_TEXT_CHARS = 2000
"""A text slot's longest value where the configuration sets no maximum."""

_PATTERN_S = 0.2
_MAX_EMAIL_CHARS = 254
_EMAIL = re.compile(
    r"(?<![\w.%+-])[A-Za-z0-9_](?:[\w%+'-]|\.(?![.@])){0,63}"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,24}(?![\w@-])",
    re.ASCII,
)


@dataclass(frozen=True)
class Read:
    """What a message gives for a slot.

    Attributes:
        value: The valid value, or None.
        problem: Why there is none, as part of a sentence; empty if nothing was found.
        start: First character of the value in the message.
        end: One past the last.
    """

    value: SlotValue | None
    problem: str = ""
    start: int = 0
    end: int = 0


def answer(slot: Slot, text: str, *, today: date, day_first: bool) -> Read:
    """Read a message as the answer to a slot's question."""
    if slot.type is SlotType.TEXT:
        return _text(slot, text)
    if slot.type is SlotType.CHOICE:
        return _choice(slot, text)
    found, denied = _not_denied(_find(slot, text, today, day_first), text)
    if not found:
        return Read(None, _DENIED if denied else "")
    values = {one.value for one in found if one.value is not None}
    if len(values) > 1:
        names = " or ".join(shown(slot, one.value) for one in found[:2] if one.value is not None)
        return Read(None, f"I can only take one, {names}", found[0].start, found[-1].end)
    unclear = [one for one in found if one.value is None]
    if slot.type is SlotType.DATE and unclear:
        # "Friday or the week after": half an answer isn't taken for one.
        return _checked(slot, unclear[0], today)
    best = next((one for one in found if one.value is not None), found[0])
    return _checked(slot, best, today)


def mentions(slot: Slot, text: str, *, today: date, day_first: bool) -> list[Read]:
    """Return valid values of a slot that a message names.

    Of a text slot only what its pattern tells from words: "BCN-20417", a telephone number.
    """
    if slot.type is SlotType.TEXT:
        return _numbered(slot, text)
    found, _ = _not_denied(_find(slot, text, today, day_first), text)
    read = [_checked(slot, one, today) for one in found]
    return [one for one in read if one.value is not None]


_BEGINS = re.compile(r"\b(?:first|starts?|starting|begins?|beginning|from|arrival|arrive)\b|first_")
"""A date slot that asks where a stretch of days begins."""

_NO_NUMBER = re.compile(
    r"\b(?:at|by|from|until|till|before|after|around)?\s*\d{1,2}(?::\d{2})?\s*(?:[ap]\.?m\b\.?"
    r"|o'?clock)"
    r"|\b\d{1,2}:\d{2}\b|\bat \d{1,2}(?=\s*(?:$|[.,!?]))|\b\d+(?:st|nd|rd|th)\b"
    r"|\b(?:room|floor|level|building|flat|suite|gate|line|ext(?:ension)?)\s*\d+",
    re.IGNORECASE,
)
"""Figures of a time, an ordinal or a place: they count nothing."""

_DENIED = "I understood what it isn't, but not what it is"


def _not_denied(found: list[Match], text: str) -> tuple[list[Match], bool]:
    """Leave out what a message says that it isn't: "not Friday"; say whether anything was."""
    spans = denied_spans(text)
    kept = [
        one for one in found if not any(start < one.end and one.start < end for start, end in spans)
    ]
    return kept, len(kept) < len(found)


def _find(slot: Slot, text: str, today: date, day_first: bool) -> list[Match]:
    if slot.type is SlotType.DATE:
        begins = _BEGINS.search(f"{slot.label} {slot.name} {slot.ask}".lower()) is not None
        return find_dates(text, today=today, day_first=day_first, when=slot.when, begins=begins)
    if slot.type is SlotType.NUMBER:
        days = find_dates(text, today=today, day_first=day_first)
        places = [(day.start, day.end) for day in days]
        places += [place.span() for place in _NO_NUMBER.finditer(text)]
        return [
            number
            for number in find_numbers(text, slot.unit)
            if not any(start < number.end and number.start < end for start, end in places)
        ]
    if slot.type is SlotType.EMAIL:
        return [_address(match) for match in _EMAIL.finditer(text)]
    return find_choices(text, slot.choices)


def _address(match: re.Match[str]) -> Match:
    local, _, domain = match[0].rpartition("@")
    if len(match[0]) > _MAX_EMAIL_CHARS or len(local) > 64:
        return Match(None, match.start(), match.end(), "that address is too long")
    return Match(f"{local}@{domain.lower()}", match.start(), match.end())


def _text(slot: Slot, text: str) -> Read:
    value = text.strip()
    start = text.find(value)
    if not re.search(r"\w", value):
        return Read(None)
    return _checked(slot, Match(value, start, start + len(value)), date.min)


def _numbered(slot: Slot, text: str) -> list[Read]:
    """Return where a text slot's pattern matches something with a figure in it."""
    if slot.pattern is None:
        return []
    places = regex.compile(rf"(?<!\w)(?:{slot.pattern})(?!\w)").finditer(text, timeout=_PATTERN_S)
    found: list[Read] = []
    try:
        for match in places:
            value = match[0].strip()
            if any(mark.isdigit() for mark in value) and not _text_problem(slot, value):
                start = match.start() + match[0].index(value)
                found.append(Read(value, start=start, end=start + len(value)))
    except TimeoutError:
        return []
    return found


def _choice(slot: Slot, text: str) -> Read:
    values = pick(text, slot.choices)
    named = find_choices(text, slot.choices)
    kept, denied = _not_denied(named, text)
    if denied and not is_named(text, slot.choices):
        values = list(dict.fromkeys(str(one.value) for one in kept))
        if not values:
            return Read(None, _DENIED)
    if len(values) > 1:
        return Read(None, f"that could be {either(values[:4])}")
    if not values:
        return Read(None)
    places = [one for one in named if one.value == values[0]]
    if places:
        return Read(values[0], start=places[0].start, end=places[0].end)
    return Read(values[0], start=0, end=len(text))


def _checked(slot: Slot, found: Match, today: date) -> Read:
    if found.value is None:
        return Read(None, found.problem, found.start, found.end)
    problem = _problem(slot, found.value, today)
    return Read(None if problem else found.value, problem, found.start, found.end)


def valid(slot: Slot, value: SlotValue, *, today: date) -> bool:
    """Return whether a value may stand in a slot."""
    if slot.type is SlotType.CHOICE:
        return value in [choice.value for choice in slot.choices]
    if slot.type is SlotType.NUMBER:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
    elif not isinstance(value, str):
        return False
    if slot.type is SlotType.EMAIL and not _EMAIL.fullmatch(str(value)):
        return False
    try:
        return not _problem(slot, value, today)
    except ValueError:
        return False


def _problem(slot: Slot, value: SlotValue, today: date) -> str:
    """Return what keeps a value out of its slot, or nothing."""
    if slot.type is SlotType.TEXT:
        return _text_problem(slot, str(value))
    if slot.type is SlotType.NUMBER:
        return _number_problem(slot, float(value))
    if slot.type is SlotType.DATE:
        return _date_problem(slot, date.fromisoformat(str(value)), today)
    return ""


def _text_problem(slot: Slot, value: str) -> str:
    least, most = int(slot.min or 0), int(slot.max or MAX_TEXT_CHARS)
    if len(value) < least:
        return f"that is too short; it takes at least {least} characters"
    if len(value) > most:
        return f"that is too long; it takes at most {most} characters"
    return (
        "" if slot.pattern is None or _matches(slot.pattern, value) else "that doesn't look right"
    )


def _matches(pattern: str, value: str) -> bool:
    """Return whether a pattern matches the whole value, giving up on one that runs away."""
    try:
        return regex.fullmatch(pattern, value, timeout=_PATTERN_S) is not None
    except TimeoutError:
        return False


def _number_problem(slot: Slot, value: float) -> str:
    if slot.whole and not value.is_integer():
        return "it must be a whole number"
    if slot.min is not None and value < slot.min:
        return f"{worded(value)} is too low; it must be {limits(slot)}"
    if slot.max is not None and value > slot.max:
        return f"{worded(value)} is too high; it must be {limits(slot)}"
    return ""


def _date_problem(slot: Slot, value: date, today: date) -> str:
    earliest = boundary(slot.earliest).on(today) if slot.earliest else None
    latest = boundary(slot.latest).on(today) if slot.latest else None
    if slot.when is DateWindow.FUTURE and value < today:
        return f"{in_words(value)} has passed already"
    if slot.when is DateWindow.PAST and value > today:
        return f"{in_words(value)} is still to come; it must lie in the past"
    if earliest is not None and value < earliest:
        return f"{in_words(value)} is too early; the first day possible is {in_words(earliest)}"
    if latest is not None and value > latest:
        return f"{in_words(value)} is too late; the last day possible is {in_words(latest)}"
    return ""
