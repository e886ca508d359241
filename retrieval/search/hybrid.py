"""The local retriever: words, meaning, or both fused, inside the asker's rights.

Order of work: rights and conditions → each leg scores what is left → the best of each are
candidates → every candidate gets its true score from both legs → fusion → the best `k`.

Not here: where the parts come from (`index/`) and what a passage's vector is (`encoding/`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from retrieval.search.access import Audiences
from retrieval.search.analysis import Analyser
from retrieval.search.article_means import ArticleMeans
from retrieval.search.bm25 import LexicalIndex
from retrieval.search.conditions import FieldTable, parse_conditions
from retrieval.search.fusion import DEFAULT_FUSION, Fusion, LegScores
from retrieval.search.spelling import Corrected, Speller
from retrieval.search.synonyms import NO_SYNONYMS, Expander, Expansion, Synonyms
from retrieval.types import PUBLIC, Encoder, Hit, Passage, Roles, Trace

__all__ = ["MAX_QUERY_TERMS", "DenseLeg", "HybridRetriever", "LexicalLeg", "VectorIndex"]

MAX_QUERY_TERMS = 512
"""A query's terms beyond these are left out, as an encoder leaves out what is past its limit."""

Rows = NDArray[np.int64]
Scores = NDArray[np.float32]
Allowed = NDArray[np.bool_] | None


class VectorIndex(Protocol):
    """What a retriever needs of a vector index (see dense.DenseIndex)."""

    def search(self, vector: Scores, k: int, allowed: Allowed) -> tuple[Rows, Scores]:
        """Return rows and cosines of the `k` nearest that may be read, best first."""
        ...

    def scores(self, vector: Scores, rows: Rows) -> Scores:
        """Return the cosines of these rows."""
        ...


@dataclass(frozen=True)
class IdOrder:
    """The order of passage ids, by which ties are broken.

    Attributes:
        rank: (passages,) place of each passage in that order.
    """

    rank: NDArray[np.integer[Any]]

    @classmethod
    def of(cls, passages: Sequence[Passage]) -> IdOrder:
        """Work it out."""
        rank = np.empty(len(passages), np.int64)
        rank[sorted(range(len(passages)), key=lambda row: passages[row].id)] = np.arange(len(rank))
        return cls(rank)

    def best(self, rows: Rows, scores: NDArray[Any], k: int) -> tuple[Rows, NDArray[Any]]:
        """Return the `k` best rows with their scores, ties by passage id."""
        if len(rows) > k:
            least = np.partition(scores, len(scores) - k)[len(scores) - k]
            kept = scores >= least
            rows, scores = rows[kept], scores[kept]
        order = np.lexsort((self.rank[rows], -scores))[:k]
        return rows[order], scores[order]


def _knows_none(word: str) -> bool:  # noqa: ARG001
    return False


@dataclass(frozen=True)
class LexicalLeg:
    """What searches for words.

    Attributes:
        index: BM25 over `bm25.lexical_text` of the passages.
        analyser: The one that made the index's terms.
        synonyms: Added to the query.
        knows: Whether a word that no passage has is a word all the same (see `spelling`).
    """

    index: LexicalIndex
    analyser: Analyser
    synonyms: Synonyms = NO_SYNONYMS
    knows: Callable[[str], bool] = _knows_none

    @cached_property
    def _expander(self) -> Expander:
        return Expander(self.synonyms, self.analyser)

    def corrected(self, query: str, allowed: Allowed) -> Corrected:
        """Take typing errors back."""

        def passages_with(term: str) -> int:
            # A word of the synonyms is as good as one of the passages: it leads to some.
            return self.index.passages_with(term, allowed) or term in self._expander.terms

        return Speller(self.analyser, self.knows).corrected(query, passages_with)

    def expand(self, query: str) -> tuple[list[str], Expansion]:
        """Return the query's terms, in order, and their weights with synonyms."""
        terms = self.analyser.terms(query)
        own = dict.fromkeys(terms)
        if len(own) > MAX_QUERY_TERMS:
            kept = frozenset(list(own)[:MAX_QUERY_TERMS])
            terms = [term for term in terms if term in kept]
        return terms, self._expander.expand(terms)

    def search(
        self, expansion: Expansion, k: int, allowed: Allowed, order: IdOrder
    ) -> tuple[Rows, Scores, Scores]:
        """Return the best rows, their scores, and the scores of all passages."""
        every = self.index.scores(expansion.weights, allowed)
        matching = np.flatnonzero(every > 0)
        rows, scores = order.best(matching, every[matching], k)
        return rows, scores, every


@dataclass(frozen=True)
class DenseLeg:
    """What searches for meaning.

    Attributes:
        index: Of the passages' vectors.
        encoder: The one that made them.
        means: Of articles; None takes each passage for an article.
    """

    index: VectorIndex
    encoder: Encoder
    means: ArticleMeans | None = None

    def encode(self, query: str) -> Scores:
        """Return the query's vector."""
        vector: Scores = self.encoder.encode_queries([query])[0]
        return vector

    def search(
        self, vector: Scores, k: int, allowed: Allowed, readable: int, order: IdOrder
    ) -> tuple[Rows, Scores]:
        """Return the best rows and their cosines."""
        # One more than asked tells whether the last place is shared; then look further, so
        # that which of the equals comes back is decided by id and not by row.
        depth = min(k + 1, readable)
        rows, scores = self.index.search(vector, depth, allowed)
        while len(rows) > k and scores[-1] == scores[k - 1] and depth < readable:
            depth = min(2 * depth, readable)
            rows, scores = self.index.search(vector, depth, allowed)
        return order.best(rows, scores, k)

    def scores(self, vector: Scores, rows: Rows) -> tuple[Scores, Scores]:
        """Return the cosines of some passages and of their articles."""
        own = self.index.scores(vector, rows)
        return own, own if self.means is None else self.means.scores(vector, rows, own)


class HybridRetriever:
    """BM25 and nearest vectors, fused; with one leg only, that leg alone.

    Args:
        passages: One per row of both indexes.
        audiences: Who may read each.
        lexical: Searches for words; None leaves it out.
        dense: Searches for meaning; None leaves it out.
        fusion: How the legs are joined.
        fields: Gives the articles' fields when `where` first asks; None knows none.
        id_rank: (passages,) place of each passage in the order of ids; worked out when absent.
    """

    def __init__(
        self,
        *,
        passages: Sequence[Passage],
        audiences: Audiences,
        lexical: LexicalLeg | None = None,
        dense: DenseLeg | None = None,
        fusion: Fusion = DEFAULT_FUSION,
        fields: Callable[[], FieldTable] | None = None,
        id_rank: NDArray[np.integer[Any]] | None = None,
    ) -> None:
        _check_length("audiences", len(audiences), len(passages))
        if lexical is not None:
            _check_length("the lexical index", len(lexical.index), len(passages))
        self._passages = passages
        self._audiences = audiences
        self._lexical = lexical
        self._dense = dense
        self._fusion = fusion
        self._fields = fields
        self._order = IdOrder.of(passages) if id_rank is None else IdOrder(id_rank)
        _check_length("id_rank", len(self._order.rank), len(passages))

    def retrieve(
        self, query: str, k: int, *, roles: Roles = PUBLIC, where: Sequence[str] = ()
    ) -> list[Hit]:
        """See types.Retriever."""
        return list(self.trace(query, k, roles=roles, where=where).fused)

    def trace(
        self, query: str, k: int, *, roles: Roles = PUBLIC, where: Sequence[str] = ()
    ) -> Trace:
        """See types.Engine; each leg shows its own best `k`."""
        allowed, readable = self._allowed(roles, where)
        if k < 0:
            raise ValueError(f"k is {k!r}, expected 0 or more: it is how many hits you want")
        if k == 0 or readable == 0 or not query.strip():
            return Trace(query, ())
        lexical, dense = self._lexical, self._dense
        depth = k if lexical is None or dense is None else max(k, self._fusion.depth)
        trace, found, text = Trace(query, ()), [], query
        every = vector = None
        if lexical is not None:
            typed = lexical.corrected(query, allowed)
            text = typed.text
            terms, expansion = lexical.expand(text)
            rows, scores, every = lexical.search(expansion, depth, allowed, self._order)
            trace = replace(
                trace, terms=tuple(terms), expansions=typed.expansions | expansion.added
            )
            found.append(("bm25", rows, scores))
        if dense is not None:
            vector = dense.encode(text)
            found.append(("dense", *dense.search(vector, depth, allowed, readable, self._order)))
        trace = replace(trace, legs={name: self._hits(r[:k], s[:k]) for name, r, s in found})
        if lexical is None or every is None or dense is None or vector is None:
            ((name, rows, scores),) = found
            return replace(trace, fused=self._hits(rows, scores), fusion=f"{name} alone")
        rankings = [rows for _, rows, _ in found]
        candidates = np.union1d(*rankings)
        legs = LegScores(
            every[candidates], lexical.index.bound(trace.terms), *dense.scores(vector, candidates)
        )
        fused = self._fusion.join(candidates, rankings, legs)
        best = self._hits(*self._order.best(candidates, fused, k))
        return replace(trace, fused=best, fusion=str(self._fusion))

    def _allowed(self, roles: Roles, where: Sequence[str]) -> tuple[Allowed, int]:
        """Return the mask of what may be found (None = all) and how many passages it lets by."""
        mask = self._audiences.mask(roles)
        if where:
            conditions = parse_conditions(where)
            met = self._fields().mask(conditions) if self._fields else np.zeros_like(mask)
            mask = mask & met
        readable = int(np.count_nonzero(mask))
        return (None if readable == len(mask) else mask), readable

    def _hits(self, rows: Rows, scores: NDArray[Any]) -> tuple[Hit, ...]:
        return tuple(
            Hit(self._passages[int(row)], float(score))
            for row, score in zip(rows, scores, strict=True)
        )


def _check_length(name: str, length: int, passages: int) -> None:
    if length != passages:
        raise ValueError(
            f"{name} covers {length} passages, expected {passages}: the parts of a retriever "
            "must come from one index"
        )
