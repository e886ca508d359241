"""The articles and passages of a new generation, written row by row.

A row is taken from the old generation or made anew; where each passage comes from (`origin`) tells
which vectors and term counts belong to it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from retrieval.index import parts
from retrieval.index.changes import Entry, describe
from retrieval.index.fresh import Fresh
from retrieval.index.generation import Generation
from retrieval.index.parts import ArticleColumn, PassageColumn
from retrieval.search.term_counts import TermCounts
from retrieval.types import Passage

__all__ = ["RowWriter", "joined_terms", "write_vectors"]

_ROWS_AT_ONCE = 8192


class RowWriter:
    """Writes bodies and lines as articles come, and the tables at the end.

    Args:
        folder: Of the new generation.
        old: What is taken over from.
        fresh: What was made anew, in the order in which its articles will come.
    """

    def __init__(self, folder: Path, old: Generation | None, fresh: Fresh) -> None:
        self._folder = folder
        self._old = old
        self._fresh = iter(fresh.passages)
        self._fresh_rows = 0
        self._headings: dict[tuple[str, ...], int] = {}
        self._audiences: dict[tuple[str, ...] | None, int] = {}
        self._articles: list[list[int]] = []
        self._tables = [np.zeros((0, len(PassageColumn)), np.int64)]
        self._origins = [np.zeros(0, np.int64)]
        self._ids: list[str] = []

    def __enter__(self) -> RowWriter:
        self._bodies = (self._folder / parts.BODIES).open("wb")
        self._lines = (self._folder / parts.ARTICLE_LINES).open("wb")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bodies.close()
        self._lines.close()

    def add(self, entry: Entry) -> None:
        """Write one article and its passages."""
        article, old = entry.article, self._old
        if entry.origin is None or old is None:
            body = article.body.encode("utf-8")
            table = _table_of(next(self._fresh), article.body, body, self._headings)
            # Rows of the fresh passages are counted downwards from -1.
            origin = -1 - np.arange(self._fresh_rows, self._fresh_rows + len(table), dtype=np.int64)
            self._fresh_rows += len(table)
        else:
            body = old.body_bytes(entry.origin)
            taken = old.passage_rows(entry.origin)
            origin = np.arange(taken.start, taken.stop, dtype=np.int64)
            table = old.passage_table()[taken.start : taken.stop].copy()
            table[:, PassageColumn.HEADINGS] = [
                self._headings.setdefault(old.heading_paths[code], len(self._headings))
                for code in table[:, PassageColumn.HEADINGS].tolist()
            ]
        table[:, PassageColumn.ARTICLE] = len(self._articles)
        line = json.dumps(describe(article), ensure_ascii=False).encode("utf-8") + b"\n"
        audience = self._audiences.setdefault(article.audience, len(self._audiences))
        body_start, line_start = self._bodies.tell(), self._lines.tell()
        self._bodies.write(body)
        self._lines.write(line)
        self._articles.append(
            [
                *(body_start, body_start + len(body)),
                *(line_start, line_start + len(line)),
                *(len(self._ids), audience),
            ]
        )
        self._tables.append(table)
        self._origins.append(origin)
        spans = table[:, [PassageColumn.START, PassageColumn.END]].tolist()
        self._ids += [f"{article.id}#{start}-{end}" for start, end in spans]

    def finish(self) -> NDArray[np.int64]:
        """Write the tables.

        Returns:
            (passages,) where each comes from: its row in the old generation, or -1 minus its
            place among the fresh ones.
        """
        table = np.concatenate(self._tables)
        order = sorted(range(len(self._ids)), key=self._ids.__getitem__)
        table[order, PassageColumn.ID_RANK] = np.arange(len(self._ids))
        articles = np.asarray(self._articles, np.int64).reshape(-1, len(ArticleColumn))
        np.save(self._folder / parts.ARTICLES, articles, allow_pickle=False)
        np.save(self._folder / parts.PASSAGES, table, allow_pickle=False)
        tables = parts.Tables(tuple(self._audiences), tuple(self._headings))
        (self._folder / parts.TABLES).write_bytes(parts.TABLES_SCHEMA.dump_json(tables))
        return np.concatenate(self._origins)


def _table_of(
    passages: Sequence[Passage], body: str, encoded: bytes, headings: dict[tuple[str, ...], int]
) -> NDArray[np.int64]:
    """Return the rows of passages.npy for one article, without its row number."""
    table = np.zeros((len(passages), len(PassageColumn)), np.int64)
    ends = [passage.end for passage in passages]
    starts = [passage.start for passage in passages]
    table[:, PassageColumn.START] = starts
    table[:, PassageColumn.END] = ends
    headers = [_header_span(passage, body) for passage in passages]
    offsets = {*starts, *ends, *(offset for header in headers for offset in header)}
    byte_at = _byte_offsets(body, encoded, sorted(offsets))
    table[:, PassageColumn.BYTE_START] = [byte_at[start] for start in starts]
    table[:, PassageColumn.BYTE_END] = [byte_at[end] for end in ends]
    table[:, PassageColumn.HEADER_BYTE_START] = [byte_at[start] for start, _ in headers]
    table[:, PassageColumn.HEADER_BYTE_END] = [byte_at[end] for _, end in headers]
    table[:, PassageColumn.HEADINGS] = [
        headings.setdefault(passage.headings, len(headings)) for passage in passages
    ]
    return table


def _header_span(passage: Passage, body: str) -> tuple[int, int]:
    """Return where the header row of the table that a passage begins inside stands."""
    if not passage.table_header:
        return 0, 0
    start = body.rindex(passage.table_header, 0, passage.start)
    return start, start + len(passage.table_header)


def _byte_offsets(body: str, encoded: bytes, offsets: Sequence[int]) -> dict[int, int]:
    """Return where in UTF-8 each of some ascending code-point offsets lies."""
    if len(encoded) == len(body):
        return {offset: offset for offset in offsets}
    found, before, at = {}, 0, 0
    for offset in offsets:
        at += len(body[before:offset].encode("utf-8"))
        found[offset] = at
        before = offset
    return found


def write_vectors(
    path: Path, origin: NDArray[np.int64], old: Generation | None, fresh: Fresh
) -> None:
    """Write vectors.npy in the order of the new rows.

    Through plain writes: on a full disk a mapped file would kill the process instead of
    raising an error.
    """
    shape = (len(origin), fresh.encoder.dim)
    with path.open("wb") as file:
        header = {"descr": "<f4", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(file, header)
        for start in range(0, len(origin), _ROWS_AT_ONCE):
            rows = origin[start : start + _ROWS_AT_ONCE]
            file.write(_gathered(rows, old, fresh, shape[1]).astype("<f4", copy=False).data)


def _gathered(
    rows: NDArray[np.int64], old: Generation | None, fresh: Fresh, dim: int
) -> NDArray[np.float32]:
    taken = rows >= 0
    vectors = np.empty((len(rows), dim), np.float32)
    if old is not None and bool(taken.any()):
        vectors[taken] = old.vectors[rows[taken]]
    vectors[~taken] = fresh.vectors[-1 - rows[~taken]]
    return vectors


def joined_terms(
    origin: NDArray[np.int64], old: Generation | None, fresh: TermCounts
) -> TermCounts:
    """Return the term counts in the order of the new rows."""
    if old is None:
        return fresh
    taken = origin >= 0
    old_rows = origin[taken]
    joined = TermCounts.concat([old.terms.take(old_rows), fresh])
    places = np.empty(len(origin), np.int64)
    places[taken] = np.arange(len(old_rows))
    places[~taken] = len(old_rows) + (-1 - origin[~taken])
    return joined.take(places)
