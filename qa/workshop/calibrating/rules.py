"""Fit a calibration: what it takes from labelled questions to rules with weights.

Two regressions with non-negative weights, so that better evidence never lowers a score. The
first ranks: which candidate is right, from what reader, retriever and question say of it?
The second believes: is the first answer right, from its ranking, its lead and its support?
Both see questions that nothing answers: near misses above all, of which the article is there
and the fact isn't. `transfer` says how well what is fitted carries over.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qa.deciding.calibration import Calibration
from qa.deciding.features import CONFIDENCE_FEATURES, RANKING_FEATURES, Linear
from qa.deciding.skipping import lags
from qa.errors import CalibrationError
from qa.workshop.calibrating.observations import Decision, Observation
from qa.workshop.calibrating.regression import Matrix, fit_logistic, fit_ranking

__all__ = ["first_answers", "fit_calibration", "fit_slack"]

_NO_WEIGHT = 1e-6
# Signs too rare in labelled questions to be learned, and not to be done without: what speaks of
# the opposite, or lacks the very code, isn't the answer, however alike it looks. A how-to is
# answered by its steps, not by what stands before them, though a label may be one sentence.
_LEAST_IN_RANKING = {"opposite": 2.0, "current": 3.0, "kind": 0.3, "steps": 3.0}
_LEAST_IN_CONFIDENCE = {"opposite": 3.5, "code": 3.5, "current": 1.0, "kind": 0.3}
# Share of questions whose outcome may change where passages are skipped, and the fewest from
# which such a share can be told: none in 500 is under 0.6 % with 95 % certainty.
_MAX_CHANGED = 0.001
_LEAST_FOR_SLACK = 500


def fit_calibration(
    observations: Sequence[Observation],
    *,
    threshold: float,
    note: Mapping[str, Any],
    slack: float | None = None,
) -> Calibration:
    """Fit both rules.

    Args:
        observations: From `observe`.
        threshold: Least confidence at which to answer.
        note: Kept with the calibration, for people.
        slack: From `fit_slack`: confidences are then fitted to what is read under it. None
            reads all.

    Raises:
        CalibrationError: There is nothing right, or nothing wrong, to learn from.
    """
    ranking = _fit_ranking(observations)
    calibration = Calibration(ranking, Linear(0.0, {}), threshold, note, slack)
    read = [each.without(each.skipped_by(calibration)) for each in observations]
    return replace(calibration, confidence=_fit_confidence(read, ranking))


def fit_slack(observations: Sequence[Observation], calibration: Calibration) -> float | None:
    """Return the least slack that keeps 999 in 1000 first answers and decisions.

    Args:
        observations: Of whole readings.
        calibration: Ranks, believes and decides.

    Returns:
        Rounded up to a tenth; None where there are too few questions to tell.
    """
    if len(observations) < _LEAST_FOR_SLACK:
        return None
    allowed = int(len(observations) * _MAX_CHANGED)
    # From the passage that lies furthest behind on, as if the slack were lowered step by step.
    in_turn = sorted(
        (
            (lag, number, passage_id)
            for number, each in enumerate(observations)
            for passage_id, lag in lags(
                each.question, each.candidates, each.hits, calibration.ranking
            ).items()
            if lag >= 0
        ),
        reverse=True,
    )
    unread: dict[int, set[str]] = {}
    changed: set[int] = set()
    for lag, number, passage_id in in_turn:
        unread.setdefault(number, set()).add(passage_id)
        if number in changed:
            continue
        each = observations[number]
        part = each.without(unread[number])
        if not _same(part.outcome(calibration), each.outcome(calibration)):
            changed.add(number)
            if len(changed) > allowed:
                # This one must be read, and with it all that lie less far behind.
                return (math.floor(lag * 10.0) + 1) / 10.0
    return 0.0


def _same(one: Decision | None, other: Decision | None) -> bool:
    """Tell whether the same is answered and the same decided, however sure."""
    if one is None or other is None:
        return one is other
    return (one.where, one.given) == (other.where, other.given)


def first_answers(
    calibration: Calibration, observations: Sequence[Observation]
) -> tuple[list[float], list[bool]]:
    """Return how sure each first answer is, and whether it is right.

    Questions without a candidate are left out.
    """
    confidences, right = [], []
    for whole in observations:
        each = whole.without(whole.skipped_by(calibration))
        proposals = each.proposals(calibration.ranking)
        if proposals:
            confidences.append(calibration.probability(proposals[0]))
            right.append(each.is_right(proposals[0]))
    return confidences, right


def _fit_ranking(observations: Sequence[Observation]) -> Linear:
    questions: list[tuple[Matrix, NDArray[np.bool_]]] = []
    weights: list[float] = []
    for each in observations:
        right = np.array(each.right, dtype=np.bool_)
        if not right.any() or right.all():
            # Nothing to put in order.
            continue
        questions.append((each.described, right))
        weights.append(each.weight)
    least = _least(RANKING_FEATURES, _LEAST_IN_RANKING)
    fitted = fit_ranking(questions, np.array(weights), least)
    return Linear(0.0, _kept(RANKING_FEATURES, fitted))


def _fit_confidence(observations: Sequence[Observation], ranking: Linear) -> Linear:
    rows: list[list[float]] = []
    right: list[bool] = []
    weights: list[float] = []
    for each in observations:
        proposals = each.proposals(ranking)
        if proposals:
            weights.append(each.weight)
            described = proposals[0].features
            rows.append([described[name] for name in CONFIDENCE_FEATURES])
            right.append(each.is_right(proposals[0]))
    if not rows:
        msg = "There is no candidate to learn from. Give questions that the reader can answer."
        raise CalibrationError(msg)
    least = _least(CONFIDENCE_FEATURES, _LEAST_IN_CONFIDENCE)
    intercept, fitted = fit_logistic(np.array(rows), np.array(right), np.array(weights), least)
    return Linear(round(intercept, 6), _kept(CONFIDENCE_FEATURES, fitted))


def _least(names: Sequence[str], known: Mapping[str, float]) -> Matrix:
    return np.array([known.get(name, 0.0) for name in names])


def _kept(names: Sequence[str], weights: Matrix) -> dict[str, float]:
    return {
        name: round(float(weight), 6)
        for name, weight in zip(names, weights, strict=True)
        if weight > _NO_WEIGHT
    }
