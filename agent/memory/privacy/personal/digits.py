"""Runs of digits in groups, with whatever gaps people write between them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

# Not `re`: its possessive quantifiers are broken before Python 3.11.5.
import regex as re

__all__ = ["LEAST_DIGITS", "Group", "runs"]

# Spaces of all kinds, dashes, dots, slashes, brackets, and signs that can't be seen.
_SPACE = " \t\u00a0\u1680\u2000-\u200f\u202f\u205f\u2060\u3000\ufeff\u00ad"
_GAP = f"[{_SPACE}.\\-\u2010-\u2015\u2212/()\uff0d]"
_RUN = re.compile(rf"[(\[]?[+\uff0b]?[(]?\d++(?:{_GAP}{{1,4}}[+\uff0b]?\d++)*+")
_DIGITS = re.compile(r"\d+")
_INVISIBLE = re.compile("[\u200b-\u200f\u2060\ufeff\u00ad]")

LEAST_DIGITS = 7
"""No telephone number or card has fewer."""


class Group(NamedTuple):
    """Digits in a row, and the gap between them and the group before."""

    start: int
    end: int
    digits: str
    gap: str


def runs(text: str) -> Iterator[tuple[int, list[Group]]]:
    """Yield the runs that are long enough to be anybody's number: start and groups."""
    for run in _RUN.finditer(text):
        # Most runs are short: years, counts, versions.
        if run.end() - run.start() < LEAST_DIGITS:
            continue
        groups = _groups(text, run.start(), run.end())
        if sum(len(group.digits) for group in groups) >= LEAST_DIGITS:
            yield run.start(), groups


def _groups(text: str, start: int, end: int) -> list[Group]:
    """Return the groups of the run at `[start, end)`."""
    groups: list[Group] = []
    before = start
    for match in _DIGITS.finditer(text, start, end):
        gap = text[before : match.start()]
        # Every script's digits count; full-width ones reach us from phones set to Japanese.
        digits = "".join(str(int(sign)) for sign in match[0])
        seen = _INVISIBLE.sub("", gap)
        if groups and not seen:
            # Cut by signs that can't be seen: one group to whoever reads it.
            last = groups[-1]
            groups[-1] = Group(last.start, match.end(), last.digits + digits, last.gap)
        else:
            groups.append(Group(match.start(), match.end(), digits, seen))
        before = match.end()
    return groups
