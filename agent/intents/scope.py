"""Does a message belong to the closed list at all? Learned, not set by hand.

Five signs, each weak alone: the best score, the energy of all scores (Liu et al. 2020), the
best label's odds (Hendrycks and Gimpel 2017), and how near the closest example and the
closest few lie. A logistic regression joins them. It is fitted on scores of heads that never
saw what they judge: each example's left-out scores for "in scope", and for "out of scope" the
examples marked so, background texts, and every example once more with its whole intent left
out, as an intent that nobody thought of.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, logsumexp

__all__ = ["SIGNS", "ScopeModel", "choose_threshold", "fit_scope", "scope_signs"]

Array = NDArray[np.float64]

SIGNS = ("best", "energy", "odds", "nearest", "near")
"""What the columns of `scope_signs` are."""

_RIDGE = 1.0
_FLOOR = 1e-6


@dataclass(frozen=True)
class ScopeModel:
    """A logistic regression over standardised signs.

    Attributes:
        centre: (signs,) subtracted from them.
        scale: (signs,) divided by.
        weights: (signs,).
        bias: Added.
        threshold: Least probability at which a message is taken to be in scope.
    """

    centre: Array
    scale: Array
    weights: Array
    bias: float
    threshold: float

    def probability(self, signs: Array) -> Array:
        """Return (n,) the probability that each message is in scope."""
        chances: Array = expit(((signs - self.centre) / self.scale) @ self.weights + self.bias)
        return chances


def scope_signs(scores: Array, logits: Array, blended: Array, near: Array) -> Array:
    """Work out the signs of some messages.

    Args:
        scores: (n, c) the head's; -inf strikes an intent out, here and below.
        logits: (n, c) the same over the temperature.
        blended: (n, c) the logits that the intents' probabilities come from.
        near: (n, 2) cosine to the nearest example, and the mean over the nearest few.

    Returns:
        (n, signs).
    """
    total = logsumexp(blended, axis=1)
    best = blended.max(axis=1)
    # log(p / (1 - p)), so that the top of the scale is not squeezed flat.
    others = np.log(np.maximum(-np.expm1(best - total), _FLOOR))
    return np.column_stack(
        [scores.max(axis=1), logsumexp(logits, axis=1), best - total - others, near]
    )


def fit_scope(inside: Array, outside: Array, outside_weights: Array) -> ScopeModel:
    """Fit the regression, both sides weighing the same; the threshold is left at 0.5.

    Args:
        inside: (n, signs) of messages in scope.
        outside: (m, signs) of messages that are not.
        outside_weights: (m,) relative weights among them.
    """
    signs = np.concatenate([inside, outside])
    wanted = np.concatenate([np.ones(len(inside)), np.zeros(len(outside))])
    weights = np.concatenate(
        [
            np.full(len(inside), 0.5 / max(len(inside), 1)),
            0.5 * outside_weights / max(float(outside_weights.sum()), _FLOOR),
        ]
    )
    centre = signs.mean(axis=0)
    scale = np.maximum(signs.std(axis=0), _FLOOR)
    x = np.column_stack([(signs - centre) / scale, np.ones(len(signs))])
    ridge = np.full(x.shape[1], _RIDGE / len(signs))
    ridge[-1] = 0.0

    def loss(w: Array) -> tuple[float, Array]:
        z = x @ w
        gradient = x.T @ (weights * (expit(z) - wanted)) + ridge * w
        value = weights @ (np.logaddexp(0, z) - wanted * z) + 0.5 * ridge @ (w * w)
        return float(value), gradient

    # More likely, energetic, certain or near never means less in scope.
    bounds = [(0.0, None)] * (x.shape[1] - 1) + [(None, None)]
    found = minimize(loss, np.zeros(x.shape[1]), jac=True, method="L-BFGS-B", bounds=bounds).x
    return ScopeModel(centre, scale, found[:-1], float(found[-1]), 0.5)


def choose_threshold(chances: Array, right: NDArray[np.bool_], *, lost: float) -> float:
    """Return the highest threshold that refuses few messages which would have been right.

    Args:
        chances: (n,) probabilities of messages in scope, from left-out scores.
        right: (n,) whether the best label was right.
        lost: Share of the right ones that may be refused.
    """
    good = chances[right]
    if not len(good):
        return 0.5
    # Strictly inside 0 to 1: an empty message has 0 and must always be refused.
    return float(np.clip(np.quantile(good, lost), 1e-4, 0.999))
