"""What of a passage may be quoted: its text, without marks of structure and without questions.

A question isn't its own answer. Help articles are full of questions as headings, in bold, after
"Q:", in list items and in the first column of tables; what follows them answers. Headings aren't
quoted either: they name what the text below them says.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import zip_longest

import numpy as np
import regex
from numpy.typing import NDArray

from retrieval.passages.structure import Block, BlockKind, blocks

__all__ = ["MAX_TOKEN_CHARS", "quotable_tokens", "title_above"]

MAX_TOKEN_CHARS = 256
"""A longer token (a key, a minified file) is never part of an answer."""

Place = tuple[int, int]

_BULLET = regex.compile(r"^[ \t]*[-*+•◦▪‣][ \t]+", regex.MULTILINE)
_ITEM_NUMBER = regex.compile(r"^[ \t]*(?:\(?[0-9]{1,3}[.)]|\(?[a-z]\))[ \t]+", regex.MULTILINE)
_SAYS_WHO = regex.compile(
    r"^[ \t]*(?:\*\*|__)?(?:Q|A|Question|Answer)[ \t]?(?::(?:\*\*|__)?|(?:\*\*|__):)[ \t]*",
    regex.MULTILINE,
)
_TABLE_ROW = regex.compile(r"^[ \t]*\|.*$", regex.MULTILINE)
_TABLE_RULE = regex.compile(r"[\s|:-]+")
_BAR = regex.compile(r"(?<!\\)\|")
_HEADING_MARK = regex.compile(r"^[ \t]*#{1,6}[ \t]+", regex.MULTILINE)
_GAP = regex.compile(r"\n[ \t\r]*\n|(?<!\\)\|")
_FENCE = regex.compile(r"^[ \t]*(?:```|~~~).*$", regex.MULTILINE)
_CLOSED = r"[\"'”’»)\]*_]*(?=\s*\Z|\s*\n|\s+(?!\p{Ll})|\s*\|)"
_SENTENCE_END = regex.compile(
    # A quoted question may stand inside a sentence, which then goes on with a small letter.
    rf"(?P<asks>[?？]+!?(?:[*_]*(?=\s|\Z|\|)|{_CLOSED})|？)|[.!…]+{_CLOSED}"
)
_BOLD_LINE = regex.compile(r"(?:\*\*[^*\n]{1,80}[^*.!\n]\*\*|__[^_\n]{1,80}[^_.!\n]__)[ \t]*:?")


@dataclass(frozen=True)
class _Marks:
    """What of a text isn't quoted.

    Attributes:
        structure: Bullets, numbers, bars, rows of headers, fences.
        titles: Headings and questions: what stands after one is about it. In order.
    """

    structure: tuple[Place, ...]
    titles: tuple[Place, ...]


def quotable_tokens(text: str, offsets: Sequence[Place]) -> NDArray[np.bool_]:
    """Tell which tokens an answer may hold.

    Marks of structure are none of them: a list item's bullet or number, the bars of a
    table and the names of its columns, a fence around code. Nor are headings and questions.
    Since an answer can't run across a token that it may not hold, it stays within one item or
    one cell. Nor is a token of absurd length, which WordPiece makes of a run without spaces,
    however long.

    Args:
        text: The passage's.
        offsets: (tokens,) half-open code points of `text` that each token covers; an empty
            place is a token that doesn't belong to it.

    Returns:
        (tokens,) True where an answer may start, end and run through.
    """
    # (characters + 1,): how many characters of marks stand before each place.
    before = np.zeros(len(text) + 1, dtype=np.int64)
    marks = _marks(text)
    for start, end in (*marks.structure, *marks.titles):
        before[start + 1 : end + 1] = 1
    np.cumsum(before, out=before)
    places = np.array(offsets, dtype=np.int64).reshape(-1, 2)
    starts, ends = places[:, 0], places[:, 1]
    lengths = ends - starts
    allowed: NDArray[np.bool_] = (
        (before[starts] == before[ends]) & (lengths > 0) & (lengths <= MAX_TOKEN_CHARS)
    )
    return allowed


def title_above(text: str, at: int) -> str:
    r"""Return the nearest heading or question that stands above a place in a text.

    >>> title_above("## Who repairs bicycles?\n\nKarim.", 27)
    '## Who repairs bicycles?'
    """
    titles = _marks(text).titles
    number = bisect_right(titles, at, key=lambda place: place[1]) - 1
    return text[slice(*titles[number])] if number >= 0 else ""


@lru_cache(maxsize=1024)
def _marks(text: str) -> _Marks:
    structure = [
        match.span() for pattern in (_BULLET, _SAYS_WHO, _FENCE) for match in pattern.finditer(text)
    ]
    numbers = [match.span() for match in _ITEM_NUMBER.finditer(text)]
    if len(numbers) > 1:
        # A single line that starts with "12." is as likely prose that was wrapped there.
        structure += numbers
    structure += _table_marks(text)
    parts = blocks(text)
    titles = [(part.start, part.end) for part in _headings(text, parts)]
    if len(titles) == len(parts):
        # Nothing but headings: they are all that there is to say.
        titles = []
        structure += [match.span() for match in _HEADING_MARK.finditer(text)]
    return _Marks(
        tuple(structure), tuple(sorted([*titles, *_questions_beside(text, parts, titles)]))
    )


def _questions_beside(
    text: str, parts: Sequence[Block], titles: Sequence[Place]
) -> Iterator[Place]:
    """Yield the questions outside code and headings."""
    if "?" in text or "？" in text:
        taken = [*titles, *((p.start, p.end) for p in parts if p.kind is BlockKind.CODE)]
        for place in _questions(text):
            if not any(start <= place[0] < end for start, end in taken):
                yield place


def _headings(text: str, parts: Sequence[Block]) -> Iterator[Block]:
    """Yield headings, and lines in bold that stand above something as a heading does."""
    for number, part in enumerate(parts):
        if part.kind is BlockKind.HEADING or (
            part.kind is BlockKind.PARAGRAPH
            and number + 1 < len(parts)
            and _BOLD_LINE.fullmatch(text, part.start, part.end)
        ):
            yield part


def _questions(text: str) -> Iterator[Place]:
    """Yield the sentences that are questions, with what closes them.

    Sentences are told by their ends alone: a splitter takes "1. Who? Ask Ana." for one.
    """
    bounds = [0, *(edge for gap in _GAP.finditer(text) for edge in gap.span()), len(text)]
    for first, last in zip(bounds[::2], bounds[1::2], strict=True):
        begin = first
        for end in _SENTENCE_END.finditer(text, first, last):
            if end["asks"]:
                yield begin + _own_lines(text[begin : end.start()]), end.end()
            begin = end.end()


def _own_lines(sentence: str) -> int:
    """Return where a question begins that a sentence ends with: lines above may be items.

    A line that begins with a small letter goes on with the one before.
    """
    sentence = sentence.rstrip()
    at = sentence.rfind("\n") + 1
    while at > 0 and sentence[at:].lstrip()[:1].islower():
        at = sentence.rfind("\n", 0, at - 1) + 1
    return at


def _table_marks(text: str) -> list[Place]:
    marks: list[Place] = []
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
