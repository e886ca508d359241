"""Joining two rankings of the same passages into one: pure functions over arrays.

- Reciprocal rank fusion (Cormack, Clarke and Büttcher, SIGIR 2009): the sum of
  1 / (rrf_k + rank), rank counted from 1. It looks at places alone.
- The sum of scores against fixed bounds ("theoretical" normalisation in the paper below): BM25 as a
  share of what a passage would score that is full of every word of the question, the cosine as it
  is. So where few of the question's words are found, words count for less.
- The convex combination of min-max normalised scores (Bruch, Gai and Ingber, "An Analysis
  of Fusion Functions for Hybrid Retrieval", TOIS 2023): it looks at how far apart scores lie,
  and has one weight that can be learned.

`rrf_k` is the constant of the formula; how many hits are returned is no business of these.
Which one is the default, and with what weight, was measured: see docs/retrieval.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["DEFAULT_FUSION", "Fusion", "LegScores", "min_max", "reciprocal_rank", "weighted_sum"]

Scores = NDArray[np.float64]
Rows = NDArray[np.int64]


@dataclass(frozen=True)
class LegScores:
    """What both legs say of the candidates, (candidates,) each.

    Attributes:
        lexical: Lexical scores, also of those that only the dense leg put forward.
        lexical_bound: What no lexical score of this question can exceed, above 0.
        dense: Cosines, likewise.
        article: Cosines of the candidates' articles.
    """

    lexical: NDArray[Any]
    lexical_bound: float
    dense: NDArray[Any]
    article: NDArray[Any]


@dataclass(frozen=True)
class Fusion:
    """How the lexical and the dense leg are joined.

    Attributes:
        kind: "bounded" sums scores against their bounds, "weighted" min-max normalised ones,
            "rrf" reciprocal ranks.
        lexical_weight: Weight of the lexical leg, where the dense one has 1. Used by "bounded".
        article_weight: Weight of how near the whole article is. Used by "bounded".
        dense_weight: Weight of the dense leg, 0 to 1; the lexical one has the rest.
            Used by "weighted" alone.
        rrf_k: Constant of reciprocal rank fusion: the larger, the less the first places
            stand out. Used by "rrf" alone.
        depth: How many of each leg's best passages take part.
    """

    kind: Literal["bounded", "weighted", "rrf"] = "bounded"
    dense_weight: float = 0.7
    rrf_k: int = 60
    depth: int = 100
    lexical_weight: float = 1.25
    article_weight: float = 0.4

    def __post_init__(self) -> None:
        if self.kind not in ("bounded", "weighted", "rrf"):
            raise ValueError(
                f"fusion kind is {self.kind!r}, expected 'bounded', 'weighted' or 'rrf'"
            )
        if not 0 <= self.dense_weight <= 1:
            raise ValueError(f"dense_weight is {self.dense_weight!r}, expected 0 to 1")
        for name in ("lexical_weight", "article_weight"):
            if not 0 <= getattr(self, name) < 100:
                raise ValueError(f"{name} is {getattr(self, name)!r}, expected 0 to 100")
        if self.rrf_k < 1:
            raise ValueError(f"rrf_k is {self.rrf_k!r}, expected 1 or more")
        if self.depth < 1:
            raise ValueError(f"depth is {self.depth!r}, expected 1 or more")

    @property
    def settings(self) -> dict[str, Any]:
        """Everything the fusion depends on, for the manifest; `Fusion(**settings)` undoes it."""
        return asdict(self)

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> Fusion:
        """Make the fusion that `settings` describe."""
        return cls(**settings)

    def join(self, candidates: Rows, rankings: Sequence[Rows], scores: LegScores) -> Scores:
        """Return one score a candidate.

        Args:
            candidates: (candidates,) rows, ascending, a superset of every ranking.
            rankings: Each leg's best rows, best first.
            scores: Of the candidates.
        """
        if self.kind == "rrf":
            return reciprocal_rank(candidates, rankings, rrf_k=self.rrf_k)
        if self.kind == "weighted":
            return weighted_sum(scores.lexical, scores.dense, dense_weight=self.dense_weight)
        lexical = self.lexical_weight * scores.lexical.astype(np.float64) / scores.lexical_bound
        total = lexical + scores.dense + self.article_weight * scores.article
        return np.asarray(total / (1 + self.lexical_weight + self.article_weight))

    def __str__(self) -> str:
        if self.kind == "rrf":
            return f"reciprocal ranks, 1 / ({self.rrf_k} + rank), of the best {self.depth} of each"
        if self.kind == "bounded":
            return (
                f"{self.lexical_weight:g} × bm25 / its bound + dense + {self.article_weight:g} × "
                f"dense of the article, over the best {self.depth} of each leg"
            )
        lexical = round(1 - self.dense_weight, 6)
        return (
            f"{lexical:g} × bm25 + {self.dense_weight:g} × dense, min-max normalised over the best "
            f"{self.depth} of each"
        )


DEFAULT_FUSION = Fusion()
"""Chosen by measurement on several sets: see docs/retrieval.md."""


def min_max(scores: NDArray[Any]) -> Scores:
    """Map scores linearly so that the lowest is 0 and the highest 1.

    Equal scores, which say nothing about an order, all become 0.

    Example:
        >>> min_max(np.array([3.0, 1.0, 2.0])).tolist()
        [1.0, 0.0, 0.5]
    """
    values = np.asarray(scores, np.float64)
    if not values.size:
        return values
    low, high = values.min(), values.max()
    if high == low:
        return np.zeros_like(values)
    return np.asarray((values - low) / (high - low))


def weighted_sum(lexical: NDArray[Any], dense: NDArray[Any], *, dense_weight: float) -> Scores:
    """Fuse by the convex combination of min-max normalised scores.

    Args:
        lexical: (candidates,) the lexical scores of all candidates, also of those that only
            the dense leg put forward.
        dense: (candidates,) the dense scores, likewise.
        dense_weight: 0 to 1.

    Returns:
        (candidates,) 0 to 1; comparable within this query alone.

    Example:
        >>> weighted_sum(np.array([4.0, 0.0]), np.array([0.2, 0.7]), dense_weight=0.75).tolist()
        [0.25, 0.75]
    """
    return np.asarray((1 - dense_weight) * min_max(lexical) + dense_weight * min_max(dense))


def reciprocal_rank(candidates: Rows, rankings: Sequence[Rows], *, rrf_k: int) -> Scores:
    """Fuse by reciprocal rank; a candidate that a ranking lacks gets nothing from it.

    Args:
        candidates: (candidates,) ascending, a superset of every ranking.
        rankings: Rows best first, one array a leg.
        rrf_k: The constant of the formula.

    Returns:
        (candidates,) scores.

    Example:
        >>> legs = [np.array([7, 3]), np.array([3])]
        >>> reciprocal_rank(np.array([3, 7]), legs, rrf_k=1).tolist()  # 1/3 + 1/2, 1/2
        [0.8333333333333333, 0.5]
    """
    total = np.zeros(len(candidates), np.float64)
    for ranking in rankings:
        places = np.arange(1, len(ranking) + 1)
        total[np.searchsorted(candidates, ranking)] += 1.0 / (rrf_k + places)
    return total
