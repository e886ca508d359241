"""The closed form against really leaving each example out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.intents.leave_one_out import leave_one_out


def sample(seed: int, rows: int, dim: int, labels: int) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    encodings = generator.normal(size=(rows, dim)).astype(np.float32)
    encodings /= np.linalg.norm(encodings, axis=1, keepdims=True)
    gold = np.concatenate([np.arange(labels), generator.integers(labels, size=rows - labels)])
    return encodings, gold.astype(np.intp)


@given(st.integers(0, 1000), st.integers(4, 14), st.integers(2, 10), st.integers(2, 4))
@settings(max_examples=30)
def test_scores_equal_training_without_the_example(
    seed: int, rows: int, dim: int, labels: int
) -> None:
    encodings, gold = sample(seed, rows, dim, labels)
    verdicts = leave_one_out(encodings, gold, labels)
    inputs = np.hstack([encodings.astype(np.float64), np.ones((rows, 1))])
    onehot = np.eye(labels)[gold]
    for row in range(rows):
        others = np.arange(rows) != row
        gram = inputs[others].T @ inputs[others] + verdicts.penalty * np.eye(dim + 1)
        weights = np.linalg.solve(gram, inputs[others].T @ onehot[others])
        # float64 throughout; the two roads differ by rounding alone.
        np.testing.assert_allclose(verdicts.scores[row], inputs[row] @ weights, atol=1e-8)


@given(st.integers(0, 1000), st.integers(6, 20))
@settings(max_examples=30)
def test_probabilities_sum_to_one_and_merging_never_loses_accuracy_of_a_pair(
    seed: int, rows: int
) -> None:
    encodings, gold = sample(seed, rows, 5, 2)
    verdicts = leave_one_out(encodings, gold, 2)
    np.testing.assert_allclose(verdicts.probabilities.sum(axis=1), 1.0)
    everything = np.ones(rows, bool)
    # Two labels merged into one leave nothing to confuse.
    assert verdicts.accuracy_merged(0, 1, everything) == 1.0
    assert 0.0 <= verdicts.accuracy(everything) <= 1.0


def test_merged_scores_equal_training_on_merged_labels() -> None:
    encodings, gold = sample(3, 30, 6, 3)
    verdicts = leave_one_out(encodings, gold, 3)
    merged = leave_one_out(encodings, np.where(gold == 2, 1, gold).astype(np.intp), 2)
    if merged.penalty == verdicts.penalty:
        together = verdicts.scores[:, 1] + verdicts.scores[:, 2]
        np.testing.assert_allclose(together, merged.scores[:, 1], atol=1e-8)


def test_accuracy_of_nothing_is_zero() -> None:
    encodings, gold = sample(1, 6, 3, 2)
    assert leave_one_out(encodings, gold, 2).accuracy(np.zeros(6, bool)) == pytest.approx(0.0)
