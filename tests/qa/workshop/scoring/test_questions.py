"""Question files and predictions, line by line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from qa.errors import EvaluationError
from qa.workshop.scoring.questions import (
    PredictedAnswer,
    PredictedAsk,
    Question,
    load_predictions,
    load_questions,
)


def saved(tmp_path: Path, *rows: Any) -> Path:
    path = tmp_path / "rows.jsonl"
    lines = [row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_load_questions_needs_an_id_and_a_question_alone(tmp_path: Path) -> None:
    path = saved(tmp_path, {"id": "1", "question": "a\u2028b?", "colour": "red"}, "", "  ")
    assert load_questions(path) == [Question("1", "a\u2028b?")]


def test_load_questions_reads_every_field(tmp_path: Path) -> None:
    row = {
        "id": "1",
        "question": "When?",
        "answers": ["8:30"],
        "article_ids": ["hours"],
        "answerable": True,
        "roles": ["staff", "hr"],
        "unit": "sentence",
    }
    assert load_questions(saved(tmp_path, row)) == [
        Question("1", "When?", ("8:30",), ("hours",), True, frozenset({"staff", "hr"}), "sentence")
    ]


def test_load_questions_takes_whole_numbers_for_ids_and_keys_of_help_desks(tmp_path: Path) -> None:
    row = {
        "id": 7,
        "pair": "p1",
        "contrast": "action",
        "question": "When?",
        "context": "from 8:30 on",
        "kind": "date",
        "style": "plain",
        "near_miss": None,
        "split": "dev",
    }
    assert load_questions(saved(tmp_path, row)) == [Question("7", "When?", pair="p1", split="dev")]


@pytest.mark.parametrize(
    ("extra", "answerable"),
    [
        ({}, True),
        ({"answers": []}, False),
        ({"answers": ["x"]}, True),
        ({"answerable": False}, False),
        ({"answers": [], "answerable": True}, True),
        ({"answers": None, "roles": None}, False),
    ],
)
def test_load_questions_infers_what_is_answerable(
    tmp_path: Path, extra: dict[str, Any], answerable: bool
) -> None:
    (question,) = load_questions(saved(tmp_path, {"id": "1", "question": "When?", **extra}))
    assert question.answerable is answerable


GOOD = {"id": "1", "question": "When?"}


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("{", r":2: not JSON"),
        ("[1]", r":2: found list"),
        ("[" * 50_000, r":2: not JSON"),
        ({"question": "When?"}, r":2: id is missing"),
        ({"id": 7.5, "question": "When?"}, r":2: id is 7\.5"),
        ({"id": True, "question": "When?"}, r":2: id is True"),
        ({"id": "2"}, r":2: question is missing"),
        ({**GOOD, "id": "2", "answers": "8:30"}, r":2: answers is '8:30'"),
        ({**GOOD, "id": "2", "roles": [1]}, r":2: roles holds 1, expected a text"),
        ({**GOOD, "id": "2", "answerable": "yes"}, r":2: answerable is 'yes'"),
        ({**GOOD, "id": "2", "answers": ["x"], "answerable": False}, r":2: the question has"),
        ({**GOOD, "id": "2", "unit": 3}, r":2: unit is 3"),
        (GOOD, r":2: the id '1' occurs twice"),
    ],
)
def test_load_questions_names_the_line(tmp_path: Path, row: Any, message: str) -> None:
    with pytest.raises(EvaluationError, match=message):
        load_questions(saved(tmp_path, GOOD, row))


def test_load_questions_refuses_an_empty_file(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="holds no question"):
        load_questions(saved(tmp_path, ""))


def test_load_questions_refuses_what_it_can_not_read(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="Can't read the questions"):
        load_questions(tmp_path / "missing.jsonl")
    (tmp_path / "latin.jsonl").write_bytes(b'{"id": "\xe9"}')
    with pytest.raises(EvaluationError, match="aren't UTF-8"):
        load_questions(tmp_path / "latin.jsonl")


ANSWER = {
    "text": "8:30",
    "confidence": 0.9,
    "article_id": "hours",
    "start": 3,
    "end": 7,
    "snippet": {"kind": "sentence"},
}


def test_load_predictions_reads_what_ask_prints(tmp_path: Path) -> None:
    answered = {"id": "1", "status": "answered", "answers": [ANSWER], "refusal": None}
    refused = {
        "id": "2",
        "status": "refused",
        "answers": [ANSWER],
        "refusal": {"nearest": [{"article_id": "hours"}, {"article_id": "leave"}]},
    }
    predicted = PredictedAnswer("8:30", 0.9, "hours", 3, 7, "sentence")
    assert load_predictions(saved(tmp_path, answered, refused)) == {
        "1": PredictedAsk("1", True, (predicted,), ("hours",)),
        "2": PredictedAsk("2", False, (predicted,), ("hours", "leave")),
    }


def test_load_predictions_takes_the_least(tmp_path: Path) -> None:
    least = {"id": "1", "answers": [{"text": "8:30", "confidence": 1}], "articles": ["b", "a"]}
    assert load_predictions(saved(tmp_path, least, {"id": "2"})) == {
        "1": PredictedAsk("1", True, (PredictedAnswer("8:30", 1.0),), ("b", "a")),
        "2": PredictedAsk("2", False, (), ()),
    }


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"id": "2", "status": "maybe"}, r":2: status is 'maybe'"),
        ({"id": "2", "status": "answered"}, r":2: it is answered but has no answer"),
        ({"id": "2", "answers": [3]}, r":2: answers holds 3"),
        (
            {"id": "2", "answers": [{**ANSWER, "confidence": None}]},
            r"0\.confidence is None",
        ),
        (
            {"id": "2", "answers": [{**ANSWER, "confidence": 1.5}]},
            r"0\.confidence is 1\.5, exp",
        ),
        ({"id": "2", "answers": [{**ANSWER, "confidence": True}]}, r"confidence is True"),
        (
            {"id": "2", "answers": [{**ANSWER, "start": "3"}]},
            r"0\.start is '3', expected a whole",
        ),
        ({"id": "2", "answers": [{"confidence": 1}]}, r"answers\.0\.text is missing"),
        ({"id": "1"}, r":2: the id '1' occurs twice"),
    ],
)
def test_load_predictions_names_the_line(tmp_path: Path, row: Any, message: str) -> None:
    with pytest.raises(EvaluationError, match=message):
        load_predictions(saved(tmp_path, {"id": "1"}, row))
