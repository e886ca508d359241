"""Fitting rankings and confidences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from qa.errors import CalibrationError
from qa.types import Candidate
from qa.workshop.calibrating.observations import Observation
from qa.workshop.calibrating.rules import first_answers, fit_calibration, fit_slack
from qa.workshop.scoring.risk import expected_calibration_error
from retrieval.types import Hit, Passage

Observe = Callable[..., list[Observation]]


def test_fit_calibration_believes_what_is_right(make_observations: Observe) -> None:
    seen = make_observations()
    calibration = fit_calibration(seen, threshold=0.4, note={"n": len(seen)})
    assert calibration.threshold == 0.4
    assert calibration.ranking.weights["margin"] > 0
    confidences, right = [], []
    for each in seen:
        first = each.proposals(calibration.ranking)[0]
        confidences.append(calibration.probability(first))
        right.append(each.is_right(first))
    assert expected_calibration_error(confidences, right) < 0.1
    assert np.mean(confidences) == pytest.approx(np.mean(right), abs=0.01)


def long_observations(n: int = 600) -> list[Observation]:
    """Make questions with six passages; in one of a hundred the last one holds the answer."""
    rng = np.random.default_rng(5)
    made = []
    for number in range(n):
        passages = [
            Passage(f"a{number}-{k}#0-8", f"a{number}-{k}", 0, 8, f"answer {k}") for k in range(6)
        ]
        holds = 5 if number % 100 == 0 else int(rng.integers(0, 3))
        right = [k == holds and number % 3 > 0 for k in range(6)]
        margins = [rng.normal(6.0 if good else -2.0, 2.0) for good in right]
        made.append(
            Observation(
                id=str(number),
                question="What is it?",
                group=f"article {number % 40}",
                hits=tuple(Hit(passage, 1.0 - k / 8) for k, passage in enumerate(passages)),
                candidates=tuple(
                    Candidate(passage, 0, 8, float(margin), 0.0)
                    for passage, margin in zip(passages, margins, strict=True)
                ),
                right=tuple(right),
                meanings=tuple(0.3 * good for good in right),
            )
        )
    return made


def test_fit_slack_keeps_outcomes_and_spares_reading() -> None:
    seen = long_observations()
    whole = fit_calibration(seen, threshold=0.5, note={})
    slack = fit_slack(seen, whole)
    assert slack is not None

    def changed(slack: float) -> int:
        calibration = replace(whole, slack=slack)
        n = 0
        for each in seen:
            full = each.outcome(calibration)
            part = each.without(each.skipped_by(calibration)).outcome(calibration)
            assert full is not None
            assert part is not None
            n += (full.where, full.given) != (part.where, part.given)
        return n

    assert changed(slack) == 0
    assert changed(slack - 0.1) > 0
    fitted = fit_calibration(seen, threshold=0.5, note={}, slack=slack)
    assert fitted.slack == slack
    assert sum(len(each.skipped_by(fitted)) for each in seen) > len(seen) / 4
    assert expected_calibration_error(*first_answers(fitted, seen)) < 0.1


def test_fit_slack_tells_nothing_from_few_questions(make_observations: Observe) -> None:
    seen = make_observations()
    calibration = fit_calibration(seen, threshold=0.5, note={})
    assert fit_slack(seen, calibration) is None
    assert seen[0].skipped_by(calibration) == frozenset()


def test_fit_calibration_counts_questions_by_their_weight(make_observations: Observe) -> None:
    seen = make_observations()
    doubtful = [replace(each, right=(False, False)) for each in seen]
    believing = [replace(each, weight=9.0) for each in seen] + doubtful
    doubting = seen + [replace(each, weight=9.0) for each in doubtful]
    sure, _ = first_answers(fit_calibration(believing, threshold=0.5, note={}), seen)
    unsure, _ = first_answers(fit_calibration(doubting, threshold=0.5, note={}), seen)
    assert np.mean(unsure) < 0.3 * np.mean(sure)


def test_first_answers_leave_out_questions_without_a_candidate(make_observations: Observe) -> None:
    seen = make_observations(40)
    calibration = fit_calibration(seen, threshold=0.5, note={})
    empty = replace(seen[0], candidates=(), right=(), meanings=())
    confidences, right = first_answers(calibration, [*seen, empty])
    assert len(confidences) == len(right) == len(seen)


def test_fit_calibration_needs_candidates() -> None:
    empty = Observation("1", "What?", "g", (), (), (), ())
    with pytest.raises(CalibrationError, match="no order to learn"):
        fit_calibration([empty], threshold=0.5, note={})
