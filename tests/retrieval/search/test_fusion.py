import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.search.fusion import DEFAULT_FUSION, Fusion, min_max, reciprocal_rank, weighted_sum

SCORES = st.lists(st.floats(-100, 100), max_size=20).map(np.asarray)


def test_min_max_spans_0_to_1() -> None:
    assert min_max(np.array([3.0, 1.0, 2.0])).tolist() == [1.0, 0.0, 0.5]


@pytest.mark.parametrize("scores", [[], [4.0], [2.0, 2.0]])
def test_min_max_of_equal_scores_is_zero(scores: list[float]) -> None:
    assert min_max(np.array(scores)).tolist() == [0.0] * len(scores)


@given(SCORES)
def test_min_max_keeps_the_order(scores: np.ndarray) -> None:
    normal = min_max(scores)
    assert ((normal >= 0) & (normal <= 1)).all()
    order = np.argsort(scores, kind="stable")
    assert (np.diff(normal[order]) >= 0).all()


def test_weighted_sum_worked_by_hand() -> None:
    # lexical 4, 2, 0 → 1, .5, 0; dense .1, .5, .3 → 0, 1, .5; weights .25 and .75.
    fused = weighted_sum(np.array([4, 2, 0]), np.array([0.1, 0.5, 0.3]), dense_weight=0.75)
    assert fused.tolist() == pytest.approx([0.25, 0.875, 0.375])


@given(st.lists(st.tuples(st.floats(0, 9), st.floats(-1, 1)), min_size=1), st.floats(0, 1))
def test_weighted_sum_of_one_leg_alone_keeps_its_order(
    pairs: list[tuple[float, float]], weight: float
) -> None:
    lexical, dense = np.array(pairs).T
    assert (weighted_sum(lexical, dense, dense_weight=0) == min_max(lexical)).all()
    assert (weighted_sum(lexical, dense, dense_weight=1) == min_max(dense)).all()
    both = weighted_sum(lexical, dense, dense_weight=weight)
    assert ((both >= 0) & (both <= 1 + 1e-12)).all()


def test_reciprocal_rank_worked_by_hand() -> None:
    # 3 is second in one leg and first in the other; 7 first in one; 9 third in one.
    fused = reciprocal_rank(np.array([3, 7, 9]), [np.array([7, 3, 9]), np.array([3])], rrf_k=60)
    assert fused.tolist() == pytest.approx([1 / 62 + 1 / 61, 1 / 61, 1 / 63])


def test_reciprocal_rank_of_nothing_is_nothing() -> None:
    empty = np.zeros(0, np.int64)
    assert reciprocal_rank(empty, [empty, empty], rrf_k=60).tolist() == []


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"kind": "sum"}, "fusion kind is 'sum', expected 'weighted' or 'rrf'"),
        ({"dense_weight": 1.5}, "dense_weight is 1.5, expected 0 to 1"),
        ({"dense_weight": float("nan")}, "dense_weight is nan"),
        ({"rrf_k": 0}, "rrf_k is 0, expected 1 or more"),
        ({"depth": 0}, "depth is 0, expected 1 or more"),
    ],
)
def test_fusion_refuses_settings_that_make_no_sense(
    setting: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        Fusion(**setting)  # type: ignore[arg-type]


@pytest.mark.parametrize("fusion", [DEFAULT_FUSION, Fusion("rrf", rrf_k=10, depth=7)])
def test_fusion_settings_round_trip_through_json(fusion: Fusion) -> None:
    assert Fusion.from_settings(json.loads(json.dumps(fusion.settings))) == fusion


def test_fusion_says_what_it_does() -> None:
    assert str(Fusion("weighted", 0.6)).startswith("0.4 × bm25 + 0.6 × dense, min-max")
    assert str(Fusion("rrf")).startswith("reciprocal ranks, 1 / (60 + rank)")
