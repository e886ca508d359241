"""Tables of a page, by the places of their cells.

A PDF draws cells and knows no table. Cells beside each other are a row; what stands under one
of them, one line's height below, goes on in it; rows whose cells stand under each other are
a table, its first row the header.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from retrieval.articles.pdf_lines import Cell, Line

__all__ = ["Table", "table_at"]

_LEADING = 1.65
"""Most that a cell's next line stands below the one before, in sizes of the type."""

_APART = 24.0
"""Points between a cell and the nearest column from which on it is a column of its own."""

_LONGEST = 12
"""A cell of more lines is a column of running text."""


@dataclass
class _Box:
    """A cell of a row, over one or several lines."""

    x0: float
    x1: float
    top: float
    bottom: float
    texts: list[str]

    @property
    def text(self) -> str:
        return " ".join(self.texts)

    def beside(self, line: Line) -> bool:
        """Tell whether a line stands at the height of this cell."""
        slack = 0.5 * line.size
        return self.bottom - slack <= line.y <= self.top + slack

    def above(self, cell: Cell, line: Line) -> bool:
        """Tell whether a cell goes on with this one, on the next line."""
        fall = self.bottom - line.y
        overlap = min(self.x1, cell.x1) - max(self.x0, cell.x0)
        return 0.2 * line.size < fall <= _LEADING * line.size and overlap > 0

    def add(self, cell: Cell, line: Line) -> None:
        self.x0, self.x1 = min(self.x0, cell.x0), max(self.x1, cell.x1)
        self.bottom = min(self.bottom, line.y)
        self.texts.append(cell.text)


@dataclass
class _Row:
    """Cells beside each other.

    Attributes:
        boxes: From left to right.
        lines: How many lines of the page they take.
    """

    boxes: list[_Box]
    lines: int


@dataclass(frozen=True)
class Table:
    """A table of a page.

    Attributes:
        rows: The text of each cell; all rows are equally long.
        lines: How many lines of the page it takes.
    """

    rows: tuple[tuple[str, ...], ...]
    lines: int

    def markdown(self) -> str:
        """Return the table with pipes; the first row is the header."""
        head, *rest = (
            "| " + " | ".join(text.replace("|", "\\|") for text in row) + " |" for row in self.rows
        )
        return "\n".join([head, "|" + " --- |" * len(self.rows[0]), *rest])


def table_at(lines: Sequence[Line], place: int) -> Table | None:
    """Return the table that begins with a line of a page, if one does."""
    first = _first_row(lines, place)
    if first is None:
        return None
    columns = [(box.x0, box.x1) for box in first.boxes]
    rows: list[_Row] = []
    for row in _rows(lines, place):
        fitted = _fitted(columns, row) if _is_row(row) else None
        if fitted is None:
            break
        columns = fitted
        rows.append(row)
    if len(rows) < 2 or len(columns) < 2 or not _is_aligned(rows, columns):
        return None
    texts = []
    for row in rows:
        cells = [""] * len(columns)
        for box in row.boxes:
            column = _column_of(box, columns)
            cells[column] = f"{cells[column]} {box.text}".strip()
        texts.append(tuple(cells))
    return Table(tuple(texts), sum(row.lines for row in rows))


def _first_row(lines: Sequence[Line], place: int) -> _Row | None:
    row = next(_rows(lines, place), None)
    return row if row is not None and _is_row(row) else None


def _is_row(row: _Row) -> bool:
    return len(row.boxes) >= 2 and all(len(box.texts) <= _LONGEST for box in row.boxes)


def _rows(lines: Sequence[Line], place: int) -> Iterator[_Row]:
    """Yield the rows from a line on, in the order in which the page draws them."""
    row: _Row | None = None
    for line in lines[place:]:
        if row is None:
            row = _begun(line)
        elif _goes_on(row, line):
            row.lines += 1
        else:
            yield row
            row = _begun(line)
    if row is not None:
        yield row


def _begun(line: Line) -> _Row:
    boxes = [_Box(cell.x0, cell.x1, line.y, line.y, [cell.text]) for cell in line.cells]
    return _Row(boxes, 1)


def _goes_on(row: _Row, line: Line) -> bool:
    """Add a line to a row if it belongs there: to the right of it, or under one of its cells."""
    last = row.boxes[-1]
    to_the_right = all(cell.x0 >= last.x1 - 0.3 * line.size for cell in line.cells)
    if to_the_right and any(box.beside(line) for box in row.boxes):
        row.boxes.extend(_Box(cell.x0, cell.x1, line.y, line.y, [cell.text]) for cell in line.cells)
        return True
    targets = []
    for cell in line.cells:
        under = [box for box in row.boxes if box.above(cell, line)]
        if len(under) != 1:
            return False
        targets.append(under[0])
    if len({id(box) for box in targets}) < len(targets):
        return False
    if len(row.boxes) > 1 and row.boxes[0] in targets and len(targets) == len(row.boxes):
        return False  # a whole row of its own
    if len(row.boxes) > 1 and row.boxes[0] in targets and last not in targets and row.lines == 1:
        # The first cell goes on while the others don't: only where they stand lower anyhow.
        return False
    for box, cell in zip(targets, line.cells, strict=True):
        box.add(cell, line)
    return True


def _fitted(columns: Sequence[tuple[float, float]], row: _Row) -> list[tuple[float, float]] | None:
    """Return the columns widened by a row's cells; None if they don't fit."""
    if len(row.boxes) > len(columns):
        boxes = [(box.x0, box.x1) for box in row.boxes]
        wide = [_Box(x0, x1, 0, 0, []) for x0, x1 in columns]
        return _joined(boxes, wide)
    return _joined(list(columns), row.boxes)


def _joined(
    columns: list[tuple[float, float]], boxes: Sequence[_Box]
) -> list[tuple[float, float]] | None:
    """Return the columns widened by cells, with new ones for cells that stand between them."""
    widened = list(columns)
    used: set[int] = set()
    new: list[tuple[float, float]] = []
    # Those that stand under a column take it before those that are only near it.
    for box in sorted(boxes, key=lambda box: -_overlap(box, columns[_column_of(box, columns)])):
        column = _column_of(box, columns)
        x0, x1 = columns[column]
        apart = max(box.x0 - x1, x0 - box.x1)
        if apart > 0 and (column in used or apart > _APART):
            new.append((box.x0, box.x1))
            continue
        if column in used:
            return None
        used.add(column)
        wider = min(widened[column][0], box.x0), max(widened[column][1], box.x1)
        # A cell that spans several columns widens none.
        if not any(
            min(wider[1], end) > max(wider[0], start) + 1
            for number, (start, end) in enumerate(widened)
            if number != column
        ):
            widened[column] = wider
    return sorted((*widened, *new))


def _column_of(box: _Box, columns: Sequence[tuple[float, float]]) -> int:
    """Return the column that a cell overlaps most, or the nearest one."""
    return max(range(len(columns)), key=lambda number: _overlap(box, columns[number]))


def _overlap(box: _Box, column: tuple[float, float]) -> float:
    """Return how far a cell and a column overlap; below zero how far they stand apart."""
    return min(box.x1, column[1]) - max(box.x0, column[0])


def _is_aligned(rows: Sequence[_Row], columns: Sequence[tuple[float, float]]) -> bool:
    """Tell whether cells of a column share an edge or the middle in at least half of the rows."""
    pairs = aligned = 0
    for above, below in pairwise(rows):
        for box in below.boxes:
            column = _column_of(box, columns)
            over = [one for one in above.boxes if _column_of(one, columns) == column]
            for other in over:
                pairs += 1
                aligned += (
                    abs(box.x0 - other.x0) < 3
                    or abs(box.x1 - other.x1) < 3
                    or abs(box.x0 + box.x1 - other.x0 - other.x1) < 8
                )
    return pairs > 0 and aligned * 2 >= pairs
