"""Regularised linear discriminant analysis, with every left-out score in closed form.

Each intent is a Gaussian around its mean; all share one covariance, shrunk towards a
multiple of the identity (Friedman, "Regularized Discriminant Analysis", 1989, eq. 16-18).
With frozen features and few examples an intent this beats a regression on the labels: it
learns from all intents together which directions of the space mean nothing.

What it is here for: leaving one example out changes the covariance by rank one and one
mean, so the scores that an example would get from a head trained without it follow from
one matrix inverse (Sherman and Morrison). Calibration needs no second training.

Shapes: n examples, d dimensions, c intents.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

__all__ = ["Gaussians", "fit_gaussians"]

Array = NDArray[np.float64]
_TINY = 1e-9


@dataclass(frozen=True)
class Gaussians:
    """Scores are log densities, up to what all intents of one message share.

    Attributes:
        weights: (d, c).
        bias: (c,).
        left_out: (n, c) what each training example gets from the others alone; an
            intent's only example gets -inf for it.
    """

    weights: Array
    bias: Array
    left_out: Array


def fit_gaussians(
    features: NDArray[np.float32], labels: NDArray[np.int64], n_intents: int, *, shrinkage: float
) -> Gaussians:
    """Fit means and the shared covariance; work out every left-out score.

    Args:
        features: (n, d).
        labels: (n,) from 0 to n_intents - 1; each occurs.
        n_intents: c.
        shrinkage: Part of the covariance that is replaced by the identity, 0 to 1.
    """
    n, d = features.shape
    counts = np.bincount(labels, minlength=n_intents).astype(np.float64)
    order = np.argsort(labels, kind="stable")
    starts = np.concatenate([[0], np.cumsum(counts[:-1])]).astype(np.int64)
    sums = np.add.reduceat(features[order], starts, axis=0, dtype=np.float64)
    means = sums / counts[:, None]
    # (n, d) what is left of each example beside its intent's mean.
    rest = features - means[labels].astype(np.float32)
    scatter = (rest.T @ rest).astype(np.float64) / n
    scale = max(float(np.trace(scatter)) / d, _TINY)
    covariance = (1 - shrinkage) * scatter
    covariance[np.diag_indices(d)] += shrinkage * scale
    factor = cho_factor(covariance, lower=True)
    weights = cho_solve(factor, means.T)
    bias = -0.5 * np.einsum("cd,dc->c", means, weights)
    inverse_rest = rest @ cho_solve(factor, np.eye(d)).astype(np.float32)
    left_out = _left_out(
        features, labels, rest, inverse_rest, means, weights, bias, counts, shrinkage
    )
    return Gaussians(weights, bias, left_out)


def _left_out(
    features: NDArray[np.float32],
    labels: NDArray[np.int64],
    rest: NDArray[np.float32],
    inverse_rest: NDArray[np.float32],
    means: Array,
    weights: Array,
    bias: Array,
    counts: Array,
    shrinkage: float,
) -> Array:
    """Return (n, c) scores of each example under a fit without it.

    With r the example less its mean, m examples of its intent and S the covariance, leaving
    it out makes S' = S - a r r', a = (1 - shrinkage) m / (n (m - 1)); the number of examples
    and the identity's scale are held, which changes nothing that matters from ten on.
    """
    n = len(features)
    rows = np.arange(n)
    m = counts[labels]
    alone = m < 2
    m = np.where(alone, 2.0, m)
    a = (1 - shrinkage) * m / (n * (m - 1))
    # r' S^-1 r, x' S^-1 r and (n, c) r' S^-1 mean
    rr = np.einsum("nd,nd->n", rest, inverse_rest).astype(np.float64)
    xr = np.einsum("nd,nd->n", features, inverse_rest).astype(np.float64)
    rm = inverse_rest.astype(np.float64) @ means.T
    gain = (a / np.maximum(1 - a * rr, _TINY))[:, None]
    scores: Array = features @ weights.astype(np.float32) + bias
    scores = scores + gain * (xr[:, None] * rm - 0.5 * rm * rm)
    # Its own intent's mean moves away by r / (m - 1).
    step = 1 / (m - 1)
    g = gain[:, 0]
    own_rm = rm[rows, labels] - step * rr
    mean_weights = weights.T[labels]
    x_mean = np.einsum("nd,nd->n", features, mean_weights) - step * xr
    mean_mean = -2 * bias[labels] - 2 * step * rm[rows, labels] + step * step * rr
    own = x_mean + g * xr * own_rm - 0.5 * (mean_mean + g * own_rm * own_rm)
    scores[rows, labels] = np.where(alone, -np.inf, own)
    return scores
