"""Understands a message that picks one of the things just offered: "the second one"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agent.understanding.followups.phrases import words
from agent.understanding.followups.words import ORDINALS

__all__ = ["chosen", "with_choice_named"]

_PLACE = re.compile(
    rf"\b(?:the\s+|that\s+)?(?P<place>{'|'.join(sorted(ORDINALS))})"
    r"(?:\s+(?:one|option|choice|article|link|answer|suggestion|result|of\s+(?:these|those|them)))"
    r"\b|\bthe\s+(?P<pair>former|latter)\b"
    r"|\b(?:option|choice|number|article|no\.?)\s*#?(?P<number>\d{1,2})\b",
    re.IGNORECASE,
)
_FILLERS = frozenset({"the", "that", "one", "please", "option", "choice", "number", "article"})
_PAIR = 2


def chosen(message: str, choices: Sequence[str]) -> str | None:
    """Return the choice that a message picks and says nothing besides, or None.

    By its place (`the second one`, `2`, `the last`) or by its words.
    """
    spoken = words(message)
    for choice in choices:
        if spoken and words(choice) == spoken:
            return choice
    rest = [word for word in spoken if word not in _FILLERS]
    if len(rest) != 1:
        return None
    if rest[0].isdecimal():
        return _at(int(rest[0]) - 1, choices) if int(rest[0]) > 0 else None
    return _placed(rest[0], choices)


def with_choice_named(message: str, choices: Sequence[str]) -> str | None:
    """Return the message with `the second one` replaced by the choice's own words, or None."""
    found = _PLACE.search(message)
    if found is None:
        return None
    if found["number"]:
        place = int(found["number"])
        choice = _at(place - 1, choices) if place > 0 else None
    else:
        choice = _placed((found["place"] or found["pair"]).lower(), choices)
    if choice is None:
        return None
    return message[: found.start()] + choice + message[found.end() :]


def _placed(word: str, choices: Sequence[str]) -> str | None:
    if word not in ORDINALS:
        return None
    if word in {"former", "latter"} and len(choices) != _PAIR:
        return None
    return _at(ORDINALS[word], choices)


def _at(place: int, choices: Sequence[str]) -> str | None:
    return choices[place] if -1 <= place < len(choices) and choices else None
