"""Scoring answers end to end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from qa.openbook import OpenBook
from qa.workshop.scoring.answers import AnswerScores, predict_answers, score_answers
from qa.workshop.scoring.questions import PredictedAnswer, PredictedAsk, Question
from qa.workshop.scoring.risk import expected_calibration_error
from retrieval.types import Article, Passage

Make = Callable[..., Any]
Cut = Callable[..., Passage]

BODY = "First open Mail. Then press Sync, which takes a while. Open Mail again."


def body_of(article_id: str) -> str | None:
    return {"mail": BODY}.get(article_id)


def answer(text: str, *, article: str = "mail", at: int | None = None) -> PredictedAnswer:
    start = BODY.find(text) if at is None else at
    return PredictedAnswer(text, 0.8, article, start, start + len(text), "sentence")


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
        "pairs_right": None,
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
        "pairs_right",
        "n",
        "signature",
    ]
    assert scores.unit_accuracy == 1.0
    assert scores.curve[-1].coverage == 1.0


def test_scores_without_an_answer_have_no_wrong_rate() -> None:
    outcomes = score_answers([Question("1", "?")], {"1": PredictedAsk("1", False, (), ())}, body_of)
    shown = AnswerScores(tuple(outcomes), {}).to_json()
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
