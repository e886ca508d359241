"""Leaving each collection out in turn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.errors import CalibrationError
from qa.workshop.calibrating.observations import Observation
from qa.workshop.calibrating.rules import fit_calibration
from qa.workshop.calibrating.transfer import (
    area_under_curve,
    figures,
    fit_threshold,
    leave_one_out,
)

Observe = Callable[..., list[Observation]]


@given(st.lists(st.tuples(st.sampled_from([0.1, 0.2, 0.5, 0.9]), st.booleans()), max_size=30))
def test_area_under_curve_is_the_share_of_pairs_in_order(pairs: list[tuple[float, bool]]) -> None:
    good = [sure for sure, hit in pairs if hit]
    bad = [sure for sure, hit in pairs if not hit]
    found = area_under_curve([sure for sure, _ in pairs], [hit for _, hit in pairs])
    if not good or not bad:
        assert found is None
        return
    ordered = [(one > other) + 0.5 * (one == other) for one in good for other in bad]
    assert found == pytest.approx(np.mean(ordered))


def test_figures_count_what_is_answered_and_wrong(make_observations: Observe) -> None:
    seen = make_observations(120)
    calibration = fit_calibration(seen, threshold=0.6, note={})
    found = figures(calibration, seen)
    outcomes = [each.outcome(calibration) for each in seen]
    given_out = [
        each.is_right(each.proposals(calibration.ranking)[0])
        for each, outcome in zip(seen, outcomes, strict=True)
        if outcome is not None and outcome.given
    ]
    assert found.n == 120
    assert found.answered == len(given_out) / 120
    assert found.wrong == given_out.count(False) / len(given_out)
    assert found.risk[0.1] <= found.risk[0.6] <= 1.0 - found.first_right
    assert found.to_json()["risk_at_coverage"]["0.5"] == round(found.risk[0.5], 4)


def test_threshold_keeps_wrong_answers_few(make_observations: Observe) -> None:
    seen = make_observations()
    halves = {"one": seen[:150], "two": seen[150:]}
    strict = fit_threshold(halves, [], max_wrong=0.05)
    lax = fit_threshold(halves, [], max_wrong=0.3)
    assert strict > lax
    fitted = fit_calibration(seen, threshold=lax, note={})
    wrong = figures(fitted, seen).wrong
    assert wrong is not None
    assert wrong < 0.35
    # Nothing is that good: the surest answers are still the best choice.
    assert fit_threshold(halves, [], max_wrong=1e-9) >= strict


def test_a_collection_is_judged_by_the_others_alone(make_observations: Observe) -> None:
    seen = make_observations()
    lying = [replace(each, right=tuple(not good for good in each.right)) for each in seen[200:]]
    found = leave_one_out(
        {"one": seen[:100], "two": seen[100:200], "lying": lying}, [], max_wrong=0.2
    )
    assert set(found) == {"one", "two", "lying"}
    assert found["lying"].auc is not None
    assert found["lying"].auc < 0.5


def test_one_collection_can_not_be_left_out(make_observations: Observe) -> None:
    with pytest.raises(CalibrationError, match="at least two"):
        leave_one_out({"one": make_observations(20)}, [], max_wrong=0.2)
