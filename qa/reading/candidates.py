"""From raw spans of a passage to candidates worth showing; shared by every reader.

A model's span may start at a bullet, end at a comma, or cut an accent off its letter. It
is trimmed and widened to whole characters as a reader sees them, moved into the article's
offsets, and dropped where it overlaps a better one.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

import numpy as np
import regex
from numpy.typing import NDArray

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

MAX_TOKEN_CHARS = 256
"""A longer token (a key, a minified file) is never part of an answer."""

MAX_CANDIDATES = 3
"""Candidates of one passage."""

# What a quote neither starts nor ends with: white space is trimmed besides.
_LOOSE_START = frozenset(",;:.!?)]}|•·*–—>")
_LOOSE_END = frozenset(",;:([{|•·*–—<")
_PAIRS = (("(", ")"), ("[", "]"), ("{", "}"), ("“", "”"), ("«", "»"))

# A character as people see it: a base with its accents, an emoji with its joiners, CRLF.
# Source: Unicode Standard Annex 29, extended grapheme clusters.
_GRAPHEME = regex.compile(r"\X")


_BULLET_OR_HEADING = regex.compile(r"^[ \t]*(?:[-*+•◦▪‣]|\#{1,6})[ \t]+", regex.MULTILINE)
_ITEM_NUMBER = regex.compile(r"^[ \t]*(?:\(?[0-9]{1,3}[.)]|\(?[a-z]\))[ \t]+", regex.MULTILINE)
_TABLE_ROW = regex.compile(r"^[ \t]*\|.*$", regex.MULTILINE)
_TABLE_RULE = regex.compile(r"[\s|:-]+")
_BAR = regex.compile(r"(?<!\\)\|")
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


def quotable_tokens(text: str, offsets: Sequence[tuple[int, int]]) -> NDArray[np.bool_]:
    """Tell which tokens an answer may hold.

    Marks of structure are none of them: a list item's bullet or number, the bars of a
    table and the names of its columns. Since an answer can't run across a token that it may
    not hold, it stays within one item or one cell. Nor is a token of absurd length, which
    WordPiece makes of a run without spaces, however long.

    Args:
        text: The passage's.
        offsets: (tokens,) half-open code points of `text` that each token covers; an empty
            place is a token that doesn't belong to it.

    Returns:
        (tokens,) True where an answer may start, end and run through.
    """
    # (characters + 1,): how many characters of marks stand before each place.
    before = np.zeros(len(text) + 1, dtype=np.int64)
    for start, end in _marks(text):
        before[start + 1 : end + 1] = 1
    np.cumsum(before, out=before)
    places = np.array(offsets, dtype=np.int64).reshape(-1, 2)
    starts, ends = places[:, 0], places[:, 1]
    lengths = ends - starts
    allowed: NDArray[np.bool_] = (
        (before[starts] == before[ends]) & (lengths > 0) & (lengths <= MAX_TOKEN_CHARS)
    )
    return allowed


def _marks(text: str) -> list[tuple[int, int]]:
    """Return the places of structural marks."""
    marks = [match.span() for match in _BULLET_OR_HEADING.finditer(text)]
    numbers = [match.span() for match in _ITEM_NUMBER.finditer(text)]
    if len(numbers) > 1:
        # A single line that starts with "12." is as likely prose that was wrapped there.
        marks += numbers
    rows = list(_TABLE_ROW.finditer(text))
    for row, following in zip_longest(rows, rows[1:]):
        is_rule = _TABLE_RULE.fullmatch(row.group()) is not None
        above_rule = (
            following is not None
            and row.end() + 1 == following.start()
            and _TABLE_RULE.fullmatch(following.group()) is not None
        )
        if is_rule or above_rule:
            # The rule, and the names of the columns above it: an answer is in the rows.
            marks.append(row.span())
        else:
            marks += [
                (row.start() + bar.start(), row.start() + bar.end())
                for bar in _BAR.finditer(row.group())
            ]
    return marks


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
    start, end = _whole_characters(text, start, end)
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
