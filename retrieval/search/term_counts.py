"""How often each term occurs in each passage: what every lexical index is built from.

A compressed sparse row matrix in three arrays, and the vocabulary. It knows no scores, so
that adding and removing passages costs no analysis of the others. Its form is canonical
(sorted vocabulary without unused terms, sorted terms in a row): equal rows give equal
files, whatever they were put together from.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.errors import StoreError

__all__ = ["TermCounts"]

_ROWS_AT_ONCE = 4096

_VOCABULARY_FILE = "vocabulary.json"
_ARRAY_FILES = ("indptr", "term_ids", "counts")
_DTYPES = {"indptr": np.int64, "term_ids": np.int32, "counts": np.int32}


@dataclass(frozen=True, eq=False)
class TermCounts:
    """Term counts, one row per passage.

    Letters in shapes: n passages, v terms, z pairs of a passage and a term in it.

    Attributes:
        vocabulary: (v,) the terms, sorted.
        indptr: (n + 1,) where each row starts in the other two.
        term_ids: (z,) index into the vocabulary, ascending within a row.
        counts: (z,) how often, at least 1.
    """

    vocabulary: tuple[str, ...]
    indptr: NDArray[np.int64]
    term_ids: NDArray[np.int32]
    counts: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.indptr) - 1

    @classmethod
    def from_term_lists(cls, term_lists: Iterable[Sequence[str]]) -> TermCounts:
        """Count the terms of each passage, one list a passage."""
        ids: dict[str, int] = {}
        tokens = array("i")
        lengths = array("q")
        for terms in term_lists:
            tokens.extend([ids.setdefault(term, len(ids)) for term in terms])
            lengths.append(len(terms))
        vocabulary = sorted(ids)
        rank = np.empty(len(ids), np.int32)
        for place, term in enumerate(vocabulary):
            rank[ids[term]] = place
        ordered = rank[np.frombuffer(tokens, np.int32)] if tokens else np.zeros(0, np.int32)
        starts = np.concatenate([[0], np.cumsum(np.asarray(lengths, np.int64))]).astype(np.int64)
        width = max(len(vocabulary), 1)
        indptr, term_ids, counts = [np.zeros(1, np.int64)], [], []
        # In slices, which keeps the sorting inside the processor's caches and memory low.
        for first in range(0, len(lengths), _ROWS_AT_ONCE):
            last = min(first + _ROWS_AT_ONCE, len(lengths))
            rows = np.repeat(np.arange(last - first), np.diff(starts[first : last + 1]))
            # One sorted key per (row, term) makes counting a single pass.
            keys, repeats = np.unique(
                rows * width + ordered[starts[first] : starts[last]], return_counts=True
            )
            ends = np.searchsorted(keys, np.arange(1, last - first + 1) * width)
            indptr.append(ends + indptr[-1][-1])
            term_ids.append((keys % width).astype(np.int32))
            counts.append(repeats.astype(np.int32))
        empty = [np.zeros(0, np.int32)]
        return cls(
            tuple(vocabulary),
            np.concatenate(indptr).astype(np.int64),
            np.concatenate(term_ids or empty),
            np.concatenate(counts or empty),
        )

    def take(self, rows: Sequence[int] | NDArray[np.integer[Any]]) -> TermCounts:
        """Return these rows, in this order; terms that occur in none of them vanish."""
        chosen = np.asarray(rows, dtype=np.int64)
        lengths = np.diff(self.indptr)[chosen]
        indptr = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        # Position in the source: start of the row, plus how far into it.
        positions = np.repeat(self.indptr[chosen] - indptr[:-1], lengths) + np.arange(indptr[-1])
        return _compacted(self.vocabulary, indptr, self.term_ids[positions], self.counts[positions])

    @classmethod
    def concat(cls, parts: Sequence[TermCounts]) -> TermCounts:
        """Put rows one after the other, over the union of the vocabularies."""
        vocabulary = sorted(set().union(*(part.vocabulary for part in parts)))
        place = {term: number for number, term in enumerate(vocabulary)}
        term_ids, indptr, offset = [], [np.zeros(1, np.int64)], 0
        for part in parts:
            renumbered = np.fromiter(
                (place[term] for term in part.vocabulary), np.int32, len(part.vocabulary)
            )
            # Both vocabularies are sorted, so ids stay ascending within a row.
            term_ids.append(renumbered[part.term_ids])
            indptr.append(part.indptr[1:] + offset)
            offset += int(part.indptr[-1])
        empty = [np.zeros(0, np.int32)]
        return cls(
            tuple(vocabulary),
            np.concatenate(indptr),
            np.concatenate(term_ids or empty),
            np.concatenate([part.counts for part in parts] or empty),
        )

    def row(self, number: int) -> dict[str, int]:
        """Return the counts of one passage."""
        chosen = slice(int(self.indptr[number]), int(self.indptr[number + 1]))
        return {
            self.vocabulary[term]: int(count)
            for term, count in zip(self.term_ids[chosen], self.counts[chosen], strict=True)
        }

    def save(self, folder: Path) -> None:
        """Write one JSON and three .npy files into a folder that exists already."""
        vocabulary = json.dumps(self.vocabulary, ensure_ascii=False)
        # A lone surrogate may come out of a broken file; it must not stop an index.
        (folder / _VOCABULARY_FILE).write_bytes(vocabulary.encode("utf-8", "surrogatepass"))
        for name in _ARRAY_FILES:
            np.save(folder / f"{name}.npy", getattr(self, name), allow_pickle=False)

    @classmethod
    def load(cls, folder: Path) -> TermCounts:
        """Open what `save` wrote; the arrays stay on disk and are read as needed.

        Raises:
            StoreError: A file is missing, or the files don't belong together.
        """
        try:
            text = (folder / _VOCABULARY_FILE).read_bytes().decode("utf-8", "surrogatepass")
            vocabulary = tuple(json.loads(text))
            arrays = {
                name: np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False)
                for name in _ARRAY_FILES
            }
        except (OSError, ValueError, TypeError) as error:
            raise StoreError(
                f"the term counts in {str(folder)!r} can't be read ({error}): "
                "build the index again with `frontdesk index`"
            ) from error
        problem = _problem(vocabulary, arrays)
        if problem:
            raise StoreError(
                f"the term counts in {str(folder)!r} don't fit together ({problem}): "
                "build the index again with `frontdesk index`"
            )
        return cls(vocabulary, arrays["indptr"], arrays["term_ids"], arrays["counts"])


def _problem(vocabulary: tuple[Any, ...], arrays: dict[str, NDArray[Any]]) -> str | None:
    for name, expected in _DTYPES.items():
        if arrays[name].dtype != expected or arrays[name].ndim != 1:
            return f"{name} is {arrays[name].dtype} in {arrays[name].ndim} dimensions"
    indptr, term_ids, counts = (arrays[name] for name in _ARRAY_FILES)
    if not len(indptr) or indptr[0] != 0 or bool((np.diff(indptr) < 0).any()):
        return "row starts are not ascending from 0"
    if not len(term_ids) == len(counts) == indptr[-1]:
        return f"{len(term_ids)} terms, {len(counts)} counts, {indptr[-1]} expected"
    if len(term_ids) and not 0 <= int(term_ids.min()) <= int(term_ids.max()) < len(vocabulary):
        return f"a term lies outside the vocabulary of {len(vocabulary)}"
    if not all(isinstance(term, str) for term in vocabulary):
        return "the vocabulary holds something other than text"
    return None


def _compacted(
    vocabulary: tuple[str, ...],
    indptr: NDArray[np.int64],
    term_ids: NDArray[np.int32],
    counts: NDArray[np.int32],
) -> TermCounts:
    used = np.bincount(term_ids, minlength=len(vocabulary)) > 0
    if bool(used.all()):
        return TermCounts(vocabulary, indptr, term_ids, counts)
    renumbered = (np.cumsum(used) - 1).astype(np.int32)
    kept = tuple(vocabulary[number] for number in np.flatnonzero(used))
    return TermCounts(kept, indptr, renumbered[term_ids], counts)
