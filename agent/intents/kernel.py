"""Kernel ridge regression on labels, with every left-out score in closed form.

    score(message) = sum over landmarks of exp((cosine - 1) / width) * strength

A Gaussian kernel on unit vectors: near examples count much, far ones little, so a score also
falls where nothing is known. Up to `MOST_LANDMARKS` examples this is exact; beyond, that
many of them span the space of functions (Nyström; Williams and Seeger 2001).

Why not logistic regression: with few examples an intent this was better on training data
held out, with many as good (tests/bench/measure_intents.py), and no step is iterative.
Leaving an example out, or an intent with all its examples, changes the solution by a block
that is known from the full one (the hat matrix; Cook and Weisberg 1982, chapter 2), so
calibration and refusing rest on scores of heads that never saw what they judge, and cost no
second training.

Shapes: n rows, d dimensions, m landmarks, c intents.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cholesky, solve_triangular

__all__ = ["MOST_LANDMARKS", "KernelFit", "closeness", "fit_kernel", "scores_left_out"]

Floats = NDArray[np.float32]
Array = NDArray[np.float64]
_Rows = NDArray[np.floating[Any]]

MOST_LANDMARKS = 3000
"""More landmarks than this bring little (CLINC150, BANKING77) and cost their square."""

# Keeps the factor of the landmarks' kernel stable in float32, duplicates included.
_JITTER = 1e-3
_LEAST = 1e-6


def closeness(features: Floats, landmarks: Floats, width: float) -> Floats:
    """Return the (n, m) kernel between unit rows, 0 to 1."""
    kernel = features @ landmarks.T
    kernel -= 1
    kernel /= width
    np.exp(kernel, out=kernel)
    return kernel


def scores_left_out(targets: _Rows, scores: _Rows, hat: Array) -> Array:
    """Return (n, c): each row's scores from a ridge regression on all the other rows.

    The closed form for leaving one out (the PRESS residual; Hastie, Tibshirani, Friedman, *The
    Elements of Statistical Learning*, eq. 7.64), for any fit that is linear in its targets:
    that of the kernel here, that of the intent doctor (`leave_one_out.py`).

    >>> scores_left_out(np.array([[1.0]]), np.array([[0.5]]), np.array([[0.25]])).tolist()
    [[0.33333333333333337]]

    Args:
        targets: (n, c) what was fitted.
        scores: (n, c) of the fit to all rows.
        hat: (n, 1) how much each row's target counts in its own score, the hat matrix's diagonal.
    """
    left: Array = targets - (targets - scores) / np.maximum(1 - hat, _LEAST)
    return left


@dataclass(frozen=True)
class KernelFit:
    """A fitted head, and what leaving examples out would have made of it.

    Attributes:
        landmarks: (m, d) unit rows.
        strengths: (m, c) float32.
        scores: (n, c) of the training rows as fitted.
        targets: (n, c) what they were fitted to.
        spans: (m, n) columns whose products are the hat matrix.
    """

    landmarks: Floats
    strengths: Floats
    scores: Floats
    targets: Floats
    spans: Floats

    def left_out(self, rows: NDArray[np.int64]) -> Array:
        """Return (rows, c): each row's scores from a fit without it."""
        spans = self.spans[:, rows]
        hat = np.einsum("mr,mr->r", spans, spans).astype(np.float64)[:, None]
        targets, scores = self.targets[rows], self.scores[rows]
        return scores_left_out(targets, scores, hat)

    def left_out_together(self, rows: NDArray[np.int64]) -> Array:
        """Return (rows, c): the rows' scores from a fit without any of them."""
        spans = self.spans[:, rows]
        rest = np.eye(len(rows)) - (spans.T @ spans).astype(np.float64)
        rest[np.diag_indices(len(rows))] += _LEAST
        missed = (self.targets[rows] - self.scores[rows]).astype(np.float64)
        left: Array = self.targets[rows] - np.linalg.solve(rest, missed)
        return left


def fit_kernel(
    features: Floats,
    targets: Floats,
    *,
    width: float,
    ridge: float,
    draw: np.random.Generator,
    most_landmarks: int = MOST_LANDMARKS,
) -> KernelFit:
    """Fit scores to targets.

    Args:
        features: (n, d) unit rows.
        targets: (n, c), around 0.
        width: Of the kernel: how far an example reaches.
        ridge: How much a smooth score counts against one that fits every row.
        draw: Chooses the landmarks where there are more rows than `most_landmarks`.
        most_landmarks: Limit on m.
    """
    n = len(features)
    chosen = np.arange(n)
    if n > most_landmarks:
        chosen = np.sort(draw.choice(n, most_landmarks, replace=False))
    landmarks = features[chosen]
    # (m, n); the landmarks' own kernel is part of it.
    kernel = closeness(landmarks, features, width)
    own = kernel[:, chosen].copy()
    own[np.diag_indices(len(chosen))] += _JITTER
    root = cholesky(own, lower=True, overwrite_a=True, check_finite=False)
    # (m, n): columns are the rows' places in the space that the landmarks span.
    places = solve_triangular(root, kernel, lower=True, overwrite_b=True, check_finite=False)
    normal = places @ places.T
    normal[np.diag_indices(len(chosen))] += ridge
    normal_root = cholesky(normal, lower=True, overwrite_a=True, check_finite=False)
    spans: Floats = np.asarray(
        solve_triangular(normal_root, places, lower=True, overwrite_b=True, check_finite=False),
        np.float32,
    )
    # (m, c)
    held = spans @ targets
    solution = solve_triangular(normal_root, held, lower=True, trans="T", check_finite=False)
    strengths = solve_triangular(root, solution, lower=True, trans="T", check_finite=False)
    return KernelFit(
        landmarks,
        np.ascontiguousarray(strengths, np.float32),
        spans.T @ held,
        targets,
        spans,
    )
