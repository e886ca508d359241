"""Numbers in English messages: "12", "1,200", "£1.2k", "twenty-five", "a dozen"."""

from __future__ import annotations

import re
from collections.abc import Mapping

from agent.conversation.forms.matches import Match, without_overlaps

__all__ = ["LARGEST", "NUMBER_WORDS", "find_numbers"]

LARGEST = 1e15
"""Beyond it a float no longer tells whole numbers apart."""

_SMALL = """zero one two three four five six seven eight nine ten eleven twelve thirteen
fourteen fifteen sixteen seventeen eighteen nineteen"""
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
NUMBER_WORDS: Mapping[str, int] = {
    **{word: number for number, word in enumerate(_SMALL.split())},
    **{word: number * 10 for number, word in enumerate(_TENS.split(), 2)},
}
_SCALES = {"hundred": 100, "thousand": 1_000, "million": 1_000_000}
_PHRASES = {
    "half a dozen": 6.0,
    "a dozen": 12.0,
    "dozen": 12.0,
    "a couple": 2.0,
    "a pair": 2.0,
    "none": 0.0,
    "half a": 0.5,
}
_SUFFIXES = {"k": 1_000.0, "m": 1_000_000.0, "thousand": 1_000.0, "million": 1_000_000.0}
_FIGURES = re.compile(
    r"(?<![\w.,])(?P<sign>[-−+])?\s?(?P<currency>[£$€])?\s?"
    r"(?P<whole>\d{1,3}(?:[,'\u00a0\u202f ]\d{3})+|\d+)(?P<fraction>[.,]\d+)?"
    r"\s?(?P<scale>k|m|thousand|million)?(?![\w@])(?!\.\d|,\d)",
    re.IGNORECASE,
)
_WITH_UNIT = re.compile(
    r"(?<![\w.,])(?P<whole>\d+)(?P<fraction>[.,]\d+)?(?=(?:[a-z]{1,7}|%|°)(?!\w))", re.IGNORECASE
)
_WORD = "|".join(sorted([*NUMBER_WORDS, *_SCALES], key=len, reverse=True))
_WORDS = re.compile(
    rf"\b(?:a\s+(?=hundred|thousand|million))?(?:{_WORD})(?:(?:\s+and\s+|\s*-\s*|\s+)(?:{_WORD}))*"
    rf"(?P<half>\s+and\s+a\s+half)?\b",
    re.IGNORECASE,
)
_PHRASE = re.compile(rf"\b(?:{'|'.join(_PHRASES)})\b", re.IGNORECASE)

# In hours, so that "2 weeks" answers a question in days.
_TIMES = {"minute": 1 / 60, "hour": 1.0, "day": 24.0, "week": 168.0}


def find_numbers(text: str, unit: str = "") -> list[Match]:
    """Return the numbers that a message names, in order, as int or float.

    Args:
        text: The message.
        unit: What is counted; "2 weeks" is 14 where the unit is "days".
    """
    found = [
        _from_figures(match)
        for pattern in (_FIGURES, _WITH_UNIT)
        for match in pattern.finditer(text)
    ]
    for match in _WORDS.finditer(text):
        value = _from_words(match)
        if value is not None:
            found.append(Match(_plain(value), match.start(), match.end()))
    for match in _PHRASE.finditer(text):
        value = _PHRASES[" ".join(match[0].lower().split())]
        found.append(Match(_plain(value), match.start(), match.end()))
    return [_in_unit(one, text, unit) for one in without_overlaps(found)]


def _from_figures(match: re.Match[str]) -> Match:
    groups = match.groupdict()
    whole = re.sub(r"\D", "", groups["whole"])
    fraction = (groups["fraction"] or "").replace(",", ".")
    if len(whole) > 16:
        return Match(None, match.start(), match.end(), "that number is too long to be meant")
    value = float(whole + fraction) * _SUFFIXES.get((groups.get("scale") or "").lower(), 1.0)
    if groups.get("sign") in ("-", "−"):
        value = -value
    if abs(value) > LARGEST:
        return Match(None, match.start(), match.end(), "that number is too large")
    return Match(_plain(value), match.start(), match.end())


def _from_words(match: re.Match[str]) -> float | None:
    """Add number words up: `two hundred and five` is 205."""
    total, group, small = 0, 0, 0
    words = re.findall(_WORD, match[0].lower())
    last = 1_000
    for word in words:
        if word in _SCALES:
            scale = _SCALES[word]
            if scale == 100:
                group = (group or 1) * 100
            else:
                total, group = total + (group or 1) * scale, 0
            last = 1_000
            continue
        small = NUMBER_WORDS[word]
        # "two three" is two numbers, "twenty three" is one.
        if last < 20 or (last < 1_000 and small > 9) or (last < 1_000 and small == 0):
            return None
        group += small
        last = small
    value = float(total + group)
    return value + 0.5 if match["half"] else value


def _in_unit(found: Match, text: str, unit: str) -> Match:
    wanted = _TIMES.get(unit.lower().rstrip("s")) if unit else None
    if wanted is None or not isinstance(found.value, int | float):
        return found
    after = re.match(r"[\s-]*([a-z]+)", text[found.end :], re.IGNORECASE)
    said = _TIMES.get(after[1].lower().rstrip("s")) if after else None
    if said is None:
        return found
    return Match(_plain(round(found.value * said / wanted, 6)), found.start, found.end)


def _plain(value: float) -> int | float:
    return int(value) if value.is_integer() else value
