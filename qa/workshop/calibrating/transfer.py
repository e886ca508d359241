"""What a calibration is worth on a knowledge base that it has not seen: each is left out in turn.

Questions of one collection resemble each other (its titles, its writers, its gaps), so rows are
never dealt out: a collection is judged whole by rules fitted on the others. So is the threshold,
which is chosen on collections that were left out themselves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from qa.deciding.calibration import Calibration
from qa.errors import CalibrationError
from qa.workshop.calibrating.observations import Observation
from qa.workshop.calibrating.rules import first_answers, fit_calibration
from qa.workshop.scoring.risk import expected_calibration_error, risk_coverage

__all__ = ["Figures", "area_under_curve", "figures", "fit_threshold", "leave_one_out"]

_COVERAGES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6)
# Of fewer answers a share of wrong ones says nothing.
_LEAST_ANSWERED = 30
# What is likelier wrong than right is never answered.
_LEAST_THRESHOLD = 0.5


@dataclass(frozen=True)
class Figures:
    """What one calibration reaches on one collection, 0 to 1.

    Attributes:
        n: Questions.
        first_right: Share whose first answer is right, given or not.
        answered: Share that is answered.
        wrong: Share of those answered that are wrong; None without one.
        ece: Expected calibration error of the first answer's confidence.
        auc: Area under the curve of that confidence, right against not.
        risk: Coverage → share of wrong answers at it.
    """

    n: int
    first_right: float
    answered: float
    wrong: float | None
    ece: float
    auc: float | None
    risk: Mapping[float, float]

    def to_json(self) -> dict[str, Any]:
        """Return what is printed and kept in the calibration's note."""
        rounded = {
            name: None if value is None else round(value, 4)
            for name, value in vars(self).items()
            if name not in ("n", "risk")
        }
        risk = {f"{coverage:.1f}": round(value, 4) for coverage, value in self.risk.items()}
        return {"n": self.n, **rounded, "risk_at_coverage": risk}


def area_under_curve(confidences: Sequence[float], right: Sequence[bool]) -> float | None:
    """Return the probability that a right answer is surer than a wrong one; ties count half.

    Source: the rank sum of Mann and Whitney (1947). None where all are right or none is.

    >>> area_under_curve([0.9, 0.5, 0.5, 0.1], [True, True, False, False])
    0.875
    """
    from scipy.stats import rankdata

    hits = np.asarray(right, dtype=np.bool_)
    n_right, n_wrong = int(hits.sum()), int((~hits).sum())
    if not n_right or not n_wrong:
        return None
    above = rankdata(confidences)[hits].sum() - n_right * (n_right + 1) / 2
    return float(above / (n_right * n_wrong))


def figures(calibration: Calibration, observations: Sequence[Observation]) -> Figures:
    """Measure a calibration on questions.

    Raises:
        CalibrationError: None of them has a candidate.
    """
    confidences, right = first_answers(calibration, observations)
    n = len(observations)
    given = [
        hit for sure, hit in zip(confidences, right, strict=True) if sure >= calibration.threshold
    ]
    curve = risk_coverage(confidences, right)
    risk = {}
    for coverage in _COVERAGES:
        # Coverage is of all questions, those without a candidate included.
        reached = [point for point in curve if point.coverage * len(right) >= coverage * n]
        if reached:
            risk[coverage] = reached[0].risk
    return Figures(
        n=n,
        first_right=sum(right) / n,
        answered=len(given) / n,
        wrong=given.count(False) / len(given) if given else None,
        ece=expected_calibration_error(confidences, right),
        auc=area_under_curve(confidences, right),
        risk=risk,
    )


def fit_threshold(
    collections: Mapping[str, Sequence[Observation]],
    beside: Sequence[Observation],
    *,
    max_wrong: float,
) -> float:
    """Return the lowest confidence from which on few enough answers are wrong.

    Measured on each collection by rules fitted on the others, every collection counting alike.

    Args:
        collections: Name → questions.
        beside: Fitted on with all of them, and not judged.
        max_wrong: Largest share of wrong answers among those given.
    """
    confidences: list[float] = []
    right: list[bool] = []
    shares: list[float] = []
    for name, judged in collections.items():
        fitted = _fitted([*_others(collections, name), *beside])
        sure, hits = first_answers(fitted, judged)
        confidences += sure
        right += hits
        shares += [1.0 / len(judged)] * len(hits)
    return _threshold(confidences, right, shares, max_wrong)


def leave_one_out(
    collections: Mapping[str, Sequence[Observation]],
    beside: Sequence[Observation],
    *,
    max_wrong: float,
) -> dict[str, Figures]:
    """Judge each collection by rules and a threshold that were fitted without it.

    Raises:
        CalibrationError: There are fewer than two collections.
    """
    if len(collections) < 2:
        msg = (
            f"{len(collections)} collections: there is nothing to fit on once one is left out. "
            "Give at least two."
        )
        raise CalibrationError(msg)
    found = {}
    for name, judged in collections.items():
        others = {other: rows for other, rows in collections.items() if other != name}
        fitted = _fitted([*_others(collections, name), *beside])
        if len(others) > 1 or beside:
            threshold = fit_threshold(others, beside, max_wrong=max_wrong)
        else:
            (rows,) = others.values()
            sure, hits = first_answers(fitted, rows)
            threshold = _threshold(sure, hits, [1.0] * len(hits), max_wrong)
        found[name] = figures(replace(fitted, threshold=threshold), judged)
    return found


def _fitted(observations: Sequence[Observation]) -> Calibration:
    return fit_calibration(observations, threshold=0.5, note={})


def _others(collections: Mapping[str, Sequence[Observation]], name: str) -> list[Observation]:
    return [each for other, rows in collections.items() if other != name for each in rows]


def _threshold(
    confidences: Sequence[float], right: Sequence[bool], shares: Sequence[float], max_wrong: float
) -> float:
    """Return the lowest threshold that keeps the share of wrong answers, or the best there is."""
    order = np.argsort(-np.asarray(confidences), kind="stable")
    sure = np.asarray(confidences)[order]
    weights = np.asarray(shares)[order]
    risk = np.cumsum(weights * ~np.asarray(right, dtype=np.bool_)[order]) / np.cumsum(weights)
    enough = np.arange(1, len(sure) + 1) >= min(_LEAST_ANSWERED, len(sure))
    kept = np.flatnonzero(enough & (risk <= max_wrong))
    chosen = kept[-1] if len(kept) else np.flatnonzero(enough)[np.argmin(risk[enough])]
    # Between this answer and the next less sure one, so that rounding decides nothing.
    below = sure[chosen + 1] if chosen + 1 < len(sure) else 0.0
    return round(max(_LEAST_THRESHOLD, float(sure[chosen] + below) / 2), 4)
