"""Confidences, thresholds and the figures that judge them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.deciding.calibration import GENERIC, Calibration, load_calibration
from qa.deciding.features import Linear
from qa.deciding.ranking import Proposal
from qa.errors import CalibrationError
from qa.types import Candidate
from retrieval.types import Passage

CANDIDATE = Candidate(Passage("a#0-1", "a", 0, 1, "x"), 0, 1, 0.0, 0.0)


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
        ({"threshold": 1.5}, "threshold is 1.5"),
        ({"threshold": "high"}, "threshold is 'high'"),
        ({"slack": -0.5}, "slack is -0.5"),
        ({"slack": "wide"}, "slack is 'wide'"),
        ({"ranking": None}, "ranking is None"),
        ({"ranking": {"intercept": 0.0, "weights": {"luck": 1.0}}}, r"weights for \['luck'\]"),
        (
            {"confidence": {"intercept": 0.0, "weights": {"gap": -1.0}}},
            "gap is -1.0, expected at least",
        ),
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
