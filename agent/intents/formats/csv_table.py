"""CSV with a header: `text` and one of `label`, `intent`, `category`.

Columns may come in any order and further ones are ignored; semicolons and tabs are
understood as separators. The label `oos`, or an empty one, is out of scope. Texts are kept
verbatim. A bad row is named by the line on which it starts, and the others are taken.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

from agent.intents.formats.found import (
    BadLine,
    Found,
    Labelled,
    SourceFile,
    Unreadable,
    label_of,
)

__all__ = ["load", "recognises"]

_LABELS = ("label", "intent", "category")
_DELIMITERS = (",", ";", "\t")
_EXPECTED = "expected a column text and one of label, intent, category"

_MAX_CELL_CHARS = 4_000_000
_MAX_RESUMPTIONS = 50
"""Unclosed quotes after which the rest of a file is given up: each costs a scan to its end."""


def recognises(file: SourceFile) -> bool:
    """Tell whether the first line is a header with the columns we need."""
    try:
        lines = _lines(file)
    except Unreadable:
        return False
    if not lines:
        return False
    names = _cells(lines[0])
    return "text" in names and any(name in names for name in _LABELS)


def load(file: SourceFile) -> Iterator[Found]:
    """Yield one labelled message a row."""
    lines = _lines(file)
    if not lines:
        raise Unreadable(f"the file is empty; {_EXPECTED}")
    delimiter = _delimiter(lines[0])
    rows = _rows(lines, delimiter)
    _, header = next(rows)
    if isinstance(header, str):
        raise Unreadable(f"the header can't be read: {header}", 1)
    names = [name.strip().casefold() for name in header]
    text_at, label_at = _columns(names, header)
    for line, cells in rows:
        if cells in ([], [""]):
            continue
        yield _row(cells, line, len(names), text_at, label_at)


def _lines(file: SourceFile) -> list[str]:
    return list(io.StringIO(file.lenient_text, newline=""))


def _delimiter(header: str) -> str:
    return max(_DELIMITERS, key=header.count)


def _cells(header: str) -> list[str]:
    try:
        cells = next(csv.reader([header], delimiter=_delimiter(header)), [])
    except csv.Error:
        return []
    return [cell.strip().casefold() for cell in cells]


def _columns(names: Sequence[str], header: Sequence[str]) -> tuple[int, int]:
    labels = [at for at, name in enumerate(names) if name in _LABELS]
    if names.count("text") != 1 or not labels:
        raise Unreadable(f"the header is {list(header)!r:.200}; {_EXPECTED}", 1)
    if len(labels) > 1:
        # A file may carry an intent and its wider category; which one is meant is not ours
        # to guess, except that the plainest name comes first.
        labels.sort(key=lambda at: _LABELS.index(names[at]))
        if names[labels[0]] == names[labels[1]]:
            raise Unreadable(f"the header {list(header)!r:.200} names a column twice", 1)
    return names.index("text"), labels[0]


def _rows(lines: Sequence[str], delimiter: str) -> Iterator[tuple[int, list[str] | str]]:
    """Yield (line it starts on, cells or what is wrong), going on after a broken row."""
    limit = csv.field_size_limit(_MAX_CELL_CHARS)
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


def _row(
    cells: list[str] | str, line: int, columns: int, text_at: int, label_at: int
) -> Labelled | BadLine:
    if isinstance(cells, str):
        return BadLine(line, cells)
    if len(cells) != columns:
        return BadLine(
            line,
            f"the row has {len(cells)} cells, the header {columns}; "
            'put " around cells that hold separators or line breaks',
        )
    return Labelled(cells[text_at], label_of(cells[label_at]), line)
