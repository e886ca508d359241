"""How list items begin: bullets, numbers, letters and "Step 1:"."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["RULE", "Marker", "read_marker"]

RULE = re.compile(r"(?:-[ \t]*){3,}\Z|(?:\*[ \t]*){3,}\Z|(?:_[ \t]*){3,}\Z|(?:=[ \t]*){3,}\Z")
"""A line of dashes or the like; some of them look like a bullet at first."""

_BULLET = re.compile(r"[-*+•◦▪▫‣⁃·●○∙–][ \t]+(?=\S)|[•◦▪‣●○](?=\S)")
_NUMBER = re.compile(r"(?:\(([0-9]{1,3})\)|([0-9]{1,3})[.)])(?:[ \t\u00a0]+(?=\S)|\Z)")
_LETTER = re.compile(r"\(?([a-z])\)[ \t]+(?=\S)")
_STEP = re.compile(
    r"(?:\*\*|__)?(?:step|schritt|étape|paso|passo|stap)[ \t\u00a0]{1,4}([0-9]{1,3})"
    r"(?:\*\*|__)?[ \t]{0,4}(?:[:.)]|[-–—](?=[ \t]))(?:\*\*|__)?(?:[ \t]+|(?=\S)|\Z)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Marker:
    """How a list item begins.

    Attributes:
        family: "bullet", "number", "letter" or "step": items of one list share it.
        number: Its number, a letter's place in the alphabet, or 0 for a bullet.
        width: Characters from the marker to the item's text.
    """

    family: str
    number: int
    width: int

    @property
    def ordered(self) -> bool:
        """Tell whether items are counted."""
        return self.family != "bullet"


def read_marker(body: str, start: int, end: int) -> Marker | None:
    r"""Return how a list item begins on the line `body[start:end]`, if one does.

    >>> read_marker("2. Save it.", 0, 11)
    Marker(family='number', number=2, width=3)
    """
    ch = body[start]
    if ch.isdigit() or ch == "(" or ch.isalpha() or ch in "*_":
        number = _NUMBER.match(body, start, end)
        if number is not None:
            value = number.group(1) or number.group(2)
            return Marker("number", int(value), number.end() - number.start())
        step = _STEP.match(body, start, end)
        if step is not None:
            return Marker("step", int(step.group(1)), step.end() - step.start())
        letter = _LETTER.match(body, start, end)
        if letter is not None:
            value = ord(letter.group(1)) - ord("a") + 1
            return Marker("letter", value, letter.end() - letter.start())
    bullet = _BULLET.match(body, start, end)
    if bullet is not None and not RULE.match(body, start, end):
        return Marker("bullet", 0, bullet.end() - bullet.start())
    return None
