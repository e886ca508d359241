"""Left-out scores against heads that were really trained without the rows."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from agent.intents.kernel import fit_kernel, scores_left_out

N, INTENTS = 40, 4


def made() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    draw = np.random.default_rng(3)
    labels = np.arange(N) % INTENTS
    features = draw.normal(size=(N, 12)) + 2 * np.eye(12)[labels]
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    targets = np.eye(INTENTS)[labels] - 1 / INTENTS
    return features.astype(np.float32), targets.astype(np.float32)


def solved_without(rows: list[int]) -> NDArray[np.float64]:
    """Train on the other rows in the landmarks' space, by plain normal equations."""
    features, targets = (a.astype(np.float64) for a in made())
    kernel = np.exp(features @ features.T - 1)
    root = np.linalg.cholesky(kernel + 1e-3 * np.eye(N))
    places = np.linalg.solve(root, kernel).T
    keep = np.setdiff1d(np.arange(N), rows)
    normal = places[keep].T @ places[keep] + 0.03 * np.eye(N)
    solution = np.linalg.solve(normal, places[keep].T @ targets[keep])
    result: NDArray[np.float64] = places[rows] @ solution
    return result


def test_left_out_scores_are_those_of_a_head_trained_without_the_row() -> None:
    features, targets = made()
    fit = fit_kernel(features, targets, width=1.0, ridge=0.03, draw=np.random.default_rng(0))
    found = fit.left_out(np.arange(N))
    wanted = np.concatenate([solved_without([row]) for row in range(N)])
    # float32 against float64
    assert found == pytest.approx(wanted, abs=2e-3)


def test_scores_left_out_are_those_of_a_linear_fit_to_the_other_rows() -> None:
    features, targets = (a.astype(np.float64) for a in made())
    inverse = np.linalg.inv(features.T @ features + 0.5 * np.eye(12))
    hat = features @ inverse @ features.T
    found = scores_left_out(targets, hat @ targets, np.diag(hat)[:, None])
    for row in range(N):
        keep = np.arange(N) != row
        normal = features[keep].T @ features[keep] + 0.5 * np.eye(12)
        wanted = features[row] @ np.linalg.solve(normal, features[keep].T @ targets[keep])
        assert found[row] == pytest.approx(wanted, abs=1e-9)


def test_scores_left_out_stay_finite_where_a_row_alone_decides_its_score() -> None:
    alone = scores_left_out(np.array([[1.0]]), np.array([[1.0]]), np.array([[1.0]]))
    assert alone.tolist() == [[1.0]]


def test_left_out_together_is_a_head_trained_without_any_of_them() -> None:
    features, targets = made()
    fit = fit_kernel(features, targets, width=1.0, ridge=0.03, draw=np.random.default_rng(0))
    rows = list(range(1, N, INTENTS))
    assert fit.left_out_together(np.array(rows)) == pytest.approx(solved_without(rows), abs=2e-3)


def test_fit_kernel_with_few_landmarks_comes_near_the_full_fit() -> None:
    features, targets = made()
    full = fit_kernel(features, targets, width=1.0, ridge=0.03, draw=np.random.default_rng(0))
    part = fit_kernel(
        features, targets, width=1.0, ridge=0.03, draw=np.random.default_rng(0), most_landmarks=30
    )
    assert part.landmarks.shape == (30, 12)
    agree = (part.scores.argmax(1) == full.scores.argmax(1)).mean()
    assert agree > 0.9
