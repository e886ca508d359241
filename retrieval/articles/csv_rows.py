"""Rows of a CSV file with the lines they start on, going on after a broken one.

For files with a header whose separator isn't agreed on: of commas, semicolons and tabs the
most frequent in the header counts. It knows no columns; who reads rows decides about them.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence

__all__ = ["CsvRow", "csv_delimiter", "csv_rows", "wrong_width"]

CsvRow = tuple[int, list[str] | str]
"""The line on which a row starts, and its cells or what is wrong with it."""

_DELIMITERS = (",", ";", "\t", "|")

_MAX_RESUMPTIONS = 50
"""Unclosed quotes after which the rest of a file is given up: each costs a scan to its end."""


def csv_delimiter(header: str) -> str:
    r"""Return what separates the cells of a header.

    >>> csv_delimiter("id;title;body")
    ';'
    """
    return max(_DELIMITERS, key=header.count)


def csv_rows(lines: Sequence[str], delimiter: str, *, max_cell_chars: int) -> Iterator[CsvRow]:
    """Yield the rows, the header's included.

    After a row that is not CSV, the next line begins a row again.

    Args:
        lines: Of the file, with their ends as they are.
        delimiter: Between cells (see `csv_delimiter`).
        max_cell_chars: A row with a longer cell is a broken one.
    """
    limit = csv.field_size_limit(max_cell_chars)
    try:
        start = 0
        for _ in range(_MAX_RESUMPTIONS):
            reader = csv.reader(lines[start:], delimiter=delimiter, strict=True)
            line = start
            try:
                for cells in reader:
                    yield line + 1, cells
                    line = start + reader.line_num
                return
            except csv.Error as error:
                yield (
                    line + 1,
                    f'not valid CSV: {error}; put " around the cell and double inner ones',
                )
                start = line + 1
        yield start + 1, "too many broken rows: the rest of the file is left out"
    finally:
        csv.field_size_limit(limit)


def wrong_width(cells: Sequence[str], columns: int) -> str | None:
    """Say what is wrong with a row that has not as many cells as the header; None if it has."""
    if len(cells) == columns:
        return None
    return (
        f"the row has {len(cells)} cells, the header {columns}; "
        'put " around cells that hold separators or line breaks'
    )
