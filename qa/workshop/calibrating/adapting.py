"""From 20 or 30 labels to better confidences: the shipped ones, moved as far as the labels carry.

Platt scaling of the shipped log-odds (Platt, 1999) with a prior that nothing needs moving: a
normal one on the shift and on the logarithm of the slope. A few labels move little, many decide.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qa.deciding.bound import Adaptation

__all__ = ["LEAST_LABELS", "adapt"]

LEAST_LABELS = 20
"""Of fewer labels nothing is made."""

# Collections that were left out in fitting differ by about so much, in log-odds.
_SHIFT_SPREAD = 1.0
_SLOPE_SPREAD = 0.3
_CERTAIN = 1e-12


def adapt(confidences: Sequence[float], right: Sequence[bool]) -> Adaptation:
    """Return the most probable adaptation to labelled answers.

    Args:
        confidences: Shipped, of each first answer.
        right: Whether it is right.
    """
    from scipy.optimize import minimize

    sure = np.clip(np.asarray(confidences, dtype=np.float64), _CERTAIN, 1.0 - _CERTAIN)
    odds = np.log(sure) - np.log1p(-sure)
    sign = np.where(np.asarray(right, dtype=np.bool_), 1.0, -1.0)

    def loss(moved: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
        shift, log_slope = moved
        fit = np.logaddexp(0.0, -sign * (shift + np.exp(log_slope) * odds)).sum()
        prior = (shift / _SHIFT_SPREAD) ** 2 + (log_slope / _SLOPE_SPREAD) ** 2
        return float(fit + 0.5 * prior)

    shift, log_slope = minimize(loss, np.zeros(2), method="L-BFGS-B").x
    return Adaptation(shift=float(shift), slope=float(np.exp(log_slope)))
