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

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace

from retrieval.passages.joining import coarsened, joined, with_overlap
from retrieval.passages.pieces import pieces_of
from retrieval.passages.ruler import ChunkSettings, Ruler, TokenStarts
from retrieval.passages.structure import Block, BlockKind, blocks
from retrieval.types import Article, Passage

__all__ = ["ChunkSettings", "TokenStarts", "cut"]

DEFAULTS = ChunkSettings()

_MAX_HEADER_TOKENS = 60
"""A table's header row longer than this leaves no room for rows beside it."""


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
    ruler = Ruler(body, token_starts(body), settings)
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


def _merge_tiny(sections: Sequence[_Section], ruler: Ruler) -> list[_Section]:
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


def _header_above(tables: Sequence[Block], start: int, ruler: Ruler) -> str:
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


def _passage_spans(section: _Section, ruler: Ruler) -> list[tuple[int, int]]:
    start, end = section.parts[0].start, section.parts[-1].end
    if ruler.fits(start, end):
        return [(start, end)]
    pieces = coarsened(pieces_of(section.parts, ruler), ruler)
    return [with_overlap(group, ruler) for group in joined(pieces, ruler)]
