"""Vector search against brute force, ties, rights, and graphs that don't belong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from retrieval.errors import IndexingError, StoreError
from retrieval.search import dense
from retrieval.search.dense import DenseIndex, build_hnsw
from retrieval.types import Matrix

DIM = 16


def unit_rows(n: int, seed: int = 0, dim: int = DIM) -> Matrix:
    rows = np.random.default_rng(seed).standard_normal((n, dim)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows


def brute_force(
    index: DenseIndex, vectors: Matrix, query: NDArray[np.float32], k: int, mask: NDArray[np.bool_]
) -> list[int]:
    rows = np.flatnonzero(mask)
    scores = index.scores(query, rows)
    return sorted(rows.tolist(), key=lambda row: (-scores[rows.tolist().index(row)], row))[:k]


@pytest.fixture(scope="module")
def vectors() -> Matrix:
    return unit_rows(3000)


@pytest.fixture(scope="module")
def graph(vectors: Matrix, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("graph") / "vectors.hnsw"
    build_hnsw(vectors, path)
    return path


@settings(max_examples=150)
@given(
    n=st.integers(1, 60),
    kinds=st.integers(1, 60),
    k=st.integers(0, 70),
    share=st.sampled_from([0.0, 0.1, 0.5, 1.0, None]),
    seed=st.integers(0, 1000),
)
def test_search_equals_brute_force(
    n: int, kinds: int, k: int, share: float | None, seed: int
) -> None:
    draw = np.random.default_rng(seed)
    # Few kinds of vectors among many rows: most scores are shared by several rows.
    matrix = unit_rows(kinds, seed)[draw.integers(0, kinds, n)]
    index = DenseIndex(matrix)
    query = unit_rows(1, seed + 1)[0]
    mask = np.ones(n, np.bool_) if share is None else draw.random(n) < share

    rows, scores = index.search(query, k, None if share is None else mask)

    assert rows.tolist() == brute_force(index, matrix, query, k, mask)
    np.testing.assert_allclose(scores, matrix[rows] @ query, atol=1e-6)


@pytest.mark.parametrize("share", [None, 0.5, 0.9])
def test_search_of_many_rows_equals_brute_force(vectors: Matrix, share: float | None) -> None:
    # Above a block's size FAISS's own kernel searches.
    index = DenseIndex(vectors)
    mask = np.random.default_rng(1).random(3000) < (share or 2.0)
    for query in unit_rows(5, seed=9):
        rows, scores = index.search(query, 40, None if share is None else mask)
        expected = np.flatnonzero(mask)[np.argsort(-(vectors[mask] @ query))[:40]]
        assert rows.tolist() == expected.tolist()
        assert scores.dtype == np.float32
        assert rows.dtype == np.int64
        assert np.array_equal(scores, index.scores(query, rows))


def test_search_breaks_ties_at_the_cut_by_row() -> None:
    # 1500 equal rows: far more than the margin that the first look takes in.
    matrix = np.repeat(unit_rows(2), [1500, 500], axis=0)
    index = DenseIndex(matrix)
    rows, scores = index.search(matrix[0], 7)
    assert rows.tolist() == [0, 1, 2, 3, 4, 5, 6]
    assert len(set(scores.tolist())) == 1
    mask = np.ones(2000, np.bool_)
    mask[[0, 3]] = False
    assert index.search(matrix[0], 4, mask)[0].tolist() == [1, 2, 4, 5]


def test_search_takes_a_read_only_memory_map(vectors: Matrix, tmp_path: Path) -> None:
    np.save(tmp_path / "vectors.npy", vectors)
    mapped = np.load(tmp_path / "vectors.npy", mmap_mode="r")
    rows, scores = DenseIndex(mapped).search(vectors[17], 3)
    assert rows[0] == 17
    assert scores[0] == pytest.approx(1.0, abs=1e-6)


def test_search_without_readable_rows_is_empty(vectors: Matrix) -> None:
    rows, scores = DenseIndex(vectors).search(vectors[0], 5, np.zeros(3000, np.bool_))
    assert rows.shape == scores.shape == (0,)
    rows, scores = DenseIndex(np.empty((0, DIM), np.float32)).search(vectors[0], 5)
    assert rows.shape == scores.shape == (0,)


def test_search_with_k_beyond_the_allowed_gives_all(vectors: Matrix, graph: Path) -> None:
    mask = np.zeros(3000, np.bool_)
    mask[[5, 9, 2000]] = True
    for index in (DenseIndex(vectors), DenseIndex(vectors, hnsw_path=graph)):
        assert sorted(index.search(vectors[9], 10, mask)[0].tolist()) == [5, 9, 2000]
        assert len(index.search(vectors[9], 4000)[0]) == 3000


def test_search_by_graph_finds_nearly_all_that_exact_search_does(
    vectors: Matrix, graph: Path
) -> None:
    exact, approximate = DenseIndex(vectors), DenseIndex(vectors, hnsw_path=graph)
    assert exact.is_exact
    assert not approximate.is_exact
    mask = np.random.default_rng(3).random(3000) < 0.5
    for allowed in (None, mask):
        found = 0
        for query in unit_rows(20, seed=4):
            wanted, _ = exact.search(query, 20, allowed)
            rows, scores = approximate.search(query, 20, allowed)
            found += len(np.intersect1d(wanted, rows))
            assert np.all(np.diff(scores) <= 0)
            assert np.array_equal(scores, approximate.scores(query, rows))
            assert allowed is None or allowed[rows].all()
        # HNSW promises nothing; on 3,000 vectors it misses next to none.
        assert found >= 0.97 * 400


def test_search_by_graph_is_exact_where_few_rows_are_allowed(
    vectors: Matrix, graph: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dense, "_BLOCK_ROWS", 8)  # so that the share decides, not the number
    mask = np.random.default_rng(5).random(3000) < 0.02
    query = unit_rows(1, seed=6)[0]
    exact = DenseIndex(vectors).search(query, 20, mask)[0]
    assert DenseIndex(vectors, hnsw_path=graph).search(query, 20, mask)[0].tolist() == (
        exact.tolist()
    )


def test_scores_follow_the_rows_asked(vectors: Matrix) -> None:
    index = DenseIndex(vectors)
    rows = np.array([7, 0, 7])
    np.testing.assert_allclose(
        index.scores(vectors[3], rows), vectors[rows] @ vectors[3], atol=1e-6
    )
    assert index.scores(vectors[3], np.empty(0, np.int64)).shape == (0,)
    assert len(index) == 3000
    assert index.dim == DIM


def test_search_refuses_a_negative_k(vectors: Matrix) -> None:
    with pytest.raises(ValueError, match="k is -1, expected 0 or more"):
        DenseIndex(vectors).search(vectors[0], -1)


@pytest.mark.parametrize(
    "allowed", [np.ones(2, np.bool_), np.ones(3000, np.int64), np.ones((3000, 1), np.bool_)]
)
def test_search_refuses_a_mask_that_does_not_fit(
    vectors: Matrix, allowed: NDArray[np.bool_]
) -> None:
    with pytest.raises(ValueError, match=r"allowed has shape .* expected \(3000,\) and bool"):
        DenseIndex(vectors).search(vectors[0], 1, allowed)


def test_search_refuses_a_vector_of_another_length(vectors: Matrix) -> None:
    with pytest.raises(ValueError, match=r"shape \(3,\), expected \(16,\); was the index built"):
        DenseIndex(vectors).search(np.ones(3, np.float32), 1)


def test_search_refuses_a_vector_that_is_not_finite(vectors: Matrix) -> None:
    with pytest.raises(ValueError, match="holds NaN or infinity"):
        DenseIndex(vectors).search(np.full(DIM, np.nan, np.float32), 1)


@pytest.mark.parametrize(
    "wrong", [np.ones(3, np.float32), np.ones((2, 3)), np.ones((3, 2), np.float32).T]
)
def test_index_refuses_vectors_of_another_layout(wrong: Matrix) -> None:
    with pytest.raises(ValueError, match=r"expected \(n, dim\) float32 in C order"):
        DenseIndex(wrong)


def test_graph_that_is_absent_is_named(vectors: Matrix, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"cannot read the vector graph '.*none.hnsw'"):
        DenseIndex(vectors, hnsw_path=tmp_path / "none.hnsw")


def test_graph_that_is_cut_short_is_refused(vectors: Matrix, graph: Path, tmp_path: Path) -> None:
    whole = graph.read_bytes()
    for size in (0, 10, len(whole) // 2):
        (tmp_path / "cut.hnsw").write_bytes(whole[:size])
        with pytest.raises(StoreError, match="cannot read the vector graph"):
            DenseIndex(vectors, hnsw_path=tmp_path / "cut.hnsw")


def test_graph_of_other_vectors_is_refused(vectors: Matrix, graph: Path) -> None:
    with pytest.raises(
        StoreError, match=r"holds 3000 vectors of 16 numbers .* expected 2999 of 16"
    ):
        DenseIndex(vectors[:-1], hnsw_path=graph)
    with pytest.raises(StoreError, match="differs from the vectors at row 0; index again"):
        DenseIndex(unit_rows(3000, seed=1), hnsw_path=graph)


def test_build_leaves_nothing_behind_where_it_cannot_write(vectors: Matrix, tmp_path: Path) -> None:
    with pytest.raises(IndexingError, match="cannot write the vector graph"):
        build_hnsw(vectors[:50], tmp_path / "absent" / "vectors.hnsw")
    assert list(tmp_path.iterdir()) == []


def test_build_replaces_what_was_there(vectors: Matrix, tmp_path: Path) -> None:
    path = tmp_path / "vectors.hnsw"
    path.write_bytes(b"old")
    build_hnsw(vectors[:50], path)
    assert DenseIndex(vectors[:50], hnsw_path=path).search(vectors[7], 1)[0].tolist() == [7]
    assert [entry.name for entry in tmp_path.iterdir()] == ["vectors.hnsw"]
