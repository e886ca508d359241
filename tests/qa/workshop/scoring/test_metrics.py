"""SQuAD's scores: by hand, and against the published rules written down a second time."""

from __future__ import annotations

import collections
import re
import string
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.errors import EvaluationError
from qa.reading.overlap import (
    exact_match_over_golds,
    f1_over_golds,
    normalize_answer,
    token_f1,
)
from qa.types import Example
from qa.workshop.scoring.metrics import best_threshold, evaluate_squad

WORDS = st.lists(
    st.sampled_from(["the", "a", "cat", "Cat!", "dog", "An", "...", "8:30", "é", "x-y", "theory"]),
    max_size=5,
).map(" ".join)


def rule_normalize(text: str) -> list[str]:
    """Lower-case, remove punctuation, remove articles, split on white space: in that order."""
    kept = "".join(sign for sign in text.lower() if sign not in set(string.punctuation))
    return re.sub(r"\b(a|an|the)\b", " ", kept, flags=re.UNICODE).split()


def rule_f1(prediction: list[str], gold: list[str], *, version: int) -> float:
    if version == 2 and (not prediction or not gold):
        return float(prediction == gold)
    shared = 0
    left = collections.Counter(gold)
    for word in prediction:
        if left[word]:
            left[word] -= 1
            shared += 1
    if not shared:
        return 0.0
    return 2 * shared / (len(prediction) + len(gold))


def example(number: int, *answers: str) -> Example:
    return Example(str(number), "q", " ".join(answers), tuple((text, 0) for text in answers))


@given(WORDS)
def test_normalize_answer_follows_the_rules(text: str) -> None:
    assert normalize_answer(text).split() == rule_normalize(text)


@pytest.mark.parametrize(
    ("prediction", "gold", "f1"),
    [
        ("the cat", "Cat.", 1.0),
        ("big cat", "cat", 2 / 3),
        ("cat cat", "cat dog", 0.5),
        ("", "", 1.0),
        ("the", "", 1.0),
        ("cat", "", 0.0),
        ("dog", "cat", 0.0),
    ],
)
def test_token_f1_by_hand(prediction: str, gold: str, f1: float) -> None:
    assert token_f1(prediction, gold) == pytest.approx(f1)


def test_scores_take_the_best_gold_answer() -> None:
    assert f1_over_golds("cat", ["dog", "big cat"]) == pytest.approx(2 / 3)
    assert exact_match_over_golds("the cat", ["dog", "Cat"]) == 1.0
    assert exact_match_over_golds("", []) == 1.0
    assert f1_over_golds("cat", []) == 0.0


@given(st.lists(st.tuples(WORDS, st.lists(WORDS, min_size=1, max_size=3)), min_size=1, max_size=6))
def test_evaluate_squad_equals_version_1_rules(cases: list[tuple[str, list[str]]]) -> None:
    examples = [example(number, *golds) for number, (_, golds) in enumerate(cases)]
    predictions = {str(number): prediction for number, (prediction, _) in enumerate(cases)}
    scores = evaluate_squad(examples, predictions, has_unanswerable=False)
    exact = [max(rule_normalize(p) == rule_normalize(gold) for gold in golds) for p, golds in cases]
    f1 = [
        max(rule_f1(rule_normalize(p), rule_normalize(gold), version=1) for gold in golds)
        for p, golds in cases
    ]
    assert scores["exact_match"] == pytest.approx(100 * np.mean(exact))
    assert scores["f1"] == pytest.approx(100 * np.mean(f1))
    assert scores["n"] == len(cases)


@given(st.lists(st.tuples(WORDS, st.lists(WORDS, max_size=3)), min_size=1, max_size=6))
def test_evaluate_squad_equals_version_2_rules(cases: list[tuple[str, list[str]]]) -> None:
    examples = [example(number, *golds) for number, (_, golds) in enumerate(cases)]
    predictions = {str(number): prediction for number, (prediction, _) in enumerate(cases)}
    scores = evaluate_squad(examples, predictions, has_unanswerable=True)
    exact, f1 = [], []
    for prediction, golds in cases:
        # Gold answers that normalise to nothing are dropped; none left means "no answer".
        kept = [rule_normalize(gold) for gold in golds if rule_normalize(gold)] or [[]]
        words = rule_normalize(prediction)
        exact.append(max(words == gold for gold in kept))
        f1.append(max(rule_f1(words, gold, version=2) for gold in kept))
    assert scores["exact_match"] == pytest.approx(100 * np.mean(exact))
    assert scores["f1"] == pytest.approx(100 * np.mean(f1))
    with_answer = [score for score, (_, golds) in zip(f1, cases, strict=True) if golds]
    without = [score for score, (_, golds) in zip(f1, cases, strict=True) if not golds]
    for key, part in (("has_answer_f1", with_answer), ("no_answer_accuracy", without)):
        if part:
            assert scores[key] == pytest.approx(100 * np.mean(part))  # type: ignore[literal-required]
        else:
            assert scores[key] is None  # type: ignore[literal-required]


def test_evaluate_squad_refuses_ids_that_do_not_match() -> None:
    examples = [example(1, "cat"), example(2, "dog")]
    with pytest.raises(EvaluationError, match=r"1 questions without a prediction.*\['2'\]"):
        evaluate_squad(examples, {"1": "cat"}, has_unanswerable=False)
    with pytest.raises(EvaluationError, match=r"1 predictions without a question.*\['3'\]"):
        evaluate_squad(examples, {"1": "", "2": "", "3": ""}, has_unanswerable=False)


def test_evaluate_squad_refuses_nothing_and_twins() -> None:
    with pytest.raises(EvaluationError, match="no question to score"):
        evaluate_squad([], {}, has_unanswerable=False)
    with pytest.raises(EvaluationError, match="1 question ids occur twice"):
        evaluate_squad([example(1, "a"), example(1, "b")], {"1": ""}, has_unanswerable=False)


def test_evaluate_squad_version_1_refuses_questions_without_gold() -> None:
    with pytest.raises(EvaluationError, match="'1' has no gold answer"):
        evaluate_squad([example(1)], {"1": ""}, has_unanswerable=False)


CASES = st.lists(
    st.tuples(st.integers(-3, 3).map(float), st.sampled_from([0.0, 0.5, 1.0]), st.booleans()),
    min_size=1,
    max_size=12,
)


@given(CASES)
def test_best_threshold_is_the_best_of_all(cases: list[tuple[float, float, bool]]) -> None:
    def mean_score(threshold: float) -> float:
        earned = [
            (0.0 if unanswerable else score) if margin >= threshold else float(unanswerable)
            for margin, score, unanswerable in cases
        ]
        return float(np.mean(earned))

    margins = [margin for margin, _, _ in cases]
    scores = [0.0 if unanswerable else score for _, score, unanswerable in cases]
    best, threshold = best_threshold(margins, scores, [u for _, _, u in cases])
    assert mean_score(threshold) == pytest.approx(best)
    edges = sorted({-9.0, *margins, 9.0})
    assert best >= max(mean_score((low + high) / 2) for low, high in pairwise(edges)) - 1e-9
