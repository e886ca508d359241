import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.search.fusion import (
    DEFAULT_FUSION,
    Fusion,
    LegScores,
    min_max,
    reciprocal_rank,
    weighted_sum,
)

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
        ({"kind": "sum"}, "fusion kind is 'sum', expected 'bounded', 'weighted' or 'rrf'"),
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


def test_bounded_adds_up_shares_of_the_bounds() -> None:
    fusion = Fusion("bounded", lexical_weight=1.0, article_weight=0.5)
    scores = LegScores(
        lexical=np.array([5.0, 0.0, 10.0]),
        lexical_bound=10.0,
        dense=np.array([0.5, 0.9, 0.0]),
        article=np.array([0.5, 0.1, 0.0]),
    )
    joined = fusion.join(np.arange(3), [np.arange(3)], scores)
    assert joined.tolist() == pytest.approx([1.25 / 2.5, 0.95 / 2.5, 1.0 / 2.5])
    # The less of the question's words a passage can hold, the less those count that it does.
    far = replace(scores, lexical_bound=100.0)
    assert np.argmax(fusion.join(np.arange(3), [], far)) == 1


def test_each_kind_joins_by_its_own_formula() -> None:
    rows, rankings = np.array([3, 7]), [np.array([7, 3]), np.array([3])]
    lexical, dense = np.array([4.0, 0.0]), np.array([0.2, 0.7])
    scores = LegScores(lexical, 8.0, dense, dense)
    weighted = Fusion("weighted", dense_weight=0.75).join(rows, rankings, scores)
    assert weighted.tolist() == weighted_sum(lexical, dense, dense_weight=0.75).tolist()
    by_rank = Fusion("rrf", rrf_k=1).join(rows, rankings, scores)
    assert by_rank.tolist() == reciprocal_rank(rows, rankings, rrf_k=1).tolist()


@pytest.mark.parametrize("name", ["lexical_weight", "article_weight"])
@pytest.mark.parametrize("weight", [-0.1, float("nan"), 1e9])
def test_fusion_refuses_a_weight_out_of_bounds(name: str, weight: float) -> None:
    with pytest.raises(ValueError, match=f"{name} is .*expected 0 to 100"):
        Fusion(**{name: weight})  # type: ignore[arg-type]


def test_fusion_of_an_earlier_index_is_still_known() -> None:
    stored = {"kind": "weighted", "dense_weight": 0.7, "rrf_k": 60, "depth": 100}
    assert Fusion.from_settings(stored) == Fusion("weighted")
