"""Scoring a reader on a SQuAD file."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from qa.errors import EvaluationError
from qa.workshop.scoring.reader import evaluate_reader

Make = Callable[..., Any]


def squad(tmp_path: Path, *, impossible: bool) -> Path:
    paragraph = {
        "context": "It opens at 8:30.",
        "qas": [
            {"id": "1", "question": "When?", "answers": [{"text": "8:30", "answer_start": 12}]},
            {"id": "2", "question": "Where?", "answers": [{"text": "It", "answer_start": 0}]},
        ],
    }
    if impossible:
        for qa in paragraph["qas"]:
            qa["is_impossible"] = qa["id"] == "2"  # type: ignore[index]
    path = tmp_path / "squad.json"
    content = {"data": [{"title": "T", "paragraphs": [paragraph]}]}
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_evaluate_reader_without_refusing(tmp_path: Path, fake_reader: Make) -> None:
    reader = fake_reader({"8:30": -3.0})
    shown = evaluate_reader(squad(tmp_path, impossible=False), reader=reader)
    assert (shown["exact_match"], shown["f1"], shown["n"]) == (50.0, 50.0, 2)
    assert list(shown) == [
        "exact_match",
        "f1",
        "has_answer_f1",
        "no_answer_accuracy",
        "n",
        "signature",
    ]
    assert shown["signature"]["data_sha256"]


@pytest.mark.parametrize(("margin", "expected"), [(0.0, (50.0, 100.0, 0.0)), (-0.1, (50, 0, 100))])
def test_evaluate_reader_refuses_below_its_threshold(
    tmp_path: Path, fake_reader: Make, margin: float, expected: tuple[float, ...]
) -> None:
    reader = fake_reader({"8:30": margin})
    shown = evaluate_reader(squad(tmp_path, impossible=True), reader=reader)
    scores = (shown["f1"], shown["has_answer_f1"], shown["no_answer_accuracy"])
    assert scores == expected


def test_evaluate_reader_keeps_and_scores_predictions(tmp_path: Path, fake_reader: Make) -> None:
    data, kept = squad(tmp_path, impossible=False), tmp_path / "kept" / "predictions.json"
    measured = evaluate_reader(data, reader=fake_reader({"8:30": 3.0}), predictions=kept)
    assert json.loads(kept.read_text(encoding="utf-8")) == {"1": "8:30", "2": "8:30"}
    again = evaluate_reader(data, reader="no-such-reader", predictions=kept)
    assert again["f1"] == measured["f1"]
    assert evaluate_reader(data, predictions=kept, limit=1)["f1"] == 100.0


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "Can't read the predictions"),
        ("[]", "holds list"),
        ('{"1": 3}', "prediction for '1' is 3"),
        ('{"1": "x"}', "1 questions without a prediction"),
        ('{"1": "x", "2": "y", "3": "z"}', "1 predictions without a question"),
    ],
)
def test_evaluate_reader_refuses_predictions(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "predictions.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(EvaluationError, match=message):
        evaluate_reader(squad(tmp_path, impossible=False), predictions=path)


def test_evaluate_reader_refuses_its_arguments(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="limit is 0"):
        evaluate_reader(squad(tmp_path, impossible=False), limit=0)
    with pytest.raises(EvaluationError, match="Can't read the questions"):
        evaluate_reader(tmp_path / "missing.json")
