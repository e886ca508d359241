"""Calibration error, and risk against coverage."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.errors import CalibrationError
from qa.workshop.scoring.risk import RiskPoint, expected_calibration_error, risk_coverage


def test_expected_calibration_error_of_a_worked_case() -> None:
    # Two bins of two: |0.1 + 0.3 - 1| and |0.6 + 0.8 - 2|, over four questions.
    confidences, right = [0.8, 0.1, 0.6, 0.3], [True, False, True, True]
    assert expected_calibration_error(confidences, right, n_bins=2) == pytest.approx(1.2 / 4)


def test_expected_calibration_error_does_not_depend_on_order() -> None:
    pairs = [(0.5, True), (0.5, False), (0.5, True), (0.2, False), (0.9, True)]
    one = expected_calibration_error(*zip(*pairs, strict=True), n_bins=3)
    other = expected_calibration_error(*zip(*pairs[::-1], strict=True), n_bins=3)
    assert one == other


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=80))
def test_expected_calibration_error_is_a_share(pairs: list[tuple[float, bool]]) -> None:
    confidences, right = [c for c, _ in pairs], [r for _, r in pairs]
    error = expected_calibration_error(confidences, right)
    # Bins can't show more than the single questions do, nor less than all together.
    assert abs(sum(confidences) - sum(right)) / len(pairs) - 1e-9 <= error
    assert error <= sum(abs(c - r) for c, r in pairs) / len(pairs) + 1e-9


def test_risk_coverage_of_a_worked_case() -> None:
    assert risk_coverage([0.9, 0.5, 0.9, 0.1], [True, False, False, True]) == (
        RiskPoint(0.9, 0.5, 0.5),
        RiskPoint(0.5, 0.75, 2 / 3),
        RiskPoint(0.1, 1.0, 0.5),
    )


@pytest.mark.parametrize("measure", [expected_calibration_error, risk_coverage])
@pytest.mark.parametrize(("confidences", "right"), [([], []), ([0.5], [])])
def test_measures_refuse_what_does_not_fit(measure: Any, confidences: Any, right: Any) -> None:
    with pytest.raises(CalibrationError, match="one outcome per confidence"):
        measure(confidences, right)
