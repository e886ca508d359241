"""What an article is about as a whole: the mean of its passages' vectors.

A passage that answers stands more often in an article that is about the question's subject than in
one that touches it once. One pass over the vectors at the first search makes the means; articles
of a single passage need none.
"""

from __future__ import annotations

import threading
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from retrieval.types import Matrix

__all__ = ["ArticleMeans"]


class ArticleMeans:
    """Mean vectors of articles; safe to share between threads.

    Args:
        vectors: (n, dim) of all passages; an article's stand one behind the other.
        article_rows: (n,) the article of each passage, ascending from 0 on.
    """

    def __init__(self, vectors: Matrix, article_rows: NDArray[np.integer]) -> None:
        if len(article_rows) != len(vectors) or bool((np.diff(article_rows) < 0).any()):
            raise ValueError(
                f"article_rows covers {len(article_rows)} of {len(vectors)} passages, expected "
                "one an article in ascending order"
            )
        self._vectors = vectors
        self._article_rows = article_rows
        self._lock = threading.Lock()

    def scores(
        self, vector: NDArray[np.float32], rows: NDArray[np.int64], cosines: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Return how near the articles of some passages are, (rows,) -1 to 1.

        Args:
            vector: (dim,) of unit length.
            rows: The passages.
            cosines: (rows,) how near they are themselves: what counts for an only passage.
        """
        with self._lock:
            places, means = self._means
        found = places[self._article_rows[rows]]
        scores = np.array(cosines, np.float32)
        several = found >= 0
        # One dot product a row: equal means get equal scores (see `dense.DenseIndex.scores`).
        scores[several] = np.vecdot(means[found[several]], vector)
        return scores

    @cached_property
    def _means(self) -> tuple[NDArray[np.int64], Matrix]:
        """(articles,) place of each article's mean, -1 where it has one passage; the means."""
        rows = self._article_rows
        starts = np.flatnonzero(np.diff(rows, prepend=-1))
        ends = np.append(starts[1:], len(rows))
        several = np.flatnonzero(ends - starts > 1)
        means = np.empty((len(several), self._vectors.shape[1]), np.float32)
        for place, number in enumerate(several):
            means[place] = self._vectors[starts[number] : ends[number]].mean(axis=0)
        means /= np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-9)
        places = np.full(int(rows[-1]) + 1 if len(rows) else 0, -1, np.int64)
        places[rows[starts[several]]] = np.arange(len(several))
        return places, means
