import ir_measures
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ir_measures import RR, R, nDCG

from retrieval.errors import EvaluationError
from retrieval.types import Hit, Passage
from retrieval.workshop.metrics import collapse, ndcg, recall, reciprocal_rank, score_run

ORACLES = {
    "recall@1": R @ 1,
    "recall@5": R @ 5,
    "recall@20": R @ 20,
    "mrr@10": RR @ 10,
    "ndcg@10": nDCG @ 10,
}

NAMES = [f"d{number}" for number in range(30)]
RANKING = st.permutations(NAMES).flatmap(
    lambda names: st.integers(0, len(names)).map(lambda length: names[:length])
)
GRADES = st.dictionaries(st.sampled_from(NAMES), st.integers(0, 3), min_size=1, max_size=12)


@given(st.lists(st.tuples(RANKING, GRADES), min_size=1, max_size=4))
def test_score_run_equals_trec_eval(rows: list[tuple[list[str], dict[str, int]]]) -> None:
    run = {f"q{number}": ranked for number, (ranked, _) in enumerate(rows)}
    qrels = {f"q{number}": grades for number, (_, grades) in enumerate(rows)}
    # trec_eval orders by score: descending scores stand for our order.
    scored = {
        query: {article: float(-place) for place, article in enumerate(ranked)}
        for query, ranked in run.items()
    }
    expected = ir_measures.calc_aggregate(ORACLES.values(), qrels, scored)
    for name, value in score_run(run, qrels).items():
        assert value == pytest.approx(expected[ORACLES[name]], abs=1e-6), name


def test_metrics_of_a_case_worked_by_hand() -> None:
    ranked, grades = ["x", "b", "a", "y"], {"a": 2, "b": 1, "c": 1, "x": 0}
    assert recall(ranked, grades, 1) == 0
    assert recall(ranked, grades, 3) == pytest.approx(2 / 3)
    assert reciprocal_rank(ranked, grades, 10) == 0.5
    # Gains 0, 1, 2 at log2 of 2, 3, 4: 0.63093 + 1. Ideal 2, 1, 1: 2 + 0.63093 + 0.5.
    assert ndcg(ranked, grades, 10) == pytest.approx(1.63093 / 3.13093, abs=1e-5)


def test_metrics_cut_at_k() -> None:
    ranked, grades = [*"xxxxxxxxxx"[:0], *(f"x{n}" for n in range(10)), "a"], {"a": 1}
    assert reciprocal_rank(ranked, grades, 10) == 0
    assert ndcg(ranked, grades, 10) == 0
    assert recall(ranked, grades, 10) == 0
    assert recall(ranked, grades, 11) == 1


def test_collapse_keeps_the_place_of_the_best_passage() -> None:
    hits = [
        Hit(Passage(f"{article}#{start}-9", article, start, 9, "text"), score)
        for article, start, score in [("b", 0, 3.0), ("a", 0, 2.0), ("b", 5, 1.5), ("c", 0, 1.0)]
    ]
    assert collapse(hits) == [("b", 3.0), ("a", 2.0), ("c", 1.0)]


def test_score_run_counts_a_query_without_results() -> None:
    scores = score_run({"q1": ["a"], "q2": []}, {"q1": {"a": 1}, "q2": {"a": 1}})
    assert set(scores.values()) == {0.5}


def test_score_run_counts_a_query_without_relevant_articles_as_0() -> None:
    assert score_run({"q1": ["a"]}, {"q1": {"a": 0}})["recall@1"] == 0


@pytest.mark.parametrize(
    ("run", "qrels", "message"),
    [
        ({}, {}, "no queries to score"),
        ({"q1": ["a"]}, {}, "1 of 1 queries have no judgements, the first is 'q1'"),
        ({"q1": []}, {"q1": {"a": 1}, "q2": {"a": 1}}, "1 of 2 queries have no results"),
        ({"q1": ["a", "a"]}, {"q1": {"a": 1}}, "query 'q1' name an article twice"),
    ],
)
def test_score_run_refuses_what_does_not_fit(
    run: dict[str, list[str]], qrels: dict[str, dict[str, int]], message: str
) -> None:
    with pytest.raises(EvaluationError, match=message):
        score_run(run, qrels)
