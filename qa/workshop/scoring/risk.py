"""How well confidences tell right from wrong: calibration error, and risk against coverage."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from qa.errors import CalibrationError

__all__ = ["RiskPoint", "expected_calibration_error", "risk_coverage"]

_N_BINS = 15


def expected_calibration_error(
    confidences: Sequence[float], right: Sequence[bool], *, n_bins: int = _N_BINS
) -> float:
    """Return the mean gap between confidence and accuracy over bins of equal mass.

    Source: Naeini et al., "Obtaining well calibrated probabilities using Bayesian binning"
    (2015), with bins of equal mass as in Nguyen and O'Connor (2015). Confidences are
    sorted and cut into `n_bins` runs whose sizes differ by at most one; a run weighs as
    many questions as it holds.

    >>> expected_calibration_error([0.5, 0.5], [True, False], n_bins=1)
    0.0

    Raises:
        CalibrationError: No confidences, or the two differ in length.
    """
    _check_paired(confidences, right)
    n = len(confidences)
    # Ties are ordered by outcome so that the value doesn't depend on the input's order.
    pairs = sorted(zip(confidences, right, strict=True))
    bins = min(n_bins, n)
    error = 0.0
    for number in range(bins):
        chosen = pairs[number * n // bins : (number + 1) * n // bins]
        error += abs(math.fsum(confidence - hit for confidence, hit in chosen))
    return error / n


@dataclass(frozen=True)
class RiskPoint:
    """What answering from one confidence on would mean.

    Attributes:
        threshold: Answer where the confidence is at least this.
        coverage: Share of questions answered.
        risk: Share of those answered that are wrong.
    """

    threshold: float
    coverage: float
    risk: float


def risk_coverage(confidences: Sequence[float], right: Sequence[bool]) -> tuple[RiskPoint, ...]:
    """Return the risk–coverage curve, from the strictest threshold to the laxest.

    Source: Geifman and El-Yaniv, "Selective classification for deep neural networks"
    (2017), section 2. One point per distinct confidence.

    Raises:
        CalibrationError: No confidences, or the two differ in length.
    """
    _check_paired(confidences, right)
    pairs = sorted(zip(confidences, right, strict=True), key=lambda pair: -pair[0])
    points: list[RiskPoint] = []
    wrong = 0
    for number, (confidence, hit) in enumerate(pairs, start=1):
        wrong += not hit
        if number == len(pairs) or pairs[number][0] != confidence:
            points.append(RiskPoint(confidence, number / len(pairs), wrong / number))
    return tuple(points)


def _check_paired(confidences: Sequence[float], right: Sequence[bool]) -> None:
    if not confidences or len(confidences) != len(right):
        msg = (
            f"Can't compare {len(confidences)} confidences with {len(right)} outcomes. Expected "
            "one outcome per confidence, and at least one."
        )
        raise CalibrationError(msg)
