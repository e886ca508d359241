"""HTML tables as pipe tables: spans filled in, header rows found, layout tables told apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from lxml.html import HtmlElement

__all__ = ["Grid", "grid_of", "is_layout", "pipe_table"]

_MAX_SPAN = 100
"""Spans beyond this are cut: a `colspan` of a million would fill the memory."""

_MAX_CELLS = 500_000
"""Cells that spans may add up to in one table."""

_MAX_REPEATED_CHARS = 1_000
"""A longer text isn't repeated in the rows that its cell spans."""

_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")


@dataclass(frozen=True)
class Grid:
    """A table's own cells, row by row, without those of tables inside it.

    Attributes:
        rows: Cells as the source has them.
        head: How many rows at the top are headers.
    """

    rows: tuple[tuple[HtmlElement, ...], ...]
    head: int


def grid_of(table: HtmlElement) -> Grid:
    """Return the rows and cells of a table."""
    rows: list[tuple[HtmlElement, ...]] = []
    head = 0
    for cells, in_head in _rows(table, in_head=False):
        rows.append(cells)
        if head == len(rows) - 1 and (in_head or all(cell.tag == "th" for cell in cells)):
            head += 1
    return Grid(tuple(rows), head)


def _rows(part: HtmlElement, *, in_head: bool) -> Iterator[tuple[tuple[HtmlElement, ...], bool]]:
    """Yield the cells of each row; cells outside of any row make one of their own."""
    loose: list[HtmlElement] = []
    for child in part:
        if child.tag in ("td", "th"):
            loose.append(child)
            continue
        if loose:
            yield tuple(loose), in_head
            loose = []
        if child.tag == "tr":
            cells = tuple(cell for cell in child if cell.tag in ("td", "th"))
            if cells:
                yield cells, in_head
        elif child.tag in ("thead", "tbody", "tfoot") and part.tag == "table":
            yield from _rows(child, in_head=child.tag == "thead")
    if loose:
        yield tuple(loose), in_head


def is_layout(table: HtmlElement, grid: Grid) -> bool:
    """Tell whether a table only places things on a page: its cells are then read in turn."""
    if (table.get("role") or "").lower() in ("presentation", "none"):
        return True
    if max(map(len, grid.rows), default=0) <= 1:
        return True
    if next(table.iterdescendants("table"), None) is not None:
        return True
    if grid.head:
        return False
    plain_cells = all(cell.tag == "td" for row in grid.rows for cell in row)
    return plain_cells and (
        next(table.iterdescendants(*_HEADINGS), None) is not None
        or (
            len(grid.rows) == 1
            and next(table.iterdescendants("p", "ul", "ol", "div", "pre"), None) is not None
        )
    )


def pipe_table(grid: Grid, text_of: Callable[[HtmlElement], str]) -> str:
    """Return a table with one line a row.

    A cell that spans rows is repeated in each, so that every row can be read by itself. One
    that spans columns is repeated in header rows only. Several header rows become one.
    Without any, the first row is the header, as Word and most editors leave it, unless rows
    begin with a header of their own: then the header is empty.

    Args:
        grid: The table.
        text_of: Gives a cell's text on one line.
    """
    rows = _filled(grid, text_of)
    width = max(len(row) for row in rows)
    rows = [row + [""] * (width - len(row)) for row in rows]
    head = grid.head
    if head == len(rows):
        head = 1
    if head == 0 and any(row[0].tag == "th" for row in grid.rows[1:] or grid.rows):
        header = [""] * width
    else:
        head = max(head, 1)
        header = [_merged([row[column] for row in rows[:head]]) for column in range(width)]
    body = [row for row in rows[head:] if any(row)]
    kept = [column for column in range(width) if header[column] or any(r[column] for r in body)]
    if not kept:
        return ""
    lines = [_line(header, kept), "|" + " --- |" * len(kept)]
    lines.extend(_line(row, kept) for row in body)
    return "\n".join(lines)


def _filled(grid: Grid, text_of: Callable[[HtmlElement], str]) -> list[list[str]]:
    """Return the texts of all cells, spans written out."""
    rows: list[list[str]] = []
    above: dict[int, tuple[str, int]] = {}  # column → (text, rows left) of a cell that hangs down
    total = 0
    for number, cells in enumerate(grid.rows):
        row: list[str] = []
        below: dict[int, tuple[str, int]] = {}
        for cell in cells:
            _hang(row, above, below)
            text = text_of(cell).replace("|", "\\|")
            columns = _span(cell.get("colspan")) if total < _MAX_CELLS else 1
            depth = _span(cell.get("rowspan")) if total < _MAX_CELLS else 1
            for offset in range(columns):
                if offset and len(row) in above:
                    break
                shown = text if offset == 0 or number < grid.head else ""
                if depth > 1:
                    repeated = shown if len(shown) <= _MAX_REPEATED_CHARS else ""
                    below[len(row)] = (repeated, depth - 1)
                row.append(shown)
        _hang(row, above, below)
        above = below
        total += len(row)
        rows.append(row)
    return rows


def _hang(
    row: list[str], above: dict[int, tuple[str, int]], below: dict[int, tuple[str, int]]
) -> None:
    """Fill the next columns of a row as far as cells from above hang into them."""
    while (hanging := above.get(len(row))) is not None:
        text, left = hanging
        if left > 1:
            below[len(row)] = (text, left - 1)
        row.append(text)


def _span(value: str | None) -> int:
    text = (value or "").strip()
    return max(1, min(_MAX_SPAN, int(text))) if text.isascii() and text.isdigit() else 1


def _merged(texts: list[str]) -> str:
    return " ".join(dict.fromkeys(text for text in texts if text))


def _line(row: list[str], columns: list[int]) -> str:
    return "|" + "".join(f" {row[column]} |" for column in columns)
