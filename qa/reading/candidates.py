"""From raw spans of a passage to candidates worth showing; shared by every reader.

A model's span may start at a bullet, end at a comma, or cut an address or a letter's accent
off. It is trimmed, widened to whole units and whole characters as people see them, moved into
the article's offsets, and dropped where it overlaps a better one.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import regex

from qa.reading.quotable import MAX_TOKEN_CHARS, quotable_tokens
from qa.reading.units import whole_units
from qa.types import Candidate, Reading
from retrieval.types import Passage

__all__ = [
    "MAX_CANDIDATES",
    "MAX_TOKEN_CHARS",
    "RawSpan",
    "choose_candidates",
    "gather_reading",
    "quotable_tokens",
    "trim_span",
]

MAX_CANDIDATES = 3
"""Candidates of one passage."""

# What a quote neither starts nor ends with: white space is trimmed besides.
_LOOSE_START = frozenset(",;:.!?)]}|•·*–—>")
_LOOSE_END = frozenset(",;:([{|•·*–—<")
_PAIRS = (("(", ")"), ("[", "]"), ("{", "}"), ("“", "”"), ("«", "»"))

# A character as people see it: a base with its accents, an emoji with its joiners, CRLF.
# Source: Unicode Standard Annex 29, extended grapheme clusters.
_GRAPHEME = regex.compile(r"\X")


_PARAGRAPH_BREAK = regex.compile(r"\n[ \t\r]*\n")


@dataclass(frozen=True)
class RawSpan:
    """A span that a model proposes, in code points of the passage's text.

    Attributes:
        start: First code point.
        end: One past the last.
        score: Start logit plus end logit.
    """

    start: int
    end: int
    score: float


def trim_span(text: str, start: int, end: int) -> tuple[int, int] | None:
    """Return the span without loose edges and with whole characters, or None if empty.

    >>> trim_span("Bring: (a) the badge, please", 5, 21)
    (7, 20)
    """
    if (gap := _PARAGRAPH_BREAK.search(text, start, end)) is not None:
        # No one quotes across a paragraph's end: what was begun is kept.
        leading = len(text[start:end]) - len(text[start:end].lstrip())
        if gap.start() >= start + leading:
            end = gap.start()
    while start < end:
        first, last = text[start], text[end - 1]
        if first.isspace() or (first in _LOOSE_START and not _begins_value(text, start, end)):
            start += 1
        elif first == "-" and start + 1 < end and text[start + 1].isspace():
            # A bullet; a minus sign stands next to its number.
            start += 1
        elif last.isspace() or last in _LOOSE_END:
            end -= 1
        elif (cut := _without_half_pair(text, start, end)) != (start, end):
            start, end = cut
        else:
            break
    if all(unicodedata.category(sign)[0] in "PZC" for sign in text[start:end]):
        # Punctuation alone, or nothing.
        return None
    start, end = _whole_characters(text, *whole_units(text, start, end))
    # Widening may bring in white space only as part of CRLF, which trimming took off
    # whole; what is left starts and ends in a visible character.
    return start, end


def _begins_value(text: str, start: int, end: int) -> bool:
    """Tell `.5` and `.env` from a full stop left over from the sentence before."""
    return text[start] == "." and start + 1 < end and text[start + 1].isalnum()


def _without_half_pair(text: str, start: int, end: int) -> tuple[int, int]:
    """Drop a bracket at an edge whose partner lies outside."""
    first, last = text[start], text[end - 1]
    inside = text[start:end]
    for opening, closing in _PAIRS:
        if first == opening and closing not in inside:
            return start + 1, end
        if last == closing and opening not in inside:
            return start, end - 1
    if inside.count('"') == 1:
        if first == '"':
            return start + 1, end
        if last == '"':
            return start, end - 1
    return start, end


def _whole_characters(text: str, start: int, end: int) -> tuple[int, int]:
    """Widen a span to grapheme boundaries."""
    if text.isascii():
        return start, end
    for match in _GRAPHEME.finditer(text):
        left, right = match.span()
        if left < start < right:
            start = left
        if left < end < right:
            return start, right
        if left >= end:
            break
    return start, end


def choose_candidates(
    passage: Passage, spans: Sequence[RawSpan], null_score: float
) -> list[Candidate]:
    """Trim a passage's spans and keep the best that don't overlap.

    Args:
        passage: What was read.
        spans: In code points of `passage.text`, in any order.
        null_score: The passage's score for "no answer".

    Returns:
        At most `MAX_CANDIDATES`, best first, in the article's offsets.
    """
    kept: list[Candidate] = []
    for span in sorted(spans, key=lambda span: (-span.score, span.start, span.end)):
        trimmed = trim_span(passage.text, span.start, span.end)
        if trimmed is None:
            continue
        start, end = trimmed[0] + passage.start, trimmed[1] + passage.start
        if all(end <= other.start or start >= other.end for other in kept):
            kept.append(Candidate(passage, start, end, span.score, null_score))
            if len(kept) == MAX_CANDIDATES:
                break
    return kept


def gather_reading(
    found: Sequence[tuple[Sequence[Candidate], float]], *, unread: Sequence[Passage] = ()
) -> Reading:
    """Join the verdicts over single passages, best margin first.

    Args:
        found: Candidates and null score of each passage read, in reading order.
        unread: Passages that there was no time for.
    """
    candidates = [candidate for group, _ in found for candidate in group]
    # A stable sort: equal margins stay in reading order, the more promising passage first.
    candidates.sort(key=lambda candidate: -candidate.margin)
    if candidates:
        null_score = candidates[0].null_score
    else:
        null_score = min((null for _, null in found), default=0.0)
    return Reading(tuple(candidates), null_score, tuple(passage.id for passage in unread))
