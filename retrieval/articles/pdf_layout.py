"""From lines of pages to paragraphs, headings, lists and tables.

A PDF has no structure, only places and sizes, so this is reading by eye: text much larger
than most is a heading, a wide gap or a short line ends a paragraph, lines that repeat at
the edge of pages are headers and footers, cells in line with those above form a table.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from retrieval.articles.pdf_lines import Line
from retrieval.articles.pdf_tables import Table, table_at

__all__ = ["structured"]

_BULLET = re.compile(r"[•·▪●○◦‣■□\x7f\uf0b7\uf0a7\uf0d8\uf02d\uf0fc](?:\s+|$)|[-–*o](?:\s+|$)")
_NUMBER = re.compile(r"(?:(\d{1,3}|[a-z])[.)]|\((\d{1,2}|[a-z])\)(?!\s*\d))(?:\s+|$)")
_LEADER = re.compile(r"(?:\s*\.){4,}\s*\d{1,4}$|(?:\s*…){2,}\s*\d{1,4}$")
_PAGE_NUMBER = re.compile(
    r"(?:(?:page|seite|p\.?)\s*)?[-–—]?\s*(?:\d{1,4}|[ivxlc]{1,6})\s*[-–—]?"
    r"(?:\s*(?:of|/|von)\s*\d{1,4})?",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"[.!?:;…。！？][\"'”’)\]]*$")
_BROKEN_WORD = re.compile(r"(\w+)[-\u00ad\u2010]$")


def structured(pages: Sequence[Sequence[Line]]) -> tuple[str, str, list[tuple[int, int]]]:
    """Return (title or "", light Markdown, places) of a document's pages.

    Places are pairs: from this offset of the Markdown on, the text stands on this page.
    """
    kept = _without_edges(pages)
    flat = [line for page in kept for line in page]
    if not flat:
        return "", "", []
    sizes: Counter[float] = Counter()
    for line in flat:
        sizes[line.size] += len(line.text)
    body_size = sizes.most_common(1)[0][0]
    blocks = list(_blocks(kept, body_size))
    levels = _levels(blocks)
    first = next((b for b in blocks if b.heading and b.size == max(levels, default=0)), None)
    words = {word for line in flat for word in re.findall(r"\w+-\w+", line.text)}
    title = first.text if first is not None and blocks.index(first) < 3 else ""
    return title, *_markdown(blocks, levels, words)


def _without_edges(pages: Sequence[Sequence[Line]]) -> list[list[Line]]:
    """Return the pages without page numbers and lines that repeat at their edges."""
    seen: Counter[tuple[str, str, float]] = Counter()
    for page in pages:
        seen.update({_edge_key(line) for line in page if line.edge})
    needed = max(2, (len(pages) + 1) // 2)
    return [
        [
            line
            for line in page
            if not _LEADER.search(line.text)  # a table of contents
            and (not line.edge or seen[_edge_key(line)] < needed)
            and not (line.edge and _is_page_number(line, len(pages)))
        ]
        for page in pages
    ]


def _edge_key(line: Line) -> tuple[str, str, float]:
    return line.edge, re.sub(r"\d+", "#", line.text), line.size


def _is_page_number(line: Line, pages: int) -> bool:
    found = _PAGE_NUMBER.fullmatch(line.text)
    return found is not None and (pages > 1 or not line.text.isdigit())


@dataclass
class _Block:
    """Lines that belong together."""

    lines: list[Line]
    size: float
    marker: str = ""
    heading: bool = False
    bold: bool = False
    table: Table | None = None

    @property
    def text(self) -> str:
        return " ".join(line.text for line in self.lines)


def _blocks(pages: Sequence[Sequence[Line]], body_size: float) -> Iterator[_Block]:
    leading = _leading(pages, body_size)
    width = _width(pages, body_size)
    block: _Block | None = None
    for page in pages:
        place = 0
        while place < len(page):
            table = _table_at(page, place)
            if table is not None:
                if block is not None:
                    yield block
                lines = list(page[place : place + table.lines])
                yield _Block(lines, body_size, table=table)
                block = None
                place += table.lines
                continue
            line = page[place]
            place += 1
            if block is not None and _continues(block, line, leading, width):
                block.lines.append(line)
                continue
            if block is not None:
                yield block
            block = _begun(line, body_size)
    if block is not None:
        yield block


def _begun(line: Line, body_size: float) -> _Block:
    marker = _marker(line.text)
    heading = (
        not marker
        and len(line.text) <= 150
        and any(map(str.isalpha, line.text))
        and line.size > body_size * 1.12
    )
    bold = (
        not marker
        and not heading
        and line.bold
        and len(line.text) <= 100
        and not _SENTENCE_END.search(line.text)
    )
    return _Block([line], line.size, marker=marker, heading=heading or bold, bold=bold)


def _marker(text: str) -> str:
    """Return the list marker that a line begins with, as light Markdown, or ""."""
    if _BULLET.match(text) and len(text) > 1:
        return "- "
    number = _NUMBER.match(text)
    if number and len(text) > number.end():
        mark = number[1] or number[2]
        return f"{mark}. " if mark.isdigit() else f"{mark}) "
    return ""


def _continues(block: _Block, line: Line, leading: float, width: float) -> bool:
    """Tell whether a line goes on with the block above it."""
    last = block.lines[-1]
    if _marker(line.text) or abs(line.size - last.size) > 0.1 * max(last.size, 1.0):
        return False
    gap = last.y - line.y
    if block.heading:
        return 0 < gap < 1.5 * line.size and line.bold == last.bold
    if line.bold and not last.bold and not _SENTENCE_END.search(line.text) and gap > 0:
        return last.text[-1:] not in ".:!?" and gap <= leading * 1.3
    unfinished = not _SENTENCE_END.search(last.text)
    if not 0 < gap <= leading * 1.35:
        # Another column or page (gap below zero), or a wide space.
        return unfinished and gap <= 0 and not line.text[:1].isupper()
    short = len(last.text) < 0.65 * width
    return not short or (unfinished and line.text[:1].islower())


def _leading(pages: Sequence[Sequence[Line]], body_size: float) -> float:
    """Return the usual distance between lines of running text, in points."""
    gaps: Counter[float] = Counter()
    for page in pages:
        for above, below in pairwise(page):
            gap = round(above.y - below.y, 1)
            if above.size == below.size == body_size and 0 < gap < 3 * body_size:
                gaps[gap] += 1
    # The commonest distance, unless all are rare: then paragraphs are single lines.
    common = gaps.most_common(1)
    return common[0][0] if common and common[0][1] > 1 else 1.3 * body_size


def _width(pages: Sequence[Sequence[Line]], body_size: float) -> float:
    """Return how many characters a full line of running text has."""
    lengths = sorted(len(line.text) for page in pages for line in page if line.size == body_size)
    longest = lengths[-max(1, len(lengths) // 4) :]
    return median(longest) if longest else 80.0


def _table_at(page: Sequence[Line], place: int) -> Table | None:
    first = page[place].cells[0].text
    if _is_bare_marker(first):
        return None
    return table_at(page, place)


def _is_bare_marker(text: str) -> bool:
    return bool(_marker(text + " x")) and len(text) <= 4


def _levels(blocks: Sequence[_Block]) -> dict[float, int]:
    """Return heading level by size: the largest is 1."""
    sizes = sorted(
        {block.size for block in blocks if block.heading and not block.bold}, reverse=True
    )
    return {size: min(level, 5) for level, size in enumerate(sizes, 1)}


def _markdown(
    blocks: Sequence[_Block], levels: dict[float, int], words: set[str]
) -> tuple[str, list[tuple[int, int]]]:
    deepest = max(levels.values(), default=1)
    text = ""
    places: list[tuple[int, int]] = []
    in_list = False
    for block in blocks:
        prefix, cut, listed = "", 0, bool(block.marker)
        if block.heading:
            level = min(deepest + 1, 6) if block.bold else levels[block.size]
            prefix = "#" * level + " "
        elif listed:
            found = _BULLET.match(block.text) or _NUMBER.match(block.text)
            prefix, cut = block.marker, found.end() if found else 0
        if text:
            text += "\n" if listed and in_list else "\n\n"
        start = len(text)
        if block.table is not None:
            text += block.table.markdown()
            pages = [(0, block.lines[0].page)]
        else:
            joined, pages = _joined(block.lines, words)
            whole = joined[cut:].lstrip()
            text += prefix + whole
            cut = len(joined) - len(whole) - len(prefix)
        for offset, page in pages:
            if not places or places[-1][1] != page:
                places.append((start + max(offset - cut, 0), page))
        in_list = listed
    return text, places


def _joined(lines: Sequence[Line], words: set[str]) -> tuple[str, list[tuple[int, int]]]:
    """Return lines as one, words that were broken at line ends made whole, and the pages."""
    text = lines[0].text
    pages = [(0, lines[0].page)]
    for line in lines[1:]:
        following = line.text
        broken = _BROKEN_WORD.search(text)
        rest = re.match(r"\w+", following)
        if broken and rest and following[:1].islower():
            compound = f"{broken[1]}-{rest[0]}" in words
            text = text[:-1] + "-" if compound else text[:-1]
        else:
            text += " "
        if line.page != pages[-1][1]:
            pages.append((len(text), line.page))
        text += following
    return text.replace("\u00ad", ""), pages
