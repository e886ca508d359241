"""Telephone numbers: international, national, or said to be one by the words before.

E.164 bounds international numbers at 15 digits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import regex as re

from agent.memory.privacy.personal.cues import Before
from agent.memory.privacy.personal.digits import LEAST_DIGITS, Group
from agent.memory.privacy.personal.found import PHONE, Found
from agent.memory.privacy.personal.kept_apart import kept_apart

__all__ = ["find_phones"]

_MOST_DIGITS = 15
_MOST_GROUPS = 8
_MONEY_BEFORE = re.compile(
    r"(?:[€$£¥₹]|\b(?:EUR|USD|GBP|CHF|INR|JPY|price|costs?|total))\s?$", re.I
)
_MEASURE_AFTER = re.compile(
    r"\s?(?:[€$£¥₹%]|(?:EUR|USD|GBP|CHF|INR|JPY|PLN|SEK|NOK|DKK|kr|euros?|dollars?|pounds|bytes?|"
    r"[kKMGT]i?B|rows|people|users|files|records|ms|seconds|km|kg)\b)"
)
# What stands right before a number that is a name's part: "INC-0012345678", "#4155552671".
_NAME_BEFORE = re.compile(r"(?:[^\W\d]|[^\W\d][-_/.]|[#_=&/\\:@]|\d[,:])$")
_EXTENSION = re.compile(r",?\s?(?:x|ext\.?|extension)\s?\d{1,6}(?!\d)", re.IGNORECASE)
_DIGIT = re.compile(r"\d")


def find_phones(text: str, groups: Sequence[Group], before: Before) -> Iterator[Found]:
    """Yield the telephone numbers among groups of one run.

    Args:
        text: The text.
        groups: Some of its run's groups.
        before: What the words before the run say.
    """
    if not groups:
        return
    at = 0
    for start, stop in kept_apart(groups):
        yield from _phones_between(text, groups[at:start], before)
        at = stop
    yield from _phones_between(text, groups[at:], before)


def _phones_between(text: str, groups: Sequence[Group], before: Before) -> Iterator[Found]:
    at = 0
    # The digits from `at` on are too few for a number: nothing more to look at.
    left = sum(len(group.digits) for group in groups)
    while left >= LEAST_DIGITS:
        end = _phone_end(text, groups, at, before)
        if end:
            start = _sign_start(text, groups[at].start)
            stop = groups[end - 1].end
            extension = _EXTENSION.match(text, stop)
            yield Found(start, extension.end() if extension else stop, PHONE)
        end = end or at + 1
        left -= sum(len(group.digits) for group in groups[at:end])
        at = end


def _sign_start(text: str, start: int) -> int:
    """Take in the plus sign and an opening bracket before the first digit."""
    while start > 0 and text[start - 1] in "+\uff0b(":
        start -= 1
    return start


def _phone_end(text: str, groups: Sequence[Group], at: int, before: Before) -> int:
    """Return the place after the last group of a number that starts at `at`, or 0."""
    first = groups[at]
    total = 0
    end = at
    for group in groups[at : at + _MOST_GROUPS]:
        if total + len(group.digits) > _MOST_DIGITS or (end > at and _parts(group.gap)):
            break
        total += len(group.digits)
        end += 1
    if total < LEAST_DIGITS:
        return 0
    prefix = text[max(0, first.start - 3) : first.start]
    international = prefix.endswith(("+", "\uff0b", "+(", "(+"))
    bracketed = prefix.endswith("(")
    name_part = not international and not bracketed and _names(prefix, before)
    while total >= LEAST_DIGITS:
        if _is_phone(
            text,
            groups[at:end],
            international=international,
            bracketed=bracketed,
            name_part=name_part,
            before=before,
        ):
            return end
        end -= 1
        total -= len(groups[end].digits)
    return 0


def _parts(gap: str) -> bool:
    """Tell whether a gap lies between two numbers."""
    return "+" in gap or "\uff0b" in gap or len(gap) > 4


def _names(prefix: str, before: Before) -> bool:
    """Tell whether what stands right before makes the number a part of a name."""
    if _NAME_BEFORE.search(prefix) is None:
        return False
    if prefix.endswith(":"):
        # "Tel:0207946..." is no name, "10:30" isn't a number's start.
        return _DIGIT.match(prefix[-2:-1]) is not None
    return not (before.phone and prefix.endswith(("=", "/")))


def _is_phone(
    text: str,
    window: Sequence[Group],
    *,
    international: bool,
    bracketed: bool,
    name_part: bool,
    before: Before,
) -> bool:
    digits = "".join(group.digits for group in window)
    n = len(digits)
    if international:
        return n >= 8 and digits[0] != "0"
    stop = window[-1].end
    if _glued(text, stop) or name_part:
        return False
    sizes = tuple(len(group.digits) for group in window)
    if digits.startswith("00") and digits[2:3] != "0" and not before.other:
        return 9 <= n - 2 <= 15 and (n >= 12 or len(sizes) > 1)
    if bracketed and len(window) > 1 and ")" in window[1].gap and 2 <= sizes[0] <= 5:
        return 8 <= n <= 13
    if before.other:
        return False
    if before.phone:
        return not _times(window)
    start = window[0].start
    if _MONEY_BEFORE.search(text[max(0, start - 8) : start]) or _MEASURE_AFTER.match(text, stop):
        return False
    return _national(window, digits, sizes)


def _national(window: Sequence[Group], digits: str, sizes: tuple[int, ...]) -> bool:
    """Tell a national writing by its shape, without a word that says what it is."""
    gaps = [group.gap for group in window[1:]]
    # A dash between spaces joins an area code and a number in German, else two things.
    if any(len(gap.strip()) > 1 or len(gap) > 2 or "/" in gap for gap in gaps[1:]):
        return False
    if digits[0] == "0" and digits[1] != "0" and sizes[0] > 1:
        return _after_trunk_zero(window, len(digits), sizes, gaps)
    if any("/" in gap or len(gap) > 1 for gap in gaps):
        return False
    fits = _WRITINGS.get(sizes)
    return fits is not None and fits(digits, gaps)


def _after_trunk_zero(
    window: Sequence[Group], n: int, sizes: tuple[int, ...], gaps: Sequence[str]
) -> bool:
    """Tell a number with its area code: "0211 123456", "020 7946 0000", "01 23 45 67 89"."""
    if len(window) == 1:
        return 10 <= n <= 12
    if set(sizes) == {2}:
        return n == 10 and len(set(gaps)) == 1
    return 9 <= n <= 12 and len(window) <= 5 and sizes[-1] >= 2 and not _times(window)


def _north_american(digits: str, _: Sequence[str]) -> bool:
    """Area codes and exchanges of the North American plan start with 2 to 9."""
    core = digits[1:] if len(digits) == 11 and digits[0] == "1" else digits
    return len(core) == 10 and core[0] > "1" and core[3] > "1" and not _round(core)


def _by_threes(digits: str, gaps: Sequence[str]) -> bool:
    """Spain, Portugal, Poland, Norway, Czechia; a price is written with dots or spaces too."""
    return digits[0] in "5679" and "." not in gaps and not _round(digits)


_WRITINGS: Mapping[tuple[int, ...], Callable[[str, Sequence[str]], bool]] = {
    # Whatever the digits: "123-456-7890" stands for a telephone number too.
    (3, 3, 4): lambda *_: True,
    (1, 3, 3, 4): lambda digits, _: digits[0] == "1",
    **dict.fromkeys([(10,), (11,), (3, 7), (6, 4), (1, 10)], _north_american),
    # India, China, Australia.
    (5, 5): lambda digits, _: digits[0] in "6789",
    (3, 4, 4): lambda digits, _: digits[0] == "1" and digits[1] in "3456789",
    (4, 3, 3): lambda digits, _: digits[:2] in {"13", "18"},
    **dict.fromkeys([(3, 3, 3), (3, 2, 2, 2), (3, 2, 3)], _by_threes),
}
"""How many digits stand in each group → whether that is a telephone number."""


def _round(digits: str) -> bool:
    """Thousands and millions: an amount."""
    return digits.endswith("0000")


def _glued(text: str, stop: int) -> bool:
    """Tell whether the number goes on as a name: "0207946000a", but not "…x12"."""
    if stop >= len(text) or not (text[stop].isalnum() or text[stop] == "_"):
        return False
    return text[stop].isascii() and _EXTENSION.match(text, stop) is None


def _times(window: Sequence[Group]) -> bool:
    """Tell whether all groups are times of day: "0900-1700 0800-1200"."""
    return len(window) > 1 and all(
        len(group.digits) == 4 and group.digits[:2] < "24" and group.digits[2:] < "60"
        for group in window
    )
