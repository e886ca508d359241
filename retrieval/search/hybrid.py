"""The local retrievers: words, meaning, and both fused, inside the asker's rights.

Order of work: rights → each leg scores what is left → the best of each are candidates →
every candidate gets its true score from both legs → fusion → the best `k`.

Not here: where the parts come from (`store.py`) and what a passage's vector is (`encoding.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from retrieval.search.access import Audiences
from retrieval.search.analysis import Analyser
from retrieval.search.bm25 import LexicalIndex
from retrieval.search.fusion import DEFAULT_FUSION, Fusion, reciprocal_rank, weighted_sum
from retrieval.search.synonyms import NO_SYNONYMS, Expander, Expansion, Synonyms
from retrieval.types import PUBLIC, Encoder, Hit, Passage, Roles, Trace

__all__ = ["MAX_QUERY_TERMS", "Bm25Retriever", "DenseLeg", "DenseRetriever", "HybridRetriever"]

MAX_QUERY_TERMS = 512
"""A query's terms beyond these are left out, as an encoder leaves out what is past its limit."""

Rows = NDArray[np.int64]
Scores = NDArray[np.float32]
Allowed = NDArray[np.bool_] | None


class DenseLeg(Protocol):
    """What a retriever needs of a vector index (see dense.DenseIndex)."""

    def search(self, vector: Scores, k: int, allowed: Allowed) -> tuple[Rows, Scores]:
        """Return rows and cosines of the `k` nearest that may be read, best first."""
        ...

    def scores(self, vector: Scores, rows: Rows) -> Scores:
        """Return the cosines of these rows."""
        ...


class _Passages:
    """Passages with their rights and the order of their ids, shared by the legs.

    Args:
        passages: One per row of every index.
        audiences: One per passage.
        id_rank: (passages,) place of each passage in the order of ids; worked out when absent.
    """

    def __init__(
        self,
        passages: Sequence[Passage],
        audiences: Audiences,
        id_rank: NDArray[np.integer[Any]] | None = None,
    ) -> None:
        _check_length("audiences", len(audiences), len(passages))
        self.passages = passages
        self.audiences = audiences
        if id_rank is None:
            order = sorted(range(len(passages)), key=lambda row: passages[row].id)
            id_rank = np.empty(len(passages), np.int64)
            id_rank[order] = np.arange(len(passages))
        _check_length("id_rank", len(id_rank), len(passages))
        self.id_rank = id_rank

    def best(self, rows: Rows, scores: NDArray[Any], k: int) -> tuple[Rows, NDArray[Any]]:
        """Return the `k` best rows with their scores, ties by passage id."""
        if len(rows) > k:
            least = np.partition(scores, len(scores) - k)[len(scores) - k]
            kept = scores >= least
            rows, scores = rows[kept], scores[kept]
        order = np.lexsort((self.id_rank[rows], -scores))[:k]
        return rows[order], scores[order]

    def hits(self, rows: Rows, scores: NDArray[Any]) -> list[Hit]:
        return [
            Hit(self.passages[int(row)], float(score))
            for row, score in zip(rows, scores, strict=True)
        ]

    def allowed(self, roles: Roles) -> tuple[Allowed, int]:
        """Return the mask for these roles (None = all) and how many passages it lets through."""
        mask = self.audiences.mask(roles)
        readable = int(np.count_nonzero(mask))
        return (None if readable == len(mask) else mask), readable


class _Lexical:
    """The lexical leg: analysis, synonyms, BM25, top k."""

    def __init__(
        self, table: _Passages, index: LexicalIndex, analyser: Analyser, synonyms: Synonyms
    ) -> None:
        _check_length("the lexical index", len(index), len(table.passages))
        self._table = table
        self._index = index
        self._analyser = analyser
        self._expander = Expander(synonyms, analyser)

    def expand(self, query: str) -> tuple[list[str], Expansion]:
        terms = self._analyser.terms(query)
        own = dict.fromkeys(terms)
        if len(own) > MAX_QUERY_TERMS:
            kept = frozenset(list(own)[:MAX_QUERY_TERMS])
            terms = [term for term in terms if term in kept]
        return terms, self._expander.expand(terms)

    def search(self, expansion: Expansion, k: int, allowed: Allowed) -> tuple[Rows, Scores, Scores]:
        """Return the best rows, their scores, and the scores of all passages."""
        every = self._index.scores(expansion.weights, allowed)
        matching = np.flatnonzero(every > 0)
        rows, scores = self._table.best(matching, every[matching], k)
        return rows, scores, every


class _Dense:
    """The dense leg: encoding, vector search, top k."""

    def __init__(self, table: _Passages, index: DenseLeg, encoder: Encoder) -> None:
        self._table = table
        self._index = index
        self._encoder = encoder

    def encode(self, query: str) -> Scores:
        vector: Scores = self._encoder.encode_queries([query])[0]
        return vector

    def search(
        self, vector: Scores, k: int, allowed: Allowed, readable: int
    ) -> tuple[Rows, Scores]:
        """Return the best rows and their cosines."""
        # One more than asked tells whether the last place is shared; then look further, so
        # that which of the equals comes back is decided by id and not by row.
        depth = min(k + 1, readable)
        rows, scores = self._index.search(vector, depth, allowed)
        while len(rows) > k and scores[-1] == scores[k - 1] and depth < readable:
            depth = min(2 * depth, readable)
            rows, scores = self._index.search(vector, depth, allowed)
        return self._table.best(rows, scores, k)

    def scores(self, vector: Scores, rows: Rows) -> Scores:
        return self._index.scores(vector, rows)


class Bm25Retriever:
    """BM25 alone: for comparison, and where no encoder is wanted."""

    def __init__(
        self,
        *,
        passages: Sequence[Passage],
        audiences: Audiences,
        lexical: LexicalIndex,
        analyser: Analyser,
        synonyms: Synonyms = NO_SYNONYMS,
        id_rank: NDArray[np.integer[Any]] | None = None,
    ) -> None:
        self._table = _Passages(passages, audiences, id_rank)
        self._lexical = _Lexical(self._table, lexical, analyser, synonyms)

    def retrieve(self, query: str, k: int, *, roles: Roles = PUBLIC) -> list[Hit]:
        """See types.Retriever."""
        return list(self.trace(query, k, roles=roles).fused)

    def trace(self, query: str, k: int, *, roles: Roles = PUBLIC) -> Trace:
        """See types.Engine."""
        allowed, readable = self._table.allowed(roles)
        if _nothing_to_do(query, k, readable):
            return Trace(query, ())
        terms, expansion = self._lexical.expand(query)
        rows, scores, _ = self._lexical.search(expansion, k, allowed)
        hits = tuple(self._table.hits(rows, scores))
        return Trace(query, hits, tuple(terms), expansion.added, {"bm25": hits}, "bm25 alone")


class DenseRetriever:
    """Nearest vectors alone: for comparison."""

    def __init__(
        self,
        *,
        passages: Sequence[Passage],
        audiences: Audiences,
        dense: DenseLeg,
        encoder: Encoder,
        id_rank: NDArray[np.integer[Any]] | None = None,
    ) -> None:
        self._table = _Passages(passages, audiences, id_rank)
        self._dense = _Dense(self._table, dense, encoder)

    def retrieve(self, query: str, k: int, *, roles: Roles = PUBLIC) -> list[Hit]:
        """See types.Retriever."""
        return list(self.trace(query, k, roles=roles).fused)

    def trace(self, query: str, k: int, *, roles: Roles = PUBLIC) -> Trace:
        """See types.Engine."""
        allowed, readable = self._table.allowed(roles)
        if _nothing_to_do(query, k, readable):
            return Trace(query, ())
        rows, scores = self._dense.search(self._dense.encode(query), k, allowed, readable)
        hits = tuple(self._table.hits(rows, scores))
        return Trace(query, hits, legs={"dense": hits}, fusion="dense alone")


class HybridRetriever:
    """BM25 and nearest vectors, fused.

    Args:
        passages: One per row of both indexes.
        audiences: Who may read each.
        lexical: BM25 over `bm25.lexical_text` of the passages.
        analyser: The one that made the lexical index's terms.
        dense: Index of the passages' vectors.
        encoder: The one that made them.
        fusion: How the legs are joined.
        synonyms: Added to the lexical leg's query.
        id_rank: (passages,) place of each passage in the order of ids; worked out when absent.
    """

    def __init__(
        self,
        *,
        passages: Sequence[Passage],
        audiences: Audiences,
        lexical: LexicalIndex,
        analyser: Analyser,
        dense: DenseLeg,
        encoder: Encoder,
        fusion: Fusion = DEFAULT_FUSION,
        synonyms: Synonyms = NO_SYNONYMS,
        id_rank: NDArray[np.integer[Any]] | None = None,
    ) -> None:
        self._table = _Passages(passages, audiences, id_rank)
        self._lexical = _Lexical(self._table, lexical, analyser, synonyms)
        self._dense = _Dense(self._table, dense, encoder)
        self._fusion = fusion

    def retrieve(self, query: str, k: int, *, roles: Roles = PUBLIC) -> list[Hit]:
        """See types.Retriever."""
        return list(self.trace(query, k, roles=roles).fused)

    def trace(self, query: str, k: int, *, roles: Roles = PUBLIC) -> Trace:
        """See types.Engine; each leg shows its own best `k`."""
        allowed, readable = self._table.allowed(roles)
        if _nothing_to_do(query, k, readable):
            return Trace(query, ())
        depth = max(k, self._fusion.depth)
        terms, expansion = self._lexical.expand(query)
        lexical_rows, lexical_scores, every = self._lexical.search(expansion, depth, allowed)
        vector = self._dense.encode(query)
        dense_rows, dense_scores = self._dense.search(vector, depth, allowed, readable)

        candidates = np.union1d(lexical_rows, dense_rows)
        if self._fusion.kind == "rrf":
            fused = reciprocal_rank(
                candidates, [lexical_rows, dense_rows], rrf_k=self._fusion.rrf_k
            )
        else:
            fused = weighted_sum(
                every[candidates],
                self._dense.scores(vector, candidates),
                dense_weight=self._fusion.dense_weight,
            )
        rows, scores = self._table.best(candidates, fused, k)
        return Trace(
            query=query,
            fused=tuple(self._table.hits(rows, scores)),
            terms=tuple(terms),
            expansions=expansion.added,
            legs={
                "bm25": tuple(self._table.hits(lexical_rows[:k], lexical_scores[:k])),
                "dense": tuple(self._table.hits(dense_rows[:k], dense_scores[:k])),
            },
            fusion=str(self._fusion),
        )


def _nothing_to_do(query: str, k: int, readable: int) -> bool:
    if k < 0:
        raise ValueError(f"k is {k!r}, expected 0 or more: it is how many hits you want")
    return k == 0 or readable == 0 or not query.strip()


def _check_length(name: str, length: int, passages: int) -> None:
    if length != passages:
        raise ValueError(
            f"{name} covers {length} passages, expected {passages}: the parts of a retriever "
            "must come from one index"
        )
