"""What is stored with a knowledge base, and how it moves confidences."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.deciding.bound import Adaptation, Bound, load_bound
from qa.errors import CalibrationError
from qa.types import CalibrationState
from retrieval import bring_up_to_date

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


def test_bound_survives_the_disk() -> None:
    assert Bound.from_json(json.loads(json.dumps(BOUND.to_json())), where="here") == BOUND
    assert BOUND.coverage == 0.6


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": None}, "isn't a bound of format 1"),
        ({"reader": 3}, "reader is 3"),
        ({"n": -1}, "n is -1"),
        ({"wrong": True}, "wrong is True"),
        ({"max_wrong": 2}, r"max_wrong is 2, expected at most 1"),
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


def test_an_adapted_bound_says_so_and_survives_the_disk() -> None:
    adapted = BOUND.model_copy(update={"adaptation": Adaptation(shift=-1.0, slope=0.8)})
    assert Bound.from_json(json.loads(json.dumps(adapted.to_json())), where="here") == adapted
    assert adapted.state(**NOW) is CalibrationState.ADAPTED  # type: ignore[arg-type]
    wrong = {**adapted.to_json(), "adaptation": {"shift": 0.0, "slope": -1.0}}
    with pytest.raises(CalibrationError, match="slope is -1"):
        Bound.from_json(wrong, where="here")


def test_adaptation_of_a_worked_case() -> None:
    # Odds of 3 to 1, squared and halved: 4.5 to 1.
    assert Adaptation(shift=-0.6931471805599453, slope=2.0)(0.75) == pytest.approx(4.5 / 5.5)
    assert Adaptation(shift=0.0, slope=1.0)(0.3) == pytest.approx(0.3)


@given(st.floats(0, 1), st.floats(0, 1), st.floats(-5, 5), st.floats(0.1, 4))
def test_adaptation_keeps_the_order(one: float, other: float, shift: float, slope: float) -> None:
    moved = Adaptation(shift=shift, slope=slope)
    low, high = sorted((one, other))
    assert 0.0 <= moved(low) <= moved(high) <= 1.0


@pytest.mark.parametrize("name", ["bound.json", "calibration.json"])
def test_load_bound_knows_its_file_by_both_names(tmp_path: Path, name: str) -> None:
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "a.md").write_text("Closed.", encoding="utf-8")
    bring_up_to_date([tmp_path / "pages"], tmp_path / "kb")
    assert load_bound(tmp_path / "kb") is None
    former = {key: value for key, value in BOUND.to_json().items() if key != "adaptation"}
    (tmp_path / "kb" / name).write_text(json.dumps(former), encoding="utf-8")
    assert load_bound(tmp_path / "kb") == BOUND
    (tmp_path / "kb" / name).write_text("{", encoding="utf-8")
    with pytest.raises(CalibrationError, match="isn't JSON"):
        load_bound(tmp_path / "kb")
