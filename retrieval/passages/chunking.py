"""Cut an article into passages along its own structure.

A passage is a slice of the body: `passage.text == article.body[passage.start:passage.end]`.
Sections stay whole where they fit, since that measures best for support articles (MultiDoc2Dial:
67.0 recall@5 with sections kept whole, 48.2 with token windows). The headings above are kept
beside the text, never inside it.

How it goes:

1. Blocks (`structure/`) are grouped into sections, one per heading. Neighbouring sections under
   one parent that hold next to nothing are taken together; such a passage then contains the
   headings between them, and its path is the parent's.
2. A section becomes pieces: a paragraph, a list with its lead-in, a table. What doesn't fit is cut
   finer: a list between its items, a table between its rows, code between its lines, a paragraph
   after its sentences; failing that at white space, and failing that between two characters as a
   reader sees them (grapheme clusters).
3. The pieces are joined into passages by least cost, as TeX breaks paragraphs into lines (Knuth
   and Plass 1981): few passages, of even length, broken where a break hurts least.

Only a passage that begins in the middle of a paragraph repeats some of what is before it.
Together the passages hold all text of the body but headings and rules (lines of dashes).
A split table's header row is not repeated, since a passage is one slice: the passage keeps it
beside its text, as it does headings, and the snippet shown to a person finds it again.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import regex
from numpy.typing import NDArray

from retrieval.errors import IndexingError
from retrieval.passages.sentences import sentence_spans
from retrieval.passages.structure import Block, BlockKind, blocks, lead_in
from retrieval.types import Article, Passage

__all__ = ["ChunkSettings", "TokenStarts", "cut"]

TokenStarts = Callable[[str], NDArray[np.int64]]
"""Text → the code-point offset at which each of the encoder's tokens starts, ascending."""

Spans = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class ChunkSettings:
    """How long passages are, in the encoder's tokens.

    The defaults suit an encoder that reads 256 tokens: 180 for the text leave room for title and
    headings, which are encoded with it.

    Attributes:
        max_tokens: No passage is longer, unless one token alone is.
        overlap_tokens: How much a passage that begins inside a paragraph repeats at most.
        min_tokens: Sections shorter than this are joined with their neighbours.
        max_chars: No passage is longer than this either: an encoder may read a line without
            any space, however long, as one unknown token.
    """

    max_tokens: int = 180
    overlap_tokens: int = 30
    min_tokens: int = 24
    max_chars: int = 3600

    def __post_init__(self) -> None:
        if self.max_tokens < 8:
            raise IndexingError(
                f"max_tokens is {self.max_tokens!r}; passages of fewer than 8 tokens hold "
                "nothing to find, choose 8 or more (180 by default)"
            )
        if not 0 <= self.overlap_tokens <= self.max_tokens // 2:
            raise IndexingError(
                f"overlap_tokens is {self.overlap_tokens!r}; expected 0 to half of max_tokens "
                f"({self.max_tokens // 2})"
            )
        if not 0 <= self.min_tokens <= self.max_tokens:
            raise IndexingError(
                f"min_tokens is {self.min_tokens!r}; expected 0 to max_tokens ({self.max_tokens})"
            )
        if self.max_chars < self.max_tokens:
            raise IndexingError(
                f"max_chars is {self.max_chars!r}; expected at least max_tokens "
                f"({self.max_tokens}), since a token has a character or more"
            )


DEFAULTS = ChunkSettings()

# What a break before a piece costs, where a passage costs 1: a paragraph's end is free.
_BETWEEN_ITEMS = 0.3
_AFTER_SENTENCE = 0.6
_AFTER_LEAD_IN = 2.0
_AT_WHITE_SPACE = 1.2
_INSIDE_WORD = 1.5

_MAX_HEADER_TOKENS = 60
"""A table's header row longer than this leaves no room for rows beside it."""

_COARSE_PIECES = 2000
"""Sections of more pieces than this are joined roughly first, to bound the time."""

_GRAPHEME = regex.compile(r"\X")


@dataclass(frozen=True)
class _Piece:
    """A slice that stays in one passage.

    Attributes:
        start: First code point in the body.
        end: One past the last.
        penalty: What it costs to begin a passage here.
        paragraph: Start of the paragraph that this piece goes on with; -1 if it begins one.
    """

    start: int
    end: int
    penalty: float = 0.0
    paragraph: int = -1


@dataclass(frozen=True)
class _Section:
    """Consecutive blocks under one heading (or several tiny ones taken together)."""

    headings: tuple[str, ...]
    heading: Block | None
    parts: tuple[Block, ...]
    size: int = 0


def cut(
    article: Article, token_starts: TokenStarts, settings: ChunkSettings = DEFAULTS
) -> list[Passage]:
    """Cut an article into passages, in the order of its text.

    Args:
        article: Its body may be anything; a body of white space has no passages. A body of
            headings alone becomes passages of its headings.
        token_starts: Called once, with the whole body.
        settings: Sizes in tokens.

    Raises:
        IndexingError: `token_starts` gave offsets that aren't ascending or not in the body.
    """
    body = article.body
    if not body or body.isspace():
        return []
    ruler = _Ruler(body, token_starts(body), settings)
    found = blocks(body)
    text = [b for b in found if b.kind not in (BlockKind.HEADING, BlockKind.RULE)]
    if not text:
        found = [
            Block(BlockKind.PARAGRAPH, b.start, b.end, text_start=b.start, text_end=b.end)
            for b in found
        ]
    tables = [b for b in found if b.kind is BlockKind.TABLE and b.header is not None]
    passages: list[Passage] = []
    for section in _merge_tiny(_sections(found), ruler):
        headings = _without_title(section.headings, article.title)
        for start, end in _passage_spans(section, ruler):
            passages.append(
                Passage(
                    id=f"{article.id}#{start}-{end}",
                    article_id=article.id,
                    start=start,
                    end=end,
                    text=body[start:end],
                    title=article.title,
                    headings=headings,
                    table_header=_header_above(tables, start, ruler),
                )
            )
    return passages


class _Ruler:
    """Measures slices of one body in tokens and says what fits."""

    def __init__(self, body: str, starts: NDArray[np.int64], settings: ChunkSettings) -> None:
        self.body = body
        self.settings = settings
        if len(starts) and (
            starts[0] < 0 or starts[-1] >= len(body) or bool(np.any(np.diff(starts) < 0))
        ):
            raise IndexingError(
                f"the encoder gave token starts from {int(starts[0])} to {int(starts[-1])} for a "
                f"text of {len(body)} characters; expected ascending offsets inside the text"
            )
        self.starts: list[int] = starts.tolist()

    def tokens(self, start: int, end: int) -> int:
        """Count the tokens that start in `[start, end)`."""
        return bisect_left(self.starts, end) - bisect_left(self.starts, start)

    def fits(self, start: int, end: int, spare: int = 0) -> bool:
        settings = self.settings
        if end - start > settings.max_chars:
            return False
        return self.tokens(start, end) <= settings.max_tokens - spare

    def reach(self, start: int, spare: int = 0) -> int:
        """Return the furthest end such that `[start, end)` fits; at least one token long."""
        first = bisect_left(self.starts, start)
        beyond = first + max(1, self.settings.max_tokens - spare)
        limit = self.starts[beyond] if beyond < len(self.starts) else len(self.body)
        return max(start + 1, min(limit, start + self.settings.max_chars))


# -- sections ---------------------------------------------------------------------------------


def _sections(found: Sequence[Block]) -> list[_Section]:
    """Group blocks by the heading above them; a heading without text has no section."""
    sections: list[_Section] = []
    heading: Block | None = None
    parts: list[Block] = []
    for block in [*found, None]:
        if block is not None and block.kind is not BlockKind.HEADING:
            parts.append(block)
            continue
        while parts and parts[-1].kind is BlockKind.RULE:
            parts.pop()
        while parts and parts[0].kind is BlockKind.RULE:
            parts.pop(0)
        if parts:
            sections.append(_Section(parts[0].headings, heading, tuple(parts)))
        heading, parts = block, []
    return sections


def _merge_tiny(sections: Sequence[_Section], ruler: _Ruler) -> list[_Section]:
    """Take neighbouring sections under one parent together while they hold next to nothing."""
    merged: list[_Section] = []
    tiny = ruler.settings.min_tokens
    for section in sections:
        size = ruler.tokens(section.parts[0].start, section.parts[-1].end)
        section = replace(section, size=size)
        before = merged[-1] if merged else None
        if (
            before is not None
            and before.heading is not None
            and section.heading is not None
            and before.heading.level == section.heading.level
            and before.heading.headings == section.heading.headings
            and before.size < tiny
            and size < tiny
            and ruler.fits(before.heading.start, section.parts[-1].end)
        ):
            merged[-1] = _Section(
                before.heading.headings,
                before.heading,
                (*_with_heading(before), *_with_heading(section)),
                ruler.tokens(before.heading.start, section.parts[-1].end),
            )
        else:
            merged.append(section)
    return merged


def _with_heading(section: _Section) -> tuple[Block, ...]:
    """Return a section's blocks with its heading in front."""
    if section.heading is None or section.parts[0].start == section.heading.start:
        return section.parts
    return (section.heading, *section.parts)


def _header_above(tables: Sequence[Block], start: int, ruler: _Ruler) -> str:
    """Return the header row of the table whose rows a passage begins with, if it lacks it."""
    at = bisect_right(tables, start, key=lambda table: table.start) - 1
    table = tables[at] if at >= 0 else None
    if table is None or table.header is None or not table.header[1] <= start < table.end:
        return ""
    first, last = table.header
    return ruler.body[first:last] if ruler.tokens(first, last) <= _MAX_HEADER_TOKENS else ""


def _without_title(headings: tuple[str, ...], title: str) -> tuple[str, ...]:
    """Drop a first heading that only says the article's title again."""
    if headings and headings[0].strip().casefold() == title.strip().casefold():
        return headings[1:]
    return headings


# -- pieces -----------------------------------------------------------------------------------


def _passage_spans(section: _Section, ruler: _Ruler) -> list[tuple[int, int]]:
    start, end = section.parts[0].start, section.parts[-1].end
    if ruler.fits(start, end):
        return [(start, end)]
    pieces = _coarsen(_pieces(section.parts, ruler), ruler)
    return [_with_overlap(group, ruler) for group in _join(pieces, ruler)]


def _pieces(parts: Sequence[Block], ruler: _Ruler) -> list[_Piece]:
    pieces: list[_Piece] = []
    held: Block | None = None  # a paragraph that may be the lead-in of what comes next
    for i, block in enumerate(parts):
        introduction = lead_in(ruler.body, parts, i) if held is not None else None
        if held is not None and introduction is not None:
            pieces.extend(_introduced(held, introduction, block, ruler))
            held = None
            continue
        if held is not None:
            pieces.extend(_split(held, ruler))
            held = None
        if block.kind is BlockKind.PARAGRAPH:
            held = block
        elif block.kind is not BlockKind.RULE:
            pieces.extend(_split(block, ruler))
    if held is not None:
        pieces.extend(_split(held, ruler))
    return pieces


def _introduced(
    paragraph: Block, introduction: tuple[int, int], block: Block, ruler: _Ruler
) -> list[_Piece]:
    """Keep a list, table or code with its paragraph, or with the sentence that introduces it."""
    if ruler.fits(paragraph.start, block.end):
        return [_Piece(paragraph.start, block.end)]
    start = introduction[0]
    before: list[_Piece] = []
    spare = 0
    if start > paragraph.start:
        above = ruler.body[paragraph.start : start].rstrip()
        before = _split_span(paragraph.start, paragraph.start + len(above), ruler)
        spare = ruler.settings.overlap_tokens
    penalty = _AFTER_SENTENCE if before else 0.0
    if ruler.fits(start, block.end):
        return [*before, _Piece(start, block.end, penalty)]
    first, *rest = _split(block, ruler)
    if ruler.fits(start, first.end):
        return [*before, _Piece(start, first.end, penalty), *rest]
    whole = _split_span(paragraph.start, paragraph.end, ruler, spare=spare)
    return [*whole, replace(first, penalty=_AFTER_LEAD_IN), *rest]


def _split(block: Block, ruler: _Ruler) -> list[_Piece]:
    """Cut a block as finely as it must be: not at all if it fits."""
    if ruler.fits(block.start, block.end):
        return [_Piece(block.start, block.end)]
    if block.kind is BlockKind.LIST:
        spans = list(block.items)
    elif block.kind is BlockKind.TABLE and block.items:
        spans = list(block.items)
        if block.header is not None:
            # The delimiter row, if any, goes with the header.
            above = ruler.body[block.start : block.items[0][0]].rstrip()
            head = (block.start, block.start + len(above))
            if ruler.fits(head[0], spans[0][1]):
                spans[0] = (head[0], spans[0][1])
            else:
                spans.insert(0, head)
    elif block.kind is BlockKind.CODE:
        spans = _line_spans(ruler.body, block.start, block.end)
    else:
        return _split_span(block.start, block.end, ruler)
    pieces: list[_Piece] = []
    for start, end in spans:
        penalty = _BETWEEN_ITEMS if pieces else 0.0
        if ruler.fits(start, end):
            pieces.append(_Piece(start, end, penalty))
            continue
        first, *rest = _split_lines(start, end, ruler)
        pieces += [replace(first, penalty=penalty), *rest]
    return pieces


def _line_spans(body: str, start: int, end: int) -> list[tuple[int, int]]:
    """Return the lines of a slice that aren't blank, without white space at their ends."""
    spans: list[tuple[int, int]] = []
    for line in regex.finditer(r"[^\r\n]+", body, pos=start, endpos=end):
        text = line.group()
        stripped = text.strip()
        if stripped:
            first = line.start() + len(text) - len(text.lstrip())
            spans.append((first, first + len(stripped)))
    return spans


def _split_lines(start: int, end: int, ruler: _Ruler) -> list[_Piece]:
    """Cut an item of many lines (a step with a list under it) between them, then as prose."""
    pieces: list[_Piece] = []
    for first, last in _line_spans(ruler.body, start, end):
        penalty = _AFTER_SENTENCE if pieces else 0.0
        if ruler.fits(first, last):
            pieces.append(_Piece(first, last, penalty))
        else:
            head, *rest = _split_span(first, last, ruler)
            pieces += [replace(head, penalty=penalty), *rest]
    return pieces


def _split_span(start: int, end: int, ruler: _Ruler, *, spare: int | None = None) -> list[_Piece]:
    """Cut prose after sentences, then at white space, then between grapheme clusters."""
    # A passage that begins inside the paragraph will repeat some of it: leave room.
    spare = ruler.settings.overlap_tokens if spare is None else spare
    pieces: list[_Piece] = []
    for first, last in sentence_spans(ruler.body[start:end]):
        at, stop = start + first, start + last
        penalty = _AFTER_SENTENCE
        while not ruler.fits(at, stop, spare):
            here, inside = _forced_end(at, min(stop, ruler.reach(at, spare)), stop, ruler)
            if here >= stop:
                break
            pieces.append(_Piece(at, _rstrip(ruler.body, at, here), penalty, start))
            at = _lstrip(ruler.body, here, stop)
            penalty = _INSIDE_WORD if inside else _AT_WHITE_SPACE
        pieces.append(_Piece(at, stop, penalty, start))
    pieces[0] = replace(pieces[0], penalty=0.0, paragraph=-1)
    return pieces


def _forced_end(start: int, limit: int, stop: int, ruler: _Ruler) -> tuple[int, bool]:
    """Return where to end a slice that can't go beyond `limit`, and whether inside a word."""
    body = ruler.body
    if limit >= stop or body[limit].isspace():
        return limit, False
    for at in range(limit - 1, start + (limit - start) // 2, -1):
        if body[at].isspace():
            return at, False
    # No white space in the second half: a script without spaces, or a very long word.
    at = start
    for cluster in _GRAPHEME.finditer(body, start, min(stop, limit + ruler.settings.max_chars)):
        if cluster.end() > limit:
            break
        at = cluster.end()
    if at > start:
        return at, True
    # One cluster longer than a passage may be. Up to max_chars over it is kept whole.
    whole = _GRAPHEME.match(body, start, min(stop, start + ruler.settings.max_chars))
    return (whole.end() if whole is not None else limit), True


def _lstrip(body: str, start: int, end: int) -> int:
    while start < end and body[start].isspace():
        start += 1
    return start


def _rstrip(body: str, start: int, end: int) -> int:
    while end > start and body[end - 1].isspace():
        end -= 1
    return end


# -- joining ----------------------------------------------------------------------------------


def _coarsen(pieces: list[_Piece], ruler: _Ruler) -> list[_Piece]:
    """Join neighbours to an eighth of a passage where there are very many."""
    if len(pieces) <= _COARSE_PIECES:
        return pieces
    limit = max(1, ruler.settings.max_tokens // 8)
    chars = ruler.settings.max_chars // 8
    joined = [pieces[0]]
    for piece in pieces[1:]:
        last = joined[-1]
        inside = piece.paragraph >= 0 and piece.penalty <= _AFTER_SENTENCE
        small = piece.end - last.start <= chars and ruler.tokens(last.start, piece.end) <= limit
        if small and (inside or piece.penalty in (0.0, _BETWEEN_ITEMS)):
            joined[-1] = replace(last, end=piece.end)
        else:
            joined.append(piece)
    return joined


def _join(pieces: Sequence[_Piece], ruler: _Ruler) -> list[list[_Piece]]:
    """Join pieces into passages at the least cost, by dynamic programming."""
    settings = ruler.settings
    counts = [bisect_left(ruler.starts, piece.start) for piece in pieces]
    stops = [bisect_left(ruler.starts, piece.end) for piece in pieces]
    n = len(pieces)
    best = [0.0] * (n + 1)  # best[j]: least cost of pieces[:j]
    cut_before = [0] * (n + 1)
    for j in range(1, n + 1):
        least = float("inf")
        for i in range(j - 1, -1, -1):
            first = pieces[i]
            size = stops[j - 1] - counts[i]
            room = settings.max_tokens
            if first.paragraph >= 0:
                room -= settings.overlap_tokens
            if i < j - 1 and (
                size > settings.max_tokens or pieces[j - 1].end - first.start > settings.max_chars
            ):
                break
            if i < j - 1 and size > room:
                continue
            slack = max(0.0, 1.0 - size / room)
            cost = best[i] + 1.0 + slack * slack + (first.penalty if i else 0.0)
            if cost < least:
                least, cut_before[j] = cost, i
        best[j] = least
    bounds = [n]
    while bounds[-1] > 0:
        bounds.append(cut_before[bounds[-1]])
    bounds.reverse()
    return [list(pieces[i:j]) for i, j in pairwise(bounds)]


def _with_overlap(group: Sequence[_Piece], ruler: _Ruler) -> tuple[int, int]:
    """Return a passage's span, begun earlier if it would begin inside a paragraph.

    The overlap begins at a sentence if one begins close enough before, otherwise at a word.
    """
    first, end = group[0], group[-1].end
    overlap = ruler.settings.overlap_tokens
    start = first.start
    if first.paragraph < 0 or overlap == 0:
        return start, end
    body = ruler.body
    back = bisect_left(ruler.starts, start) - overlap
    earliest = max(first.paragraph, ruler.starts[back] if back >= 0 else 0)
    earliest = max(earliest, end - ruler.settings.max_chars)
    # A little text before `earliest` lets the sentence finder see where it stands.
    window = max(first.paragraph, earliest - 400)
    begins = [window + at for at, _ in sentence_spans(body[window:start])]
    for at in begins:
        if at >= earliest and (at > window or at == first.paragraph) and ruler.fits(at, end):
            return at, end
    for at in range(max(earliest, first.paragraph + 1), start):
        if body[at - 1].isspace() and not body[at].isspace() and ruler.fits(at, end):
            return at, end
    return start, end
