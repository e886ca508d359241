"""Payment cards: Luhn's check (ISO/IEC 7812-1 annex B) and the schemes' prefixes."""

from __future__ import annotations

from collections.abc import Sequence

import regex as re

from agent.memory.privacy.personal.cues import Before
from agent.memory.privacy.personal.digits import Group

__all__ = ["card_end", "has_issuer", "is_card"]

_CARD_DIGITS = range(13, 20)
_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
_ISSUER = re.compile(
    r"4\d{12}(?:\d{3,6})?|5[0-8]\d{11,17}|6\d{12,18}|2(?:2[2-9]|[3-6]\d|7[01])\d{13}|2720\d{12}|"
    r"220[0-4]\d{12,15}|3[47]\d{13}|3(?:0[0-5]|[689])\d{11,16}|35[2-8]\d{13,16}|"
    r"8[12]\d{14,17}|9792\d{12}|1\d{14}"
)
_CARD_GAPS = set(" \t.-/\u00a0\u2007\u2009\u202f\u3000\u2010\u2011\u2012\u2013\u2014\u2212\uff0d")


def is_card(digits: str) -> bool:
    """Tell whether 13 to 19 ASCII digits pass Luhn's check."""
    if len(digits) not in _CARD_DIGITS or not digits.isascii() or not digits.isdigit():
        return False
    if len(set(digits)) == 1:
        return False
    total = sum(int(digit) for digit in digits[-1::-2])
    total += sum(_DOUBLED[int(digit)] for digit in digits[-2::-2])
    return total % 10 == 0


def has_issuer(digits: str) -> bool:
    """Tell whether the digits begin and measure like a card of a known scheme."""
    return _ISSUER.fullmatch(digits) is not None


def card_end(groups: Sequence[Group], at: int, *, before: Before) -> int:
    """Return the place after the last group of a card that starts at `at`, or 0."""
    digits = ""
    gaps: set[str] = set()
    best = 0
    for end in range(at, len(groups)):
        group = groups[end]
        if end > at:
            if len(group.gap) > 3 or not set(group.gap) <= _CARD_GAPS:
                break
            gaps.add(group.gap)
        digits += group.digits
        if len(digits) > _CARD_DIGITS[-1]:
            break
        if is_card(digits):
            # One in ten numbers passes by chance: what is said to be an order's or a
            # book's, or is written in no card's way, must belong to a known scheme too.
            doubtful = len(gaps) > 1 or digits.startswith(("0", "978", "979")) or before.other
            if not doubtful or has_issuer(digits):
                best = end + 1
    return best
