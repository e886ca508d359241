"""CSV with a header: `id,title,body,url,audience,updated`, bodies verbatim.

Only `body` (or `text`) must be there. Columns may come in any order, further ones are
ignored, and a header separated by semicolons or tabs is understood. A bad row is refused
by the line on which it starts and the others are taken.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator, Sequence
from itertools import accumulate, islice, takewhile

from retrieval.articles.audience import audience_of_cell
from retrieval.articles.csv_rows import csv_delimiter, csv_rows, wrong_width
from retrieval.articles.decoding import decode
from retrieval.articles.fields import shown
from retrieval.articles.loader import MAX_ARTICLE_CHARS, BadRow, Draft, LoaderOutput, SourceFile
from retrieval.errors import ArticleError

__all__ = ["load"]

_MAX_FIELD_CHARS = 1_000
_SEPARATOR = re.compile(r"\ufeff?\"?sep=(.)\"?[;,]*", re.IGNORECASE)
_COLUMNS = ("id", "title", "body", "url", "audience", "updated")


def load(file: SourceFile) -> Iterator[LoaderOutput]:
    """Yield one article a row."""
    raw = file.read_bytes()
    lines = _lines(raw)
    skipped = sum(1 for _ in takewhile(lambda line: not line.strip(), lines))
    if skipped == len(lines):
        return
    stated = _SEPARATOR.fullmatch(lines[skipped].rstrip("\r\n"))
    if stated:  # a line that Excel writes and reads
        skipped += 1
    delimiter = stated[1] if stated else csv_delimiter(lines[skipped])
    found = csv_rows(lines[skipped:], delimiter, max_cell_chars=4 * MAX_ARTICLE_CHARS)
    rows = ((line + skipped, cells) for line, cells in found)
    header_line, header = next(rows, (1, [""]))
    if isinstance(header, str):
        raise ArticleError(f"the header can't be read: {header}", line=header_line)
    names = _names(header)
    offsets: list[int] = []
    for line, cells in rows:
        if cells in ([], [""]):
            continue
        try:
            if isinstance(cells, str):
                raise ArticleError(cells)
            yield _draft(names, cells, line)
        except ArticleError as error:
            yield BadRow(error.reason, line)
        except UnicodeEncodeError:
            # Undecodable bytes travel as lone surrogates; the first one is looked up here.
            mark = 3 if raw.startswith(codecs.BOM_UTF8) else 0
            offsets = offsets or list(accumulate((len(_raw(text)) for text in lines), initial=mark))
            yield BadRow(_bad_byte(lines, line, offsets[line - 1]), line)


def _lines(raw: bytes) -> list[str]:
    """Return the file's lines with their ends; undecodable bytes become surrogates."""
    try:
        text = decode(raw)
    except ArticleError as error:
        if not isinstance(error.__cause__, UnicodeDecodeError) or raw[:1] in (b"\xff", b"\xfe"):
            raise
        text = raw.decode("utf-8", errors="surrogateescape").removeprefix("\ufeff")
    return list(io.StringIO(text, newline=""))


def _names(header: Sequence[str]) -> list[str]:
    names = [name.strip().casefold() for name in header]
    if "body" not in names and "text" in names:
        names[names.index("text")] = "body"
    known = [name for name in names if name in _COLUMNS]
    if "body" not in known:
        raise ArticleError(
            f"the header is {shown(list(header))}; expected the columns {','.join(_COLUMNS)}, "
            "of which body must be there",
            line=1,
        )
    if len(set(known)) < len(known):
        raise ArticleError(f"the header {shown(list(header))} names a column twice", line=1)
    return names


def _draft(names: Sequence[str], cells: Sequence[str], line: int) -> Draft:
    wrong = wrong_width(cells, len(names))
    if wrong is not None:
        raise ArticleError(wrong)
    row = dict(zip(names, cells, strict=True))
    for cell in row.values():
        cell.encode("utf-8")
    return Draft(
        title=row.get("title", "").strip(),
        body=row["body"],
        format="csv",
        id=row.get("id", "").strip() or None,
        part=f"#{line}",
        url=row.get("url"),
        audience=audience_of_cell(row.get("audience", "")),
        updated=row.get("updated", "").strip() or None,
        line=line,
        fields={
            name: cell.strip()
            for name, cell in row.items()
            if name and name not in _COLUMNS and cell.strip() and len(cell) <= _MAX_FIELD_CHARS
        },
    )


def _raw(text: str) -> bytes:
    return text.encode("utf-8", errors="surrogateescape")


def _bad_byte(lines: Sequence[str], line: int, offset: int) -> str:
    for text in islice(lines, line - 1, None):
        raw = _raw(text)
        try:
            raw.decode("utf-8")
        except UnicodeDecodeError as error:
            return (
                f"the row is not UTF-8: byte 0x{raw[error.start]:02X} at offset "
                f"{offset + error.start:,}; save the file as UTF-8"
            )
        offset += len(raw)
    return "the row is not UTF-8; save the file as UTF-8"
