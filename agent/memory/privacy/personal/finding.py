"""All kinds of personal data in one text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import regex as re

from agent.memory.privacy.personal.cards import card_end
from agent.memory.privacy.personal.cues import Before
from agent.memory.privacy.personal.digits import Group, runs
from agent.memory.privacy.personal.emails import find_emails
from agent.memory.privacy.personal.found import CARD, Found
from agent.memory.privacy.personal.ibans import find_ibans
from agent.memory.privacy.personal.phones import find_phones

__all__ = ["find_personal"]

_DIGIT = re.compile(r"\d")


def find_personal(text: str) -> list[Found]:
    """Return what is found, in the order of the text; nothing overlaps within one kind.

    >>> find_personal("Mail jo@example.com")
    [Found(start=5, end=19, label='e-mail')]
    """
    found: list[Found] = []
    if "@" in text or "(at)" in text or "[at]" in text:
        found += find_emails(text)
    if _DIGIT.search(text) is not None:
        found += find_ibans(text)
        found += _numbers(text)
    found.sort()
    return found


def _numbers(text: str) -> Iterator[Found]:
    """Yield the cards and telephone numbers in a text."""
    for start, groups in runs(text):
        yield from _in_run(text, start, groups)


def _in_run(text: str, start: int, groups: Sequence[Group]) -> Iterator[Found]:
    """Find cards first, so that no telephone number takes a card's first digits."""
    free = 0
    at = 0
    before = Before(text, start)
    while at < len(groups):
        end = card_end(groups, at, before=before)
        if end:
            yield from find_phones(text, groups[free:at], before)
            yield Found(groups[at].start, groups[end - 1].end, CARD)
            free = at = end
        else:
            at += 1
    yield from find_phones(text, groups[free:], before)
