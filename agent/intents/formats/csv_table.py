"""CSV with a header: `text` and one of `label`, `intent`, `category`.

Columns may come in any order and further ones are ignored; semicolons and tabs are
understood as separators. The label `oos`, or an empty one, is out of scope. Texts are kept
verbatim. A bad row is named by the line on which it starts, and the others are taken.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

from agent.intents.formats.records import (
    BadLine,
    Labelled,
    Record,
    SourceFile,
    Unreadable,
    label_of,
)
from retrieval.articles.csv_rows import csv_delimiter, csv_rows, wrong_width

__all__ = ["load", "recognises"]

_TEXTS = ("text", "utterance", "example", "message", "sentence", "query")
_LABELS = ("label", "intent", "category")
_EXPECTED = (
    "expected a column text (or utterance) and one of label, intent, category; if the file has no "
    "header, put the line `text,intent` on top"
)

_MAX_CELL_CHARS = 4_000_000


def recognises(file: SourceFile) -> bool:
    """Tell whether the first line is a header with the columns we need."""
    try:
        lines = _lines(file)
    except Unreadable:
        return False
    if not lines:
        return False
    names = _cells(lines[0])
    return any(name in names for name in _TEXTS) and any(name in names for name in _LABELS)


def load(file: SourceFile) -> Iterator[Record]:
    """Yield one labelled message a row."""
    lines = _lines(file)
    if not lines:
        raise Unreadable(f"the file is empty; {_EXPECTED}")
    rows = csv_rows(lines, csv_delimiter(lines[0]), max_cell_chars=_MAX_CELL_CHARS)
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


def _cells(header: str) -> list[str]:
    try:
        cells = next(csv.reader([header], delimiter=csv_delimiter(header)), [])
    except csv.Error:
        return []
    return [cell.strip().casefold() for cell in cells]


def _columns(names: Sequence[str], header: Sequence[str]) -> tuple[int, int]:
    labels = [at for at, name in enumerate(names) if name in _LABELS]
    texts = [at for at, name in enumerate(names) if name in _TEXTS]
    if len(texts) != 1:
        texts = [at for at in texts if names[at] == "text"]
    if len(texts) != 1 or not labels:
        raise Unreadable(f"the header is {list(header)!r:.200}; {_EXPECTED}", 1)
    if len(labels) > 1:
        # A file may carry an intent and its wider category; which one is meant is not ours
        # to guess, except that the plainest name comes first.
        labels.sort(key=lambda at: _LABELS.index(names[at]))
        if names[labels[0]] == names[labels[1]]:
            raise Unreadable(f"the header {list(header)!r:.200} names a column twice", 1)
    return texts[0], labels[0]


def _row(
    cells: list[str] | str, line: int, columns: int, text_at: int, label_at: int
) -> Labelled | BadLine:
    if isinstance(cells, str):
        return BadLine(line, cells)
    wrong = wrong_width(cells, columns)
    if wrong is not None:
        return BadLine(line, wrong)
    return Labelled(cells[text_at], label_of(cells[label_at]), line)
