"""Regressions whose weights are not negative, so that better evidence never lowers a score."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from qa.errors import CalibrationError

__all__ = ["Matrix", "fit_logistic", "fit_ranking"]

Matrix = NDArray[np.float64]

_RIDGE = 3e-2
# A feature that spreads less than this says nothing.
_CONSTANT = 1e-9


def fit_logistic(
    features: Matrix,
    right: NDArray[np.bool_],
    weights: Matrix | None = None,
    least: Matrix | None = None,
    *,
    ridge: float = _RIDGE,
) -> tuple[float, Matrix]:
    """Fit a logistic regression whose weights are not negative.

    A convex problem with bounds, so there is one answer. A ridge on standardised features
    keeps weights finite where the classes can be told apart without error, and shares out what
    features of one kind say together.

    Args:
        features: (n, features)
        right: (n,)
        weights: (n,) how much each counts; None is alike.
        least: (features,) the least weight of each; None is 0.
        ridge: How strongly weights of standardised features are drawn to 0.

    Returns:
        Intercept and (features,) weights.

    Raises:
        CalibrationError: All of `right` are equal.
    """
    from scipy.optimize import minimize

    if right.all() or not right.any():
        msg = (
            f"All {len(right)} answers are {'right' if right.all() else 'wrong'}. A calibration "
            "needs some of both: give more questions."
        )
        raise CalibrationError(msg)
    counts = _shares(weights, len(right))
    centre = counts @ features
    spread = np.sqrt(counts @ (features - centre) ** 2)
    spread[spread < _CONSTANT] = 1.0
    scaled = (features - centre) / spread
    sign = np.where(right, 1.0, -1.0)

    def loss(parameters: Matrix) -> tuple[float, Matrix]:
        margin = sign * (parameters[0] + scaled @ parameters[1:])
        # log(1 + exp(-m)) without overflow.
        value = counts @ np.logaddexp(0.0, -margin) + 0.5 * ridge * (parameters[1:] ** 2).sum()
        slope = -sign * np.exp(-np.logaddexp(0.0, margin)) * counts
        gradient = np.concatenate([[slope.sum()], scaled.T @ slope + ridge * parameters[1:]])
        return float(value), gradient

    n_features = features.shape[1]
    lowest = np.zeros(n_features) if least is None else least * spread
    bounds = [(None, None)] + [(low, None) for low in lowest]
    start = np.concatenate([[0.0], lowest])
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    fitted: Matrix = found[1:] / spread
    return float(found[0] - fitted @ centre), fitted


def fit_ranking(
    questions: Sequence[tuple[Matrix, NDArray[np.bool_]]],
    weights: Matrix | None = None,
    least: Matrix | None = None,
    *,
    ridge: float = _RIDGE,
) -> Matrix:
    """Fit a ranking whose weights are not negative.

    The likelihood that a right candidate comes first where first is drawn by the
    exponential of the score: ListNet's top-one probability (Cao et al., 2007), summed over
    the right ones. Each question counts the same, however many candidates it has.

    Args:
        questions: (candidates, features) and (candidates,) of each question that has both
            right and wrong candidates.
        weights: (questions,) how much each counts; None is alike.
        least: (features,) the least weight of each; None is 0.
        ridge: How strongly weights of standardised features are drawn to 0.

    Returns:
        (features,) weights.

    Raises:
        CalibrationError: There is no such question.
    """
    from scipy.optimize import minimize
    from scipy.special import logsumexp

    if not questions:
        msg = (
            "No question has both right and wrong candidates, so there is no order to learn. Give "
            "more questions, or a reader that finds some of their answers."
        )
        raise CalibrationError(msg)
    counts = _shares(weights, len(questions))
    spread = np.concatenate([features for features, _ in questions]).std(axis=0)
    spread[spread < _CONSTANT] = 1.0
    block, every, good = _block(questions, spread)

    def loss(parameters: Matrix) -> tuple[float, Matrix]:
        scores = block @ parameters
        of_every = logsumexp(scores + every, axis=1, keepdims=True)
        of_good = logsumexp(scores + good, axis=1, keepdims=True)
        pull = np.exp(scores + every - of_every) - np.exp(scores + good - of_good)
        gradient = np.einsum("q,qc,qcf->f", counts, pull, block, optimize=True)
        value = float(counts @ (of_every - of_good)[:, 0])
        shrunk = 0.5 * ridge * float(parameters @ parameters)
        return value + shrunk, gradient + ridge * parameters

    n_features = len(spread)
    lowest = np.zeros(n_features) if least is None else least * spread
    bounds = [(low, None) for low in lowest]
    found = minimize(loss, lowest, jac=True, method="L-BFGS-B", bounds=bounds).x
    fitted: Matrix = found / spread
    return fitted


def _block(
    questions: Sequence[tuple[Matrix, NDArray[np.bool_]]], spread: Matrix
) -> tuple[Matrix, Matrix, Matrix]:
    """Return all questions in one block, short ones filled up with candidates of no weight.

    Returns:
        (questions, candidates, features) scaled, and (questions, candidates) twice: 0 for a
        candidate, and for a right one; minus infinity elsewhere.
    """
    shape = len(questions), max(len(right) for _, right in questions)
    block = np.zeros((*shape, len(spread)))
    every, good = np.full(shape, -np.inf), np.full(shape, -np.inf)
    for row, (features, right) in enumerate(questions):
        block[row, : len(right)] = features / spread
        every[row, : len(right)] = 0.0
        good[row, : len(right)][right] = 0.0
    return block, every, good


def _shares(weights: Matrix | None, n: int) -> Matrix:
    """Return weights that add up to one."""
    counts = np.ones(n) if weights is None else np.asarray(weights, dtype=np.float64)
    shares: Matrix = counts / counts.sum()
    return shares
