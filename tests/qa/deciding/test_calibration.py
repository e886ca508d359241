"""Confidences, thresholds and the figures that judge them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.deciding.calibration import (
    GENERIC,
    Bound,
    Calibration,
    RiskPoint,
    expected_calibration_error,
    load_calibration,
    risk_coverage,
)
from qa.deciding.features import Linear
from qa.deciding.ranking import Proposal
from qa.errors import CalibrationError
from qa.types import CalibrationState, Candidate
from retrieval.types import Passage

CANDIDATE = Candidate(Passage("a#0-1", "a", 0, 1, "x"), 0, 1, 0.0, 0.0)
BOUND = Bound(
    reader="bert@1",
    encoder="mini@2",
    generation="000003",
    rule="abc",
    top_k=10,
    threshold=0.7,
    max_wrong=0.05,
    certainty=0.95,
    n=200,
    answered=120,
    wrong=2,
)
NOW = {"reader": "bert@1", "encoder": "mini@2", "generation": "000003", "rule": "abc", "top_k": 10}


@given(
    low=st.floats(-50, 50),
    more=st.floats(0, 50),
    feature=st.sampled_from(["ranking", "gap", "share", "support", "standing"]),
)
def test_probability_never_falls_with_better_evidence(
    low: float, more: float, feature: str
) -> None:
    worse = Proposal(CANDIDATE, 0.5, 0.5, 0.5, 0.5, 0.5)
    one = replace(worse, **{feature: low})  # type: ignore[arg-type]
    other = replace(worse, **{feature: low + more})  # type: ignore[arg-type]
    assert 0 < GENERIC.probability(one) <= GENERIC.probability(other) < 1


def test_calibration_survives_the_disk(tmp_path: Path) -> None:
    calibration = Calibration(
        Linear(0.25, {"margin": 0.5}), Linear(-1.0, {"gap": 0.1}), 0.4, {"n": 12}, slack=3.5
    )
    path = tmp_path / "calibration.json"
    path.write_text(json.dumps(calibration.to_json()), encoding="utf-8")
    assert load_calibration(path) == calibration


def test_calibration_without_a_slack_reads_all() -> None:
    stored = GENERIC.to_json()
    assert stored.pop("slack") is None
    assert Calibration.from_json(stored, where="here") == GENERIC


def test_load_calibration_without_a_file_is_generic(tmp_path: Path) -> None:
    assert load_calibration(tmp_path / "none.json") is GENERIC


def test_digest_follows_the_rules_and_nothing_else() -> None:
    assert replace(GENERIC, threshold=0.9, note={}).digest == GENERIC.digest
    assert replace(GENERIC, ranking=Linear(0.0, {"margin": 1.0})).digest != GENERIC.digest
    # What isn't read is no rival.
    assert replace(GENERIC, slack=4.0).digest != GENERIC.digest


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": 2}, "isn't a calibration of format 1"),
        ({"threshold": 1.5}, "threshold 1.5 isn't a probability"),
        ({"threshold": "high"}, "threshold is 'high'"),
        ({"slack": -0.5}, "slack -0.5 would skip passages that rank before the best"),
        ({"slack": "wide"}, "slack is 'wide'"),
        ({"ranking": None}, "'ranking' is None"),
        ({"ranking": {"intercept": 0.0, "weights": {"luck": 1.0}}}, r"weights for \['luck'\]"),
        ({"confidence": {"intercept": 0.0, "weights": {"gap": -1.0}}}, "negative weights"),
        ({"confidence": {"intercept": float("nan"), "weights": {}}}, "intercept is nan"),
    ],
)
def test_from_json_refuses(change: dict[str, Any], message: str) -> None:
    stored = {**GENERIC.to_json(), **change}
    with pytest.raises(CalibrationError, match=message):
        Calibration.from_json(stored, where="here")


def test_load_calibration_refuses_what_is_no_json(tmp_path: Path) -> None:
    path = tmp_path / "calibration.json"
    path.write_text("{", encoding="utf-8")
    with pytest.raises(CalibrationError, match="Can't read the calibration"):
        load_calibration(path)


def test_bound_survives_the_disk() -> None:
    assert Bound.from_json(json.loads(json.dumps(BOUND.to_json())), where="here") == BOUND
    assert BOUND.coverage == 0.6


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": None}, "isn't a calibration of format 1"),
        ({"reader": 3}, "reader is 3"),
        ({"n": -1}, "n is -1"),
        ({"wrong": True}, "wrong is True"),
        ({"max_wrong": 2}, r"max_wrong is 2\.0"),
    ],
)
def test_bound_from_json_refuses(change: dict[str, Any], message: str) -> None:
    with pytest.raises(CalibrationError, match=message):
        Bound.from_json({**BOUND.to_json(), **change}, where="here")


@pytest.mark.parametrize("name", sorted(NOW))
def test_bound_goes_stale_with_anything_it_is_bound_to(name: str) -> None:
    assert BOUND.state(**NOW) is CalibrationState.VALID  # type: ignore[arg-type]
    changed = {**NOW, name: 11 if name == "top_k" else "other"}
    assert BOUND.state(**changed) is CalibrationState.STALE  # type: ignore[arg-type]


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
