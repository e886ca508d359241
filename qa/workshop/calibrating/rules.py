"""Fit a calibration: what it takes from labelled questions to rules with weights.

Two regressions with non-negative weights, so that better evidence never lowers a score. The
first ranks: which candidate is right, from what reader, retriever and question say of it?
The second believes: is the first answer right, from its ranking, its lead and its support?
Both see questions whose answer is not to be had, made by hiding the article that holds it.

`fitting_commands` runs it. Figures come from questions that the rules weren't fitted on: by
cross-validation over articles here, or from questions kept apart.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qa.deciding.calibration import Calibration
from qa.deciding.ranking import CONFIDENCE_FEATURES, RANKING_FEATURES, Linear
from qa.deciding.skipping import lags
from qa.errors import CalibrationError
from qa.workshop.calibrating.observations import Observation, Outcome
from qa.workshop.calibrating.regression import Matrix, fit_logistic, fit_ranking

__all__ = ["cross_validated", "fit_calibration", "fit_slack"]

_FOLDS = 5
_NO_WEIGHT = 1e-6
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


def _same(one: Outcome | None, other: Outcome | None) -> bool:
    """Tell whether the same is answered and the same decided, however sure."""
    if one is None or other is None:
        return one is other
    return (one.where, one.given) == (other.where, other.given)


def cross_validated(
    observations: Sequence[Observation],
    *,
    judged: Collection[str] | None = None,
    folds: int = _FOLDS,
    slack: float | None = None,
) -> tuple[list[float], list[bool]]:
    """Return each first answer's confidence by rules fitted without its article's questions.

    Args:
        observations: What is fitted on; one that counts more occurs more often.
        judged: Ids of those whose confidences are wanted; None is all.
        folds: How many parts the articles are dealt out to.
        slack: As for `fit_calibration`.

    Returns:
        Confidences and whether each answer is right; questions without a candidate are
        left out.
    """
    confidences: list[float] = []
    right: list[bool] = []
    for fold in range(folds):
        inside = [
            each
            for each in observations
            if _fold(each.group, folds) == fold and (judged is None or each.id in judged)
        ]
        outside = [each for each in observations if _fold(each.group, folds) != fold]
        if not inside:
            continue
        fitted = fit_calibration(outside, threshold=0.5, note={}, slack=slack)
        for observation in inside:
            read = observation.without(observation.skipped_by(fitted))
            proposals = read.proposals(fitted.ranking)
            if proposals:
                confidences.append(fitted.probability(proposals[0]))
                right.append(read.is_right(proposals[0]))
    return confidences, right


def _fit_ranking(observations: Sequence[Observation]) -> Linear:
    questions: list[tuple[Matrix, NDArray[np.bool_]]] = []
    for each in observations:
        right = np.array(each.right, dtype=np.bool_)
        if not right.any() or right.all():
            # Nothing to put in order.
            continue
        questions.append((each.described, right))
    weights = fit_ranking(questions)
    return Linear(0.0, _kept(RANKING_FEATURES, weights))


def _fit_confidence(observations: Sequence[Observation], ranking: Linear) -> Linear:
    rows: list[list[float]] = []
    right: list[bool] = []
    for each in observations:
        proposals = each.proposals(ranking)
        if proposals:
            described = proposals[0].features
            rows.append([described[name] for name in CONFIDENCE_FEATURES])
            right.append(each.is_right(proposals[0]))
    if not rows:
        msg = "There is no candidate to learn from. Give questions that the reader can answer."
        raise CalibrationError(msg)
    intercept, weights = fit_logistic(np.array(rows), np.array(right))
    return Linear(round(intercept, 6), _kept(CONFIDENCE_FEATURES, weights))


def _kept(names: Sequence[str], weights: Matrix) -> dict[str, float]:
    return {
        name: round(float(weight), 6)
        for name, weight in zip(names, weights, strict=True)
        if weight > _NO_WEIGHT
    }


def _fold(group: str, folds: int) -> int:
    return int(sha256(group.encode("utf-8", "surrogatepass")).hexdigest()[:8], 16) % folds
