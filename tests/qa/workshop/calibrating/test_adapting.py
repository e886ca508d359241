"""Moving shipped confidences by a few labels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.workshop.calibrating.adapting import adapt


def drawn(n: int, seed: int, *, shift: float, slope: float) -> tuple[list[float], list[bool]]:
    """Draw confidences whose truth is their log-odds times a slope plus a shift."""
    rng = np.random.default_rng(seed)
    odds = rng.normal(0.0, 2.0, n)
    truth = 1 / (1 + np.exp(-(shift + slope * odds)))
    return list(1 / (1 + np.exp(-odds))), [bool(hit) for hit in rng.random(n) < truth]


def log_loss(confidences: list[float], right: list[bool]) -> float:
    sure = np.clip(confidences, 1e-9, 1 - 1e-9)
    return float(-np.mean(np.where(right, np.log(sure), np.log1p(-sure))))


def test_many_labels_find_the_truth() -> None:
    found = adapt(*drawn(20_000, 1, shift=-1.0, slope=0.7))
    assert (found.shift, found.slope) == (
        pytest.approx(-1.0, abs=0.1),
        pytest.approx(0.7, abs=0.05),
    )


def test_no_label_moves_nothing() -> None:
    found = adapt([], [])
    assert (found.shift, found.slope) == (pytest.approx(0.0), pytest.approx(1.0))


@pytest.mark.parametrize("shift", [-1.5, -0.8, 0.8])
def test_twenty_five_labels_improve_what_is_off(shift: float) -> None:
    asked, truth = drawn(4000, 99, shift=shift, slope=0.8)
    better = 0
    for seed in range(20):
        found = adapt(*drawn(25, seed, shift=shift, slope=0.8))
        better += log_loss([found(each) for each in asked], truth) < log_loss(asked, truth)
    assert better >= 16


def test_twenty_five_labels_hardly_harm_what_is_right() -> None:
    asked, truth = drawn(4000, 99, shift=0.0, slope=1.0)
    losses = []
    for seed in range(20):
        found = adapt(*drawn(25, seed, shift=0.0, slope=1.0))
        losses.append(log_loss([found(each) for each in asked], truth))
    assert np.mean(losses) < log_loss(asked, truth) + 0.03


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=30))
def test_any_labels_keep_the_order(pairs: list[tuple[float, bool]]) -> None:
    found = adapt([sure for sure, _ in pairs], [hit for _, hit in pairs])
    assert found.slope > 0
    assert abs(found.shift) < 30
