"""Ranking across passages and merging answers that mean the same."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.deciding.evidence import Asked
from qa.deciding.features import (
    CONFIDENCE_FEATURES,
    RANKING_FEATURES,
    Linear,
    ranking_features,
    sigmoid,
)
from qa.deciding.ranking import propose
from qa.types import Candidate
from retrieval.types import Article, Hit, Passage

Cut = Callable[..., Passage]
RULE = Linear(0.0, {"margin": 1.0, "retrieval": 1.0})
RULE_CHECKED = Linear(0.0, {"margin": 0.3, "check": 1.0})


def nothing_near(question: str, texts: Sequence[str]) -> list[float]:
    return [0.0] * len(texts)


def candidate_of(passage: Passage, text: str, margin: float) -> Candidate:
    start = passage.start + passage.text.index(text)
    return Candidate(passage, start, start + len(text), margin, 0.0)


@pytest.mark.parametrize("x", [-1000.0, -2.0, 0.0, 2.0, 1000.0])
def test_sigmoid_is_symmetric_and_never_overflows(x: float) -> None:
    assert sigmoid(x) + sigmoid(-x) == pytest.approx(1.0)


def test_linear_ignores_features_without_a_weight() -> None:
    assert Linear(1.0, {"margin": 2.0})({"margin": 3.0, "echo": 9.0}) == 7.0


def test_propose_joins_reader_and_retriever(cut_passage: Cut) -> None:
    first = cut_passage(Article("a", "A", "It costs 5 euros."))
    second = cut_passage(Article("b", "B", "It costs 7 euros."))
    hits = [Hit(first, 1.0), Hit(second, 0.2)]
    candidates = [candidate_of(second, "7 euros", 2.5), candidate_of(first, "5 euros", 2.0)]
    proposals = propose("How much?", candidates, hits, RULE, nothing_near)
    assert [p.candidate.text for p in proposals] == ["5 euros", "7 euros"]
    assert proposals[0].gap == pytest.approx(0.3)
    assert proposals[1].gap == pytest.approx(-0.3)


def test_propose_merges_one_place_read_in_two_passages(cut_passage: Cut) -> None:
    article = Article("a", "A", "The desk opens at 8:30 on weekdays and at 10:00 on Saturdays.")
    whole, part = cut_passage(article), cut_passage(article, start=9)
    hits = [Hit(whole, 1.0), Hit(part, 1.0)]
    candidates = [
        candidate_of(whole, "8:30", 3.0),
        candidate_of(part, "8:30 on weekdays", 2.0),
        candidate_of(part, "10:00", 1.0),
    ]
    proposals = propose("How much?", candidates, hits, RULE, nothing_near)
    assert [(p.candidate.text, p.merged) for p in proposals] == [("8:30", 2), ("10:00", 1)]
    # The same place read twice is no second witness.
    assert proposals[0].support == 0.0


def test_propose_merges_the_same_text_within_an_article(cut_passage: Cut) -> None:
    passage = cut_passage(Article("a", "A", "Ask the Desk. If in doubt, ask the desk."))
    candidates = [candidate_of(passage, "the Desk", 2.0), candidate_of(passage, "the desk", 1.0)]
    (only,) = propose("Whom?", candidates, [Hit(passage, 1.0)], RULE, nothing_near)
    assert only.merged == 2
    assert only.support == pytest.approx(math.exp(-1.0))


def test_propose_keeps_the_same_text_of_another_article_as_support(cut_passage: Cut) -> None:
    first = cut_passage(Article("a", "A", "Up to 30 days."))
    second = cut_passage(Article("b", "B", "At most 30 days."))
    third = cut_passage(Article("c", "C", "Never more than 12."))
    hits = [Hit(first, 1.0), Hit(second, 1.0), Hit(third, 1.0)]
    proposals = propose(
        "How long?",
        [
            candidate_of(first, "30 days", 2.0),
            candidate_of(second, "30 days", 1.5),
            candidate_of(third, "12", 1.0),
        ],
        hits,
        RULE,
        nothing_near,
    )
    assert [p.candidate.passage.article_id for p in proposals] == ["a", "b", "c"]
    assert proposals[0].support == pytest.approx(math.exp(-0.5))
    # Shares of exponentials: all of one text together.
    total = math.exp(0) + math.exp(-0.5) + math.exp(-1)
    assert proposals[0].share == pytest.approx((1 + math.exp(-0.5)) / total)
    assert proposals[2].share == pytest.approx(math.exp(-1) / total)
    # The rival is the best answer with another text.
    assert proposals[0].gap == pytest.approx(1.0)
    assert proposals[2].gap == pytest.approx(-1.0)


def test_propose_prefers_surroundings_that_mean_what_is_asked(cut_passage: Cut) -> None:
    passage = cut_passage(Article("a", "Fees", "A badge costs 5 euros. Parking costs 7 euros."))
    candidates = [candidate_of(passage, "5 euros", 2.0), candidate_of(passage, "7 euros", 1.0)]
    rule = Linear(0.0, {"margin": 1.0, "meaning": 4.0})
    seen: list[str] = []

    def near_parking(question: str, texts: Sequence[str]) -> list[float]:
        seen.extend(texts)
        return [0.6 if "Parking" in text else 0.1 for text in texts]

    proposals = propose(
        "What does parking cost?", candidates, [Hit(passage, 1.0)], rule, near_parking
    )
    assert [(p.candidate.text, p.meaning) for p in proposals] == [
        ("7 euros", 0.6),
        ("5 euros", 0.1),
    ]
    assert proposals[0].ranking == pytest.approx(1.0 + 4.0 * 0.6)
    # The title stands above: a sentence alone may not say what it is about.
    assert seen == ["Fees. A badge costs 5 euros.", "Fees. Parking costs 7 euros."]


def test_propose_compares_the_six_most_promising_places(cut_passage: Cut) -> None:
    text = " ".join(f"Item {number} costs {number}0 euros." for number in range(1, 10))
    passage = cut_passage(Article("a", "A", text))
    candidates = [
        candidate_of(passage, f"{number}0 euros", float(number)) for number in range(1, 10)
    ]
    rule = Linear(0.0, {"margin": 1.0, "meaning": 1.0})
    proposals = propose("How much?", candidates, [Hit(passage, 1.0)], rule, nothing_near)
    assert [p.candidate.text for p in proposals] == [f"{n}0 euros" for n in range(9, 3, -1)]


PROCEDURE = "1. Open Software Centre from the Start menu.\n2. Select Install.\n3. Restart."


def test_propose_counts_one_procedure_as_one_answer(cut_passage: Cut) -> None:
    steps = cut_passage(Article("a", "A", PROCEDURE))
    other = cut_passage(Article("b", "B", "Ask the Service Desk."))
    candidates = [
        candidate_of(steps, "from the Start menu", 2.0),
        candidate_of(steps, "Open Software Centre", 1.8),
        candidate_of(steps, "Restart", 1.0),
        candidate_of(other, "the Service Desk", 0.5),
    ]
    hits = [Hit(steps, 1.0), Hit(other, 1.0)]
    first, second = propose("How do I install it?", candidates, hits, RULE, nothing_near)
    assert (first.candidate.text, first.merged) == ("from the Start menu", 3)
    assert second.candidate.text == "the Service Desk"
    # The rival is the other article's answer, not another step of what is shown anyway.
    assert first.gap == pytest.approx(1.5)
    total = 1.0 + math.exp(-0.2) + math.exp(-1.0) + math.exp(-1.5)
    assert first.share == pytest.approx((total - math.exp(-1.5)) / total)
    assert first.support == 0.0


def test_propose_lets_steps_compete_where_one_step_is_asked_for(cut_passage: Cut) -> None:
    steps = cut_passage(Article("a", "A", PROCEDURE))
    candidates = [candidate_of(steps, "the Start menu", 2.0), candidate_of(steps, "Restart", 1.0)]
    proposals = propose(
        "Where is Software Centre?", candidates, [Hit(steps, 1.0)], RULE, nothing_near
    )
    assert [p.merged for p in proposals] == [1, 1]


def test_propose_lets_two_spans_of_a_sentence_compete(cut_passage: Cut) -> None:
    passage = cut_passage(Article("a", "A", "It was founded in 1851 in Lyon. It is small."))
    candidates = [candidate_of(passage, "1851", 2.0), candidate_of(passage, "Lyon", 1.0)]
    proposals = propose("When was it founded?", candidates, [Hit(passage, 1.0)], RULE, nothing_near)
    assert [p.gap for p in proposals] == [pytest.approx(1.0), pytest.approx(-1.0)]


@given(
    margins=st.lists(st.floats(-20, 20), min_size=3, max_size=3),
    more=st.floats(0, 20),
    order=st.permutations(range(3)),
)
def test_propose_never_ranks_better_evidence_lower(
    margins: list[float], more: float, order: list[int]
) -> None:
    passages = [
        Passage(f"{name}#0-{len(text)}", name, 0, len(text), text)
        for name, text in (("a", PROCEDURE), ("b", "Ask the Service Desk."))
    ]
    hits = [Hit(passage, 1.0) for passage in passages]
    spans = ((0, "Start menu"), (0, "Restart"), (1, "the Service Desk"))

    def place_of_the_steps(values: list[float]) -> int:
        candidates = [
            candidate_of(passages[number], text, value)
            for (number, text), value in zip(spans, values, strict=True)
        ]
        asked = "How do I install it?"
        found = propose(asked, candidates, hits, RULE, nothing_near)
        shuffled = propose(asked, [candidates[at] for at in order], hits, RULE, nothing_near)
        assert [p.candidate for p in found] == [p.candidate for p in shuffled]
        assert all(0.0 <= p.share <= 1.0 + 1e-9 for p in found)
        return [p.candidate.passage.article_id for p in found].index("a")

    better = [margins[0] + more, *margins[1:]]
    assert place_of_the_steps(better) <= place_of_the_steps(margins)


def test_propose_of_nothing_is_nothing() -> None:
    assert propose("?", [], [], RULE, nothing_near) == ()


def test_propose_alone_has_the_widest_gap(cut_passage: Cut) -> None:
    passage = cut_passage(Article("a", "A", "Just this."))
    (only,) = propose(
        "?", [candidate_of(passage, "this", 0.0)], [Hit(passage, 1.0)], RULE, nothing_near
    )
    assert only.gap == 6.0


def test_propose_knows_how_far_a_passage_stands_above_the_last(cut_passage: Cut) -> None:
    first = cut_passage(Article("a", "A", "It costs 5 euros."))
    second = cut_passage(Article("b", "B", "It costs 7 euros."))
    hits = [Hit(first, 0.8), Hit(second, 0.2)]
    candidates = [candidate_of(first, "5 euros", 2.0), candidate_of(second, "7 euros", 1.0)]
    proposals = propose("How much?", candidates, hits, RULE, nothing_near)
    assert [p.standing for p in proposals] == [pytest.approx(0.75), 0.0]
    assert set(proposals[0].features) == set(CONFIDENCE_FEATURES)


@given(
    scores=st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=1, max_size=4),
    margin=st.floats(-1e6, 1e6),
    question=st.text(max_size=40),
)
def test_features_are_bounded(scores: list[float], margin: float, question: str) -> None:
    hits = [
        Hit(Passage(f"a{number}#0-6", f"a{number}", 0, 6, "step 1"), score)
        for number, score in enumerate(scores)
    ]
    candidate = Candidate(hits[-1].passage, 0, 6, margin, 0.0)
    features = ranking_features(Asked(question), candidate, hits, len(hits) - 1, 0.5)
    assert set(features) == set(RANKING_FEATURES)
    assert all(math.isfinite(value) and abs(value) <= 30 for value in features.values())
    (proposal,) = propose(question, [candidate], hits, RULE, nothing_near)
    assert all(math.isfinite(value) and abs(value) <= 60 for value in proposal.features.values())


def test_reader_share_is_of_those_that_were_read_again(cut_passage: Cut) -> None:
    body = "It costs 9 euros. It costs 7 euros. Lunch is at noon."
    passage = cut_passage(Article("a", "Prices", body))
    found = {text: candidate_of(passage, text, 1.0) for text in ("9 euros", "7 euros", "at noon")}
    checked = [
        replace(found["9 euros"], check=2.0),
        replace(found["7 euros"], check=1.0),
        found["at noon"],
    ]
    first, *_ = propose("How much?", checked, [Hit(passage, 1.0)], RULE_CHECKED, nothing_near)
    # Both share a word of two; "no answer" has a share of its own.
    both = math.exp(2.0) + math.exp(1.0)
    assert first.features["reader_share"] == pytest.approx(both / (both + 1.0))
    alone, *_ = propose(
        "How much?", list(found.values()), [Hit(passage, 1.0)], RULE_CHECKED, nothing_near
    )
    assert alone.features["reader_share"] < 3 * math.e / (3 * math.e + 1.0)
    assert (first.features["checked"], alone.features["checked"]) == (1.0, 0.0)


def test_the_second_readers_margin_ranks(cut_passage: Cut) -> None:
    body = "It costs 9 euros. It costs 7 pounds."
    passage = cut_passage(Article("a", "Prices", body))
    small = candidate_of(passage, "9 euros", 5.0)
    large = replace(candidate_of(passage, "7 pounds", 1.0), check=6.0)
    ranked = propose("How much?", [small, large], [Hit(passage, 1.0)], RULE_CHECKED, nothing_near)
    assert [each.candidate.text for each in ranked] == ["7 pounds", "9 euros"]
