"""BM25, twice with the same scores: rank-bm25 for small knowledge bases, sparse for large.

The variant, for both: the term weight of Okapi BM25 with the factor (k1 + 1) as in ATIRE
(Trotman et al. 2012), and the idf of Lucene, which never is negative (Kamphuis et al. 2020,
"Which BM25 do you mean?"):

    score(q, p) = sum over terms t of q: weight(t) * idf(t) * tf * (k1 + 1)
                                         / (tf + k1 * (1 - b + b * length(p) / average length))
    idf(t) = ln(1 + (n - df + 0.5) / (df + 0.5))

rank-bm25 as published replaces negative idf by a quarter of the average idf: a word that is in
more than half of the passages then outweighs rarer ones. So its public table `idf` is replaced.

Why the large index is our own: bm25s has the same idea (scores worked out ahead, one column per
term) and is the oracle of the tests, but it fills its matrix by a Python loop over passages
(7 s for 100,000 passages of 90 terms, against 0.3 s here from the counts that are on disk
anyhow), knows no weighted terms, which synonyms need, and applies a mask only after scoring.

Passages that may not be read still count in n, df and the average length: a faint trace, and
the price of one index for all roles.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from rank_bm25 import BM25Okapi

from retrieval.search.term_counts import TermCounts
from retrieval.types import Passage

__all__ = [
    "K1",
    "RANK_BM25_LIMIT",
    "B",
    "LexicalIndex",
    "RankBm25Index",
    "SparseBm25Index",
    "TermCounts",
    "lexical_index",
    "lexical_text",
]

K1 = 1.2
"""How soon repeats of a term stop counting: Lucene's value."""

B = 0.5
"""How much long passages are marked down. Less than the usual 0.75: passages are cut to like
length, and what remains of the difference says little (measured, see docs/retrieval.md)."""

RANK_BM25_LIMIT = 1_000
"""Passages up to which rank-bm25 serves: 1 ms a query there, 10 ms at five times that."""

_POSTINGS_AT_ONCE = 1 << 20

Allowed = NDArray[np.bool_] | None
"""(passages,) True = may be read; None = all may."""


def lexical_text(passage: Passage) -> str:
    """Return what of a passage is searched for words: title, headings, table header and text."""
    return "\n".join((passage.title, *passage.headings, passage.table_header, passage.text))


class LexicalIndex(Protocol):
    """Scores passages by the words they share with a query."""

    def scores(self, terms: Mapping[str, float], allowed: Allowed) -> NDArray[np.float32]:
        """Score the passages that may be read.

        Args:
            terms: Term → its weight; a term that a query has twice weighs 2.
            allowed: Applied before scoring; what may not be read scores 0.

        Returns:
            (passages,) float32; 0 where nothing matches.
        """
        ...

    def bound(self, terms: Sequence[str]) -> float:
        """Return what no passage can score for these terms, repeats included; above 0."""
        ...

    def passages_with(self, term: str, allowed: Allowed) -> int:
        """Return how many of the passages that may be read have a term."""
        ...

    def __len__(self) -> int:
        """Return the number of passages."""
        ...


def lexical_index(counts: TermCounts) -> LexicalIndex:
    """Return the index that suits the size of the knowledge base."""
    if 0 < len(counts) <= RANK_BM25_LIMIT:
        return RankBm25Index(counts)
    return SparseBm25Index(counts)


def _idf(passages: int, with_term: NDArray[np.integer[Any]]) -> NDArray[np.float64]:
    idf: NDArray[np.float64] = np.log1p((passages - with_term + 0.5) / (with_term + 0.5))
    return idf


def _passages_with_term(counts: TermCounts) -> NDArray[np.integer[Any]]:
    """Count for each term the passages that have it, (v,)."""
    return np.bincount(counts.term_ids, minlength=len(counts.vocabulary))


def _bound(idf: Mapping[str, float], passages: int, k1: float, terms: Sequence[str]) -> float:
    """Add up what each term would give at any frequency; one that no passage has is rare."""
    unseen = math.log1p((passages + 0.5) / 0.5)
    return (k1 + 1) * sum(idf.get(term, unseen) for term in terms) or 1.0


class RankBm25Index:
    """rank-bm25 behind our seam: exact, plain, and quick enough for small knowledge bases.

    Args:
        counts: At least one passage.
    """

    def __init__(self, counts: TermCounts, *, k1: float = K1, b: float = B) -> None:
        term_lists = [
            [term for term, count in counts.row(row).items() for _ in range(count)]
            for row in range(len(counts))
        ]
        if not counts.vocabulary:
            # rank-bm25 divides by the number of terms: one that no query has keeps it well.
            term_lists[0] = [""]
        self._bm25 = BM25Okapi(term_lists, k1=k1, b=b)
        idf = _idf(len(counts), _passages_with_term(counts)).tolist()
        self._bm25.idf = dict(zip(counts.vocabulary, idf, strict=True))

    def __len__(self) -> int:
        return int(self._bm25.corpus_size)

    def scores(self, terms: Mapping[str, float], allowed: Allowed) -> NDArray[np.float32]:
        """See LexicalIndex."""
        total = np.zeros(len(self), np.float64)
        rows = np.arange(len(self)) if allowed is None else np.flatnonzero(allowed)
        by_weight: dict[float, list[str]] = {}
        for term, weight in terms.items():
            if term in self._bm25.idf:
                by_weight.setdefault(weight, []).append(term)
        for weight, group in by_weight.items():
            total[rows] += weight * np.asarray(self._bm25.get_batch_scores(group, rows.tolist()))
        return total.astype(np.float32)

    def bound(self, terms: Sequence[str]) -> float:
        """See LexicalIndex."""
        return _bound(self._bm25.idf, len(self), self._bm25.k1, terms)

    def passages_with(self, term: str, allowed: Allowed) -> int:
        """See LexicalIndex."""
        if term not in self._bm25.idf:
            return 0
        held = [term in counts for counts in self._bm25.doc_freqs]
        return int(np.count_nonzero(held if allowed is None else allowed & held))


class SparseBm25Index:
    """Scores worked out ahead, one column per term: a query only adds up its columns.

    Takes 8 bytes per pair of a passage and a term in it.
    """

    def __init__(self, counts: TermCounts, *, k1: float = K1, b: float = B) -> None:
        # Only large knowledge bases need it, and a light start-up matters to the small ones.
        from scipy.sparse import csr_array

        passages, terms = len(counts), len(counts.vocabulary)
        rows = np.repeat(np.arange(passages, dtype=np.int32), np.diff(counts.indptr))
        lengths = np.bincount(rows, weights=counts.counts, minlength=passages)
        average = lengths.mean() if lengths.any() else 1.0
        norms = k1 * (1 - b + b * lengths / average)
        idf = _idf(passages, _passages_with_term(counts))

        scores: NDArray[np.float32] = np.empty(len(rows), np.float32)
        # In slices: the float64 temporaries would take several times the index itself.
        for start in range(0, len(rows), _POSTINGS_AT_ONCE):
            part = slice(start, start + _POSTINGS_AT_ONCE)
            frequency = counts.counts[part].astype(np.float64)
            weight = idf[counts.term_ids[part]] * (k1 + 1)
            scores[part] = weight * frequency / (frequency + norms[rows[part]])
        # 32-bit row starts keep scipy from widening the other index as well.
        starts: NDArray[np.integer[Any]] = counts.indptr
        if len(rows) < 2**31:
            starts = counts.indptr.astype(np.int32)
        by_row = csr_array((scores, counts.term_ids, starts), shape=(passages, terms))
        by_term = by_row.tocsc()
        self._rows: NDArray[np.int32] = by_term.indices.astype(np.int32, copy=False)
        self._scores: NDArray[np.float32] = by_term.data
        self._starts = by_term.indptr
        self._ids = {term: number for number, term in enumerate(counts.vocabulary)}
        self._passages = passages
        self._idf, self._k1 = idf, k1

    def __len__(self) -> int:
        return self._passages

    def scores(self, terms: Mapping[str, float], allowed: Allowed) -> NDArray[np.float32]:
        """See LexicalIndex."""
        total = np.zeros(self._passages, np.float32)
        for term, weight in terms.items():
            number = self._ids.get(term)
            if number is None:
                continue
            column = slice(int(self._starts[number]), int(self._starts[number + 1]))
            rows, scores = self._rows[column], self._scores[column]
            if allowed is not None:
                # Positions and `take` are several times faster than boolean indexing.
                readable = np.flatnonzero(allowed.take(rows))
                rows, scores = rows.take(readable), scores.take(readable)
            np.add.at(total, rows, scores if weight == 1 else np.float32(weight) * scores)
        return total

    def bound(self, terms: Sequence[str]) -> float:
        """See LexicalIndex."""
        known = {term: float(self._idf[self._ids[term]]) for term in terms if term in self._ids}
        return _bound(known, len(self), self._k1, terms)

    def passages_with(self, term: str, allowed: Allowed) -> int:
        """See LexicalIndex."""
        number = self._ids.get(term)
        if number is None:
            return 0
        rows = self._rows[int(self._starts[number]) : int(self._starts[number + 1])]
        return len(rows) if allowed is None else int(np.count_nonzero(allowed.take(rows)))
