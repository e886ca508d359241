"""What a linear classifier makes of each example when it has seen all the others.

Ridge regression on one-hot labels has a closed form for leaving one example out
(`kernel.scores_left_out`), with the hat matrix H = X (X'X + λI)⁻¹ X'. So one decomposition
gives n exact cross-validations with n folds for every λ, and since scores are linear in the
labels, the scores after merging two intents are the sum of their columns: no second training.

This measures examples, it doesn't ship: the classifier that answers is another one
(`training.py`) and a little better, so that what is confused here is at least worth a look.
Its own fit leaves examples out by the same formula (`kernel.py`) and can't stand in for this
one. It is a Gaussian kernel over the last layers joined, with a width and a ridge that suit
many sets of intents, spanned by a drawn few of the examples where there are many, and knows
intents alone. Here the model is linear in the encoding, λ is the one that fits these
examples, no example is approximated, and out of scope is a label like the others.

Shapes: n examples, k labels, d dimensions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax

from agent.intents.kernel import scores_left_out
from retrieval.types import Matrix

__all__ = ["LeftOut", "leave_one_out"]

_PENALTIES = (0.1, 0.3, 1.0, 3.0, 10.0)
_SHARPNESS = (0.0, 6.0)
"""Bounds for the logarithm of the factor that turns scores into probabilities."""

Float = NDArray[np.float64]


@dataclass(frozen=True)
class LeftOut:
    """Verdicts on every example by a classifier that hasn't seen it.

    Attributes:
        gold: (n,) index of the given label.
        scores: (n, k) unbounded; linear in the labels.
        probabilities: (n, k), rows sum to 1, sharpened to fit the given labels best.
        penalty: The λ that gave the best accuracy.
    """

    gold: NDArray[np.intp]
    scores: Float
    probabilities: Float
    penalty: float

    @property
    def predicted(self) -> NDArray[np.intp]:
        """(n,) index of the best label."""
        best: NDArray[np.intp] = self.scores.argmax(axis=1)
        return best

    def accuracy(self, among: NDArray[np.bool_]) -> float:
        """Return the share of the examples marked True that get their own label, 0 to 1."""
        return _share(self.predicted == self.gold, among)

    def accuracy_merged(self, first: int, second: int, among: NDArray[np.bool_]) -> float:
        """Return the accuracy if two labels were one, over the same examples, 0 to 1."""
        scores = self.scores.copy()
        scores[:, first] += scores[:, second]
        scores[:, second] = -np.inf
        gold = np.where(self.gold == second, first, self.gold)
        return _share(scores.argmax(axis=1) == gold, among)


def leave_one_out(encodings: Matrix, gold: NDArray[np.intp], labels: int) -> LeftOut:
    """Classify every example by all the others.

    Args:
        encodings: (n, d), rows of unit length; n at least 2.
        gold: (n,) label index of each row, 0 to `labels` - 1.
        labels: k, at least 2.
    """
    constant = np.ones((len(encodings), 1))
    rows = np.hstack([encodings.astype(np.float64), constant])
    onehot = np.zeros((len(rows), labels))
    onehot[np.arange(len(rows)), gold] = 1.0
    left, values, _ = np.linalg.svd(rows, full_matrices=False)
    projected = left.T @ onehot
    best: tuple[float, float, Float] | None = None
    for penalty in _PENALTIES:
        kept = values**2 / (values**2 + penalty)
        fitted = (left * kept) @ projected
        own = np.einsum("nd,d,nd->n", left, kept, left)[:, None]
        scores = scores_left_out(onehot, fitted, own)
        accuracy = float(np.mean(scores.argmax(axis=1) == gold))
        if best is None or accuracy > best[0]:
            best = (accuracy, penalty, scores)
    if best is None:  # pragma: no cover - the list of penalties isn't empty
        raise ValueError("no penalty to try")
    _, penalty, scores = best
    return LeftOut(gold, scores, softmax(_sharpness(scores, gold) * scores, axis=1), penalty)


def _sharpness(scores: Float, gold: NDArray[np.intp]) -> float:
    """Return the factor under which the given labels are likeliest."""
    rows = np.arange(len(gold))

    def surprise(logarithm: float) -> float:
        return -float(np.mean(log_softmax(np.exp(logarithm) * scores, axis=1)[rows, gold]))

    return float(np.exp(minimize_scalar(surprise, bounds=_SHARPNESS, method="bounded").x))


def _share(right: NDArray[np.bool_], among: NDArray[np.bool_]) -> float:
    return float(right[among].mean()) if among.any() else 0.0
