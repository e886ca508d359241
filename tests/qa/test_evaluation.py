"""Scoring answers and readers."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from qa.calibration import expected_calibration_error
from qa.errors import EvaluationError
from qa.evaluation import (
    AnswerScores,
    evaluate_reader,
    is_right,
    judge,
    predict_answers,
    score_answers,
)
from qa.openbook import OpenBook
from qa.questions import PredictedAnswer, PredictedAsk, Question
from retrieval.types import Article, Passage

Make = Callable[..., Any]
Cut = Callable[..., Passage]

BODY = "First open Mail. Then press Sync, which takes a while. Open Mail again."
GOLD = Question("1", "How?", ("Then press Sync, which takes a while",), ("mail",))


def body_of(article_id: str) -> str | None:
    return {"mail": BODY}.get(article_id)


def answer(text: str, *, article: str = "mail", at: int | None = None) -> PredictedAnswer:
    start = BODY.find(text) if at is None else at
    return PredictedAnswer(text, 0.8, article, start, start + len(text), "sentence")


@pytest.mark.parametrize(
    ("given", "right"),
    [
        (answer("press Sync, which takes a while."), True),
        # Too few words in common, but it stands inside the gold answer's place.
        (answer("Sync"), True),
        (answer("again"), False),
        (answer("Sync", article="other"), False),
        # The place decides, and a place that touches does not overlap.
        (answer("Mail. ", at=11), False),
        (PredictedAnswer("Sync", 0.8), False),
    ],
)
def test_is_right_by_words_or_by_place(given: PredictedAnswer, right: bool) -> None:
    assert is_right(given, GOLD, body_of) is right


def test_is_right_finds_every_place_of_a_gold_answer() -> None:
    question = Question("1", "What?", ("while. Open Mail again",), ("mail", "gone"))
    assert is_right(answer("again"), question, body_of)
    assert not is_right(answer("again", article="gone"), question, body_of)


def test_is_right_is_never_true_of_an_unanswerable_question() -> None:
    assert not is_right(answer("Sync"), Question("1", "?", answerable=False), body_of)


def ask(given: PredictedAnswer | None, *, answered: bool, articles: tuple[str, ...] = ()) -> Any:
    return PredictedAsk("1", answered, (given,) if given else (), articles)


@pytest.mark.parametrize(
    ("question", "predicted", "scores"),
    [
        (GOLD, ask(answer("Sync"), answered=True), (True, 0.0, pytest.approx(2 / 7))),
        (GOLD, ask(answer("Sync"), answered=False), (True, 0.0, 0.0)),
        (GOLD, ask(None, answered=False), (False, 0.0, 0.0)),
        (Question("1", "?", answerable=False), ask(None, answered=False), (False, 1.0, 1.0)),
        (Question("1", "?", answerable=False), ask(answer("Sync"), answered=True), (False, 0, 0)),
        # Answerable, but nobody said what the answer is: silence is no match.
        (Question("1", "?"), ask(None, answered=False), (False, 0.0, 0.0)),
    ],
)
def test_judge_scores_as_version_two_does(
    question: Question, predicted: PredictedAsk, scores: tuple[Any, ...]
) -> None:
    outcome = judge(question, predicted, body_of)
    assert (outcome.right, outcome.exact_match, outcome.f1) == scores


def test_judge_counts_gold_articles_among_those_found() -> None:
    found = ("a", "b", "c", "d", "mail", "e")
    outcome = judge(GOLD, ask(None, answered=False, articles=found), body_of)
    assert (outcome.article_hit_1, outcome.article_hit_5) == (False, True)
    without = judge(Question("1", "?"), ask(None, answered=False, articles=found), body_of)
    assert (without.article_hit_1, without.article_hit_5) == (None, None)


def test_scores_of_a_worked_case() -> None:
    questions = [
        Question("1", "?", ("Sync",), ("mail",), unit="sentence"),
        Question("2", "?", ("Sync",), ("mail",), unit="steps"),
        Question("3", "?", answerable=False),
        Question("4", "?", answerable=False),
    ]
    predicted = {
        "1": PredictedAsk("1", True, (answer("Sync"),), ("mail",)),
        "2": PredictedAsk("2", True, (answer("again"),), ("x", "mail")),
        "3": PredictedAsk("3", True, (answer("Sync"),), ()),
        "4": PredictedAsk("4", False, (), ()),
    }
    scores = AnswerScores(tuple(score_answers(questions, predicted, body_of)), {"version": "1"})
    shown = scores.to_json()
    assert shown == {
        "coverage": 0.75,
        "wrong_rate": pytest.approx(2 / 3),
        "exact_match": 0.5,
        "f1": 0.5,
        "article_hit@1": 0.5,
        "article_hit@5": 1.0,
        "ece": expected_calibration_error([0.8] * 3, [True, False, False]),
        "n": 4,
        "signature": {"version": "1"},
    }
    assert list(shown) == [
        "coverage",
        "wrong_rate",
        "exact_match",
        "f1",
        "article_hit@1",
        "article_hit@5",
        "ece",
        "n",
        "signature",
    ]
    assert scores.unit_accuracy == 1.0
    assert scores.curve[-1].coverage == 1.0


def test_scores_without_an_answer_have_no_wrong_rate() -> None:
    outcome = judge(Question("1", "?"), ask(None, answered=False), body_of)
    shown = AnswerScores((outcome,), {}).to_json()
    assert shown["wrong_rate"] is None
    assert shown["ece"] is None
    assert shown["article_hit@1"] is None


def test_predict_answers_asks_with_the_questions_roles(
    fake_engine: Make, fake_reader: Make, cut_passage: Cut
) -> None:
    articles = [
        Article("open", "T", "It is 5."),
        Article("shut", "T", "It is 7.", audience=("hr",)),
    ]
    engine = fake_engine(articles, [cut_passage(article) for article in articles])
    book = OpenBook(engine, fake_reader({"5": 1.0, "7": 29.0}))
    asked = [Question("1", "What?"), Question("2", "What?", roles=frozenset({"hr"}))]
    calls: list[tuple[int, int]] = []
    lines = predict_answers(book, asked, progress=lambda done, total: calls.append((done, total)))
    assert [line["id"] for line in lines] == ["1", "2"]
    assert [line["answers"][0]["text"] for line in lines] == ["5", "7"]
    assert [line["articles"] for line in lines] == [["open"], ["open", "shut"]]
    assert calls == [(1, 2), (2, 2)]


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
