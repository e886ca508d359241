"""Means of articles, against means worked out one by one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.search.article_means import ArticleMeans


def unit(shape: tuple[int, int], seed: int) -> np.ndarray:
    rows = np.random.default_rng(seed).standard_normal(shape).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@given(st.lists(st.integers(0, 4), max_size=8), st.integers(0, 99))
def test_scores_are_the_cosines_of_the_means(sizes: list[int], seed: int) -> None:
    # An article of no passages leaves a gap, as an empty one in an index does.
    article_rows = np.repeat(np.arange(len(sizes)), sizes)
    vectors, query = unit((len(article_rows), 6), seed), unit((1, 6), seed + 1)[0]
    rows = np.random.default_rng(seed).permutation(len(article_rows))
    cosines = vectors[rows] @ query
    found = ArticleMeans(vectors, article_rows).scores(query, rows, cosines)
    for row, cosine, score in zip(rows, cosines, found, strict=True):
        mean = vectors[article_rows == article_rows[row]].mean(axis=0)
        expected = mean @ query / np.linalg.norm(mean)
        assert score == pytest.approx(expected, abs=1e-5)
        if (article_rows == article_rows[row]).sum() == 1:
            assert score == cosine


def test_opposite_passages_give_a_mean_of_nothing() -> None:
    vectors = np.array([[1, 0], [-1, 0]], np.float32)
    cosines = np.array([1, -1], np.float32)
    means = ArticleMeans(vectors, np.array([0, 0]))
    assert means.scores(vectors[0], np.array([0, 1]), cosines).tolist() == [0, 0]


@pytest.mark.parametrize("article_rows", [[0], [1, 0]])
def test_rows_of_another_index_are_refused(article_rows: list[int]) -> None:
    with pytest.raises(ValueError, match="expected one an article in ascending order"):
        ArticleMeans(unit((2, 3), 0), np.array(article_rows))
