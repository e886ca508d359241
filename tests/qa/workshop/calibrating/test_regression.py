"""Regressions: the weights that made the outcomes, and none against the evidence."""

from __future__ import annotations

import numpy as np
import pytest

from qa.errors import CalibrationError
from qa.workshop.calibrating.regression import fit_logistic, fit_ranking


def test_fit_logistic_finds_the_weights_that_made_the_outcomes() -> None:
    rng = np.random.default_rng(1)
    features = rng.normal(size=(20_000, 2)) * [1.0, 5.0]
    chance = 1 / (1 + np.exp(-(0.5 + features @ [1.5, 0.2])))
    intercept, weights = fit_logistic(features, rng.random(20_000) < chance, ridge=1e-3)
    assert intercept == pytest.approx(0.5, abs=0.1)
    np.testing.assert_allclose(weights, [1.5, 0.2], atol=0.1)


def test_fit_logistic_never_weighs_evidence_against() -> None:
    rng = np.random.default_rng(2)
    features = rng.normal(size=(500, 2))
    _, weights = fit_logistic(features, features[:, 0] - features[:, 1] > 0)
    assert weights[0] > 0
    assert weights[1] == 0


def test_fit_logistic_stays_finite_where_classes_part() -> None:
    intercept, weights = fit_logistic(np.array([[0.0], [1.0]]), np.array([False, True]))
    assert np.isfinite([intercept, *weights]).all()


def test_fit_logistic_ignores_what_never_changes() -> None:
    features = np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 0.2], [1.0, 0.9]])
    _, weights = fit_logistic(features, np.array([False, True, False, True]))
    assert weights[0] == 0


@pytest.mark.parametrize(("right", "word"), [([True, True], "right"), ([False, False], "wrong")])
def test_fit_logistic_needs_both(right: list[bool], word: str) -> None:
    with pytest.raises(CalibrationError, match=f"All 2 answers are {word}"):
        fit_logistic(np.zeros((2, 1)), np.array(right))


def test_fit_ranking_finds_the_weights_that_drew_the_first() -> None:
    rng = np.random.default_rng(3)
    questions = []
    for _ in range(1500):
        features = rng.normal(size=(4, 3))
        scores = features @ [2.0, 0.5, -1.0]
        chance = np.exp(scores) / np.exp(scores).sum()
        right = np.zeros(4, dtype=np.bool_)
        right[rng.choice(4, p=chance)] = True
        questions.append((features, right))
    weights = fit_ranking(questions, ridge=1e-3)
    # The third would be negative, and is held at zero; the others make up for little of it.
    np.testing.assert_allclose(weights, [1.7, 0.4, 0.0], atol=0.25)


def test_fit_ranking_needs_an_order() -> None:
    with pytest.raises(CalibrationError, match="no order to learn"):
        fit_ranking([])


def test_weights_are_no_less_than_asked_for() -> None:
    rng = np.random.default_rng(3)
    features = rng.normal(size=(400, 3))
    right = rng.random(400) < 1 / (1 + np.exp(-2.0 * features[:, 0]))
    least = np.array([0.0, 1.5, 0.0])
    _, weights = fit_logistic(features, right, None, least)
    assert weights[1] == pytest.approx(1.5)
    assert weights[0] > 1.0
    order = np.array([True, False])
    ahead = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    questions = [(np.add(rng.normal(size=(2, 3)), ahead), order) for _ in range(50)]
    ranked = fit_ranking(questions, None, least)
    assert ranked[1] == pytest.approx(1.5)
    assert ranked[0] > 0.2


def test_a_question_counts_by_its_weight() -> None:
    rng = np.random.default_rng(3)
    features = rng.normal(size=(300, 2))
    right = rng.random(300) < 1 / (1 + np.exp(-features[:, 0]))
    doubled = np.concatenate([features, features[:100]])
    twice = fit_logistic(doubled, np.append(right, right[:100]))
    weights = np.where(np.arange(300) < 100, 2.0, 1.0)
    weighed = fit_logistic(features, right, weights)
    assert weighed[0] == pytest.approx(twice[0], abs=1e-3)
    assert weighed[1] == pytest.approx(twice[1], abs=1e-3)
