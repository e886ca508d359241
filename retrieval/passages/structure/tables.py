"""Where tables begin and which lines are their rows, with Markdown's delimiter row or without.

Without one, columns are parted by " | ", tabs or wide gaps, as exports and plain text have it:
lines that are parted alike, one below the other, are a table.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from retrieval.passages.structure.lines import Lines

__all__ = ["TableStart", "has_header", "is_row", "table_start"]

_TABS = re.compile(r"\t+")
_WIDE_GAP = re.compile(r"(?<=\S) {3,}(?=\S)")
_DIGIT = re.compile(r"[0-9]")
_LOOSE_ROW_CHARS = 400
"""Rows of tables without a delimiter row are no longer than this."""
_DELIMITER_CHARACTERS = frozenset("|-: \t")


@dataclass(frozen=True)
class TableStart:
    """How a table begins.

    Attributes:
        first_row: Its first line below header and delimiter row; its first line without them.
        parted_by: What parts cells where no delimiter row is; otherwise empty.
        gaps: How often, in every row; otherwise 0.
    """

    first_row: int
    parted_by: str
    gaps: int


def table_start(lines: Lines, i: int) -> TableStart | None:
    """Return how a table begins whose first row is line `i`, if one does."""
    if i + 1 >= len(lines) or lines.blank_before[i + 1]:
        return None
    start, end = lines.first[i], lines.last[i]
    if lines.body.find("|", start, end) >= 0:
        below = lines.text(i + 1)
        if "-" in below and "|" in below and set(below) <= _DELIMITER_CHARACTERS:
            if _columns(below) == _columns(lines.text(i)):
                return TableStart(i + 2, "", 0)
            return None
    columns = _loose_columns(lines, i)
    if columns is None or columns != _loose_columns(lines, i + 1):
        return None
    # Two cells in two rows may be chance; in three rows they are not.
    if columns[1] == 1 and (
        i + 2 >= len(lines) or lines.blank_before[i + 2] or _loose_columns(lines, i + 2) != columns
    ):
        return None
    return TableStart(i, *columns)


def is_row(lines: Lines, i: int, begins: TableStart) -> bool:
    """Tell whether line `i` is parted into cells the way this table is."""
    if begins.parted_by:
        return _loose_columns(lines, i) == (begins.parted_by, begins.gaps)
    return lines.body.find("|", lines.first[i], lines.last[i]) >= 0


def has_header(body: str, rows: Sequence[tuple[int, int]]) -> bool:
    """Tell whether the first row is a header where no delimiter row tells.

    Words above figures are one.
    """
    figures = [_DIGIT.search(body, *row) is not None for row in rows]
    return not figures[0] and any(figures)


def _loose_columns(lines: Lines, i: int) -> tuple[str, int] | None:
    """Return what parts a line into cells without Markdown's delimiter row, and how often."""
    start, end = lines.first[i], lines.last[i]
    if end - start > _LOOSE_ROW_CHARS:
        return None
    text = lines.body[start:end]
    if " | " in text:
        found = "|", _columns(text) - 1
    elif "\t" in text:
        found = "\t", len(_TABS.findall(text))
    elif "   " in text:
        found = " ", len(_WIDE_GAP.findall(text))
    else:
        return None
    return found if lines.marker(i) is None else None


def _columns(row: str) -> int:
    """Count a pipe row's columns; an escaped pipe is text, a frame adds none."""
    inner = row.replace("\\|", "")
    return inner.count("|") + 1 - inner.startswith("|") - (inner.endswith("|") and len(inner) > 1)
