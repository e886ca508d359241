"""How good a ranking of articles is: recall, reciprocal rank, nDCG. All from 0 to 1.

The definitions are trec_eval's: relevant is a grade above 0; nDCG has linear gain and the
discount 1 / log2(rank + 1), and its ideal ranking holds every judged article. What is not
judged is not relevant.

The order of a ranking is taken as it stands. trec_eval orders by score itself and breaks
ties by descending id; ours come by ascending passage id, so a run in its format is written with
scores that strictly descend.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from retrieval.errors import EvaluationError
from retrieval.types import Hit

__all__ = ["collapse", "ndcg", "recall", "reciprocal_rank", "score_run"]

Qrels = Mapping[str, Mapping[str, int]]
"""Query id → article id → grade."""

RunOfArticles = Mapping[str, Sequence[str]]
"""Query id → article ids, best first, none twice."""


def collapse(hits: Iterable[Hit]) -> list[tuple[str, float]]:
    """Return the articles of ranked hits, each at the place of its best passage.

    Example:
        passages a#1, b#1, a#2 → articles a, b.
    """
    articles: dict[str, float] = {}
    for hit in hits:
        articles.setdefault(hit.passage.article_id, hit.score)
    return list(articles.items())


def recall(ranked: Sequence[str], grades: Mapping[str, int], k: int) -> float:
    """Return the share of the relevant articles that are among the first `k`.

    A query for which nothing is relevant counts 0, as in trec_eval.

    Example:
        >>> recall(["x", "a"], {"a": 1, "b": 1}, 2)
        0.5
    """
    relevant = {article for article, grade in grades.items() if grade > 0}
    if not relevant:
        return 0.0
    return len(relevant.intersection(ranked[:k])) / len(relevant)


def reciprocal_rank(ranked: Sequence[str], grades: Mapping[str, int], k: int) -> float:
    """Return 1 / place of the first relevant article among the first `k`, else 0.

    Example:
        >>> reciprocal_rank(["x", "a"], {"a": 1}, 10)
        0.5
    """
    for place, article in enumerate(ranked[:k], start=1):
        if grades.get(article, 0) > 0:
            return 1 / place
    return 0.0


def ndcg(ranked: Sequence[str], grades: Mapping[str, int], k: int) -> float:
    """Return the discounted gain of the first `k`, relative to the best there could be.

    Järvelin and Kekäläinen (TOIS 2002) with trec_eval's linear gain.

    Example:
        >>> round(ndcg(["x", "a"], {"a": 1}, 10), 4)  # 1 / log2(3)
        0.6309
    """
    best = _discounted(sorted((grade for grade in grades.values() if grade > 0), reverse=True)[:k])
    if best == 0:
        return 0.0
    return _discounted([max(grades.get(article, 0), 0) for article in ranked[:k]]) / best


def score_run(run: RunOfArticles, qrels: Qrels) -> dict[str, float]:
    """Average recall@1, 5 and 20, mrr@10 and ndcg@10 over the queries.

    Args:
        run: What was found; a query that found nothing has an empty list.
        qrels: The judgements, of exactly the same queries.

    Raises:
        EvaluationError: There are no queries, or the two are not about the same ones.
    """
    if not run:
        raise EvaluationError("there are no queries to score, expected one or more")
    for name, has, lacks in (("judgements", run, qrels), ("results", qrels, run)):
        missing = sorted(set(has) - set(lacks))
        if missing:
            raise EvaluationError(
                f"{len(missing)} of {len(has)} queries have no {name}, the first is "
                f"{missing[0]!r}: averages over part of the queries would mislead"
            )
    sums = dict.fromkeys(("recall@1", "recall@5", "recall@20", "mrr@10", "ndcg@10"), 0.0)
    for query, ranked in run.items():
        if len(set(ranked)) != len(ranked):
            raise EvaluationError(f"the results of query {query!r} name an article twice")
        grades = qrels[query]
        for k in (1, 5, 20):
            sums[f"recall@{k}"] += recall(ranked, grades, k)
        sums["mrr@10"] += reciprocal_rank(ranked, grades, 10)
        sums["ndcg@10"] += ndcg(ranked, grades, 10)
    return {name: total / len(run) for name, total in sums.items()}


def _discounted(gains: Sequence[int]) -> float:
    return math.fsum(gain / math.log2(place + 1) for place, gain in enumerate(gains, start=1))
