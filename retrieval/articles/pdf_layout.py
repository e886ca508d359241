"""From pieces of text on pages to paragraphs, headings, lists and tables.

A PDF has no structure, only places and sizes, so this is reading by eye: text much larger
than most is a heading, a wide gap or a short line ends a paragraph, lines that repeat at
the edge of pages are headers and footers, cells in line with those above form a table.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

__all__ = ["Line", "Piece", "lines_of", "structured"]

_EDGE = 0.12
"""Headers and footers lie within this part of a page's height from its edges."""

_BULLET = re.compile(r"[•·▪●○◦‣■□\x7f\uf0b7\uf0a7\uf0d8\uf02d\uf0fc](?:\s+|$)|[-–*o](?:\s+|$)")
_NUMBER = re.compile(r"\(?(\d{1,3}|[a-z])[.)](?:\s+|$)")
_PAGE_NUMBER = re.compile(
    r"(?:(?:page|seite|p\.?)\s*)?[-–—]?\s*(?:\d{1,4}|[ivxlc]{1,6})\s*[-–—]?"
    r"(?:\s*(?:of|/|von)\s*\d{1,4})?",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"[.!?:;…。！？][\"'”’)\]]*$")
_BROKEN_WORD = re.compile(r"(\w+)[-\u00ad\u2010]$")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_LIGATURES = str.maketrans(
    {
        "\ufb00": "ff",
        "\ufb01": "fi",
        "\ufb02": "fl",
        "\ufb03": "ffi",
        "\ufb04": "ffl",
        "\u00a0": " ",
    }
)


@dataclass(frozen=True)
class Piece:
    """Text as the page draws it, with its place and size in points, y upwards."""

    text: str
    x: float
    y: float
    size: float
    bold: bool


@dataclass
class Line:
    """One line of a page: pieces at the same height.

    Attributes:
        cells: Text of each part that was placed by itself, with its left end.
        y: Height on the page, in points from the bottom.
        size: Size of most of its text.
        bold: Whether all of it is bold.
        edge: Where it lies: "top", "bottom" or "".
    """

    cells: list[tuple[float, str]]
    y: float
    size: float
    bold: bool
    edge: str = ""
    sizes: Counter[float] = field(default_factory=Counter)

    @property
    def text(self) -> str:
        """The whole line."""
        return " ".join(" ".join(text for _, text in self.cells).split())

    @property
    def x(self) -> float:
        """Its left end."""
        return self.cells[0][0]


def lines_of(pieces: Sequence[Piece], bottom: float, height: float) -> list[Line]:
    """Return a page's lines in reading order.

    Args:
        pieces: As the page draws them.
        bottom: Lower edge of the page, in points.
        height: Its height.
    """
    lines: list[Line] = []
    apart = True
    for piece in pieces:
        text = _CONTROL.sub("", piece.text.translate(_LIGATURES))
        if not text.strip():
            continue
        line = lines[-1] if lines else None
        if line is not None and abs(piece.y - line.y) <= 0.35 * max(piece.size, line.size, 1.0):
            if apart or piece.x < line.cells[-1][0]:
                line.cells.append((piece.x, text))
            else:
                start, before = line.cells[-1]
                line.cells[-1] = (start, before + text)
            line.bold = line.bold and piece.bold
        else:
            line = Line([(piece.x, text)], piece.y, piece.size, piece.bold)
            above = (piece.y - bottom) / height if height > 0 else 0.5
            line.edge = "top" if above > 1 - _EDGE else "bottom" if above < _EDGE else ""
            lines.append(line)
        line.sizes[piece.size] += len(text.strip())
        line.size = line.sizes.most_common(1)[0][0]
        apart = text.endswith("\n")
    for line in lines:
        line.cells = [(x, " ".join(text.split())) for x, text in line.cells if text.strip()]
    return [line for line in lines if line.cells]


def structured(pages: Sequence[Sequence[Line]]) -> tuple[str, str]:
    """Return (title or "", light Markdown) of a document's pages."""
    kept = _without_edges(pages)
    flat = [line for page in kept for line in page]
    if not flat:
        return "", ""
    sizes: Counter[float] = Counter()
    for line in flat:
        sizes[line.size] += len(line.text)
    body_size = sizes.most_common(1)[0][0]
    blocks = list(_blocks(kept, body_size))
    levels = _levels(blocks)
    first = next((b for b in blocks if b.heading and b.size == max(levels, default=0)), None)
    title = first.text if first is not None and blocks.index(first) < 3 else ""
    words = {word for line in flat for word in re.findall(r"\w+-\w+", line.text)}
    return title, _markdown(blocks, levels, words)


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
            if not line.edge
            or (seen[_edge_key(line)] < needed and not _is_page_number(line, len(pages)))
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
    table: bool = False

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
            rows = _table_rows(page, place)
            if rows:
                if block is not None:
                    yield block
                yield _Block(list(page[place : place + rows]), body_size, table=True)
                block = None
                place += rows
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
        return f"{number[1]}. " if number[1].isdigit() else f"{number[1]}) "
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


def _table_rows(page: Sequence[Line], place: int) -> int:
    """Return how many lines from `place` on are rows of one table, or 0."""
    first = page[place]
    count = len(first.cells)
    if count < 2 or (count == 2 and _is_bare_marker(first.cells[0][1])):
        return 0
    rows = 1
    for line in page[place + 1 :]:
        aligned = len(line.cells) == count and all(
            abs(x - other) <= 2 * max(line.size, 8.0)
            for (x, _), (other, _) in zip(line.cells, first.cells, strict=True)
        )
        if not aligned or _is_bare_marker(line.cells[0][1]):
            break
        rows += 1
    return rows if rows >= 2 else 0


def _is_bare_marker(text: str) -> bool:
    return bool(_marker(text + " x")) and len(text) <= 4


def _levels(blocks: Sequence[_Block]) -> dict[float, int]:
    """Return heading level by size: the largest is 1."""
    sizes = sorted(
        {block.size for block in blocks if block.heading and not block.bold}, reverse=True
    )
    return {size: min(level, 5) for level, size in enumerate(sizes, 1)}


def _markdown(blocks: Sequence[_Block], levels: dict[float, int], words: set[str]) -> str:
    deepest = max(levels.values(), default=1)
    parts: list[str] = []
    in_list = False
    for block in blocks:
        if block.table:
            text, listed = _pipe_table(block.lines), False
        elif block.heading:
            level = min(deepest + 1, 6) if block.bold else levels[block.size]
            text, listed = "#" * level + " " + _joined(block.lines, words), False
        else:
            text, listed = _joined(block.lines, words), bool(block.marker)
            if listed:
                found = _BULLET.match(text) or _NUMBER.match(text)
                text = block.marker + text[found.end() if found else 0 :].lstrip()
        if parts:
            parts.append("\n" if listed and in_list else "\n\n")
        parts.append(text)
        in_list = listed
    return "".join(parts)


def _joined(lines: Sequence[Line], words: set[str]) -> str:
    """Return lines as one, words that were broken at line ends made whole."""
    text = lines[0].text
    for line in lines[1:]:
        following = line.text
        broken = _BROKEN_WORD.search(text)
        rest = re.match(r"\w+", following)
        if broken and rest and following[:1].islower():
            compound = f"{broken[1]}-{rest[0]}" in words
            text = (text[:-1] + "-" if compound else text[:-1]) + following
        else:
            text += " " + following
    return text.replace("\u00ad", "")


def _pipe_table(lines: Sequence[Line]) -> str:
    rows = [[text.replace("|", "\\|") for _, text in line.cells] for line in lines]
    head, *rest = ("| " + " | ".join(row) + " |" for row in rows)
    return "\n".join([head, "|" + " --- |" * len(rows[0]), *rest])
