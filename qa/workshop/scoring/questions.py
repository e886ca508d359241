"""Labelled questions over a knowledge base, and predictions for them: JSONL in and out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qa.errors import EvaluationError

__all__ = ["PredictedAnswer", "PredictedAsk", "Question", "load_predictions", "load_questions"]


@dataclass(frozen=True)
class Question:
    """One line of a question file.

    Attributes:
        id: Unique within the file.
        question: As a person would ask it.
        answers: Gold texts, any of which is right.
        article_ids: Gold articles, any of which holds the answer.
        answerable: False where the knowledge base doesn't hold the answer.
        roles: The asker's.
        unit: The snippet kind that should be shown, if labelled.
        pair: Names the questions that differ little and whose answers differ.
        split: "dev" to develop on, anything else to report; None where nothing is said.
    """

    id: str
    question: str
    answers: tuple[str, ...] = ()
    article_ids: tuple[str, ...] = ()
    answerable: bool = True
    roles: frozenset[str] = frozenset()
    unit: str | None = None
    pair: str | None = None
    split: str | None = None


@dataclass(frozen=True)
class PredictedAnswer:
    """One answer of a prediction; place and snippet may be unknown."""

    text: str
    confidence: float
    article_id: str | None = None
    start: int | None = None
    end: int | None = None
    unit: str | None = None


@dataclass(frozen=True)
class PredictedAsk:
    """What was answered to one question.

    Attributes:
        id: The question's.
        answered: False for a refusal.
        answers: Best first; under a refusal its candidates.
        articles: Articles found for the question, best first.
    """

    id: str
    answered: bool
    answers: tuple[PredictedAnswer, ...]
    articles: tuple[str, ...]


def load_questions(path: Path) -> list[Question]:
    """Read a question file.

    A line needs `id` and `question`. Without `answerable`, a line that has an empty
    `answers` list is unanswerable, as in SQuAD 2.0, and any other answerable.

    Raises:
        EvaluationError: The file can't be read, a line is wrong, an id occurs twice, or
            there is no question.
    """
    questions: dict[str, Question] = {}
    for where, row in _rows(path, "questions"):
        question = _question(row, where)
        if question.id in questions:
            msg = f"{where}: the id {question.id!r} occurs twice. Ids are unique: correct the file."
            raise EvaluationError(msg)
        questions[question.id] = question
    if not questions:
        msg = f"{str(path)!r} holds no question. Give a file with at least one, one a line."
        raise EvaluationError(msg)
    return list(questions.values())


def load_predictions(path: Path) -> dict[str, PredictedAsk]:
    """Read predictions: what `ask --json` prints, one a line, with the question's `id`.

    `articles` (ids, best first) may be added to a line; without it the articles of the
    answers and of the refusal count, in their order.

    Raises:
        EvaluationError: The file can't be read, a line is wrong, or an id occurs twice.
    """
    predictions: dict[str, PredictedAsk] = {}
    for where, row in _rows(path, "predictions"):
        predicted = _prediction(row, where)
        if predicted.id in predictions:
            msg = f"{where}: the id {predicted.id!r} occurs twice. Give one prediction a question."
            raise EvaluationError(msg)
        predictions[predicted.id] = predicted
    return predictions


def _question(row: Mapping[str, Any], where: str) -> Question:
    answers = _texts(row, "answers", where)
    answerable = row.get("answerable")
    if answerable is None:
        answerable = bool(answers) or "answers" not in row
    elif not isinstance(answerable, bool):
        msg = f"{where}: answerable is {answerable!r}. Expected true or false."
        raise EvaluationError(msg)
    elif answers and not answerable:
        msg = f"{where}: the question has answers but answerable is false. Correct one of them."
        raise EvaluationError(msg)
    unit = row.get("unit")
    if unit is not None and not isinstance(unit, str):
        msg = f"{where}: unit is {unit!r}. Expected text such as 'steps'."
        raise EvaluationError(msg)
    return Question(
        id=_text(row, "id", where),
        question=_text(row, "question", where),
        answers=answers,
        article_ids=_texts(row, "article_ids", where),
        answerable=answerable,
        roles=frozenset(_texts(row, "roles", where)),
        unit=unit,
    )


def _prediction(row: Mapping[str, Any], where: str) -> PredictedAsk:
    answers = tuple(
        _answer(answer, f"{where}: answer {number}")
        for number, answer in enumerate(_objects(row, "answers", where), start=1)
    )
    status = row.get("status", "answered" if answers else "refused")
    if status not in ("answered", "refused"):
        msg = f"{where}: status is {status!r}. Expected 'answered' or 'refused'."
        raise EvaluationError(msg)
    if status == "answered" and not answers:
        msg = f"{where}: it is answered but has no answer. Expected at least one, or 'refused'."
        raise EvaluationError(msg)
    if "articles" in row:
        articles = _texts(row, "articles", where)
    else:
        refusal = row.get("refusal")
        nearest = _objects(refusal, "nearest", where) if isinstance(refusal, dict) else []
        named = [answer.article_id for answer in answers]
        named += [near.get("article_id") for near in nearest]
        articles = tuple(article for article in named if isinstance(article, str))
    return PredictedAsk(
        id=_text(row, "id", where),
        answered=status == "answered",
        answers=answers,
        articles=tuple(dict.fromkeys(articles)),
    )


def _answer(answer: Mapping[str, Any], where: str) -> PredictedAnswer:
    confidence = answer.get("confidence")
    if isinstance(confidence, bool) or not isinstance(confidence, (int, float)):
        msg = f"{where}: confidence is {confidence!r}. Expected a number from 0 to 1."
        raise EvaluationError(msg)
    if not 0.0 <= confidence <= 1.0:
        msg = f"{where}: confidence is {confidence!r}. Expected a number from 0 to 1."
        raise EvaluationError(msg)
    place: dict[str, int | None] = {}
    for name in ("start", "end"):
        offset = answer.get(name)
        if offset is not None and (isinstance(offset, bool) or not isinstance(offset, int)):
            msg = f"{where}: {name} is {offset!r}. Expected a whole number."
            raise EvaluationError(msg)
        place[name] = offset
    article_id, snippet = answer.get("article_id"), answer.get("snippet")
    unit = snippet.get("kind") if isinstance(snippet, dict) else None
    return PredictedAnswer(
        text=_text(answer, "text", where),
        confidence=float(confidence),
        article_id=article_id if isinstance(article_id, str) else None,
        start=place["start"],
        end=place["end"],
        unit=unit if isinstance(unit, str) else None,
    )


def _rows(path: Path, what: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (place for messages, object) of every line that isn't blank."""
    try:
        content = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        msg = f"Can't read the {what} {str(path)!r}: {error.strerror or error}."
        raise EvaluationError(msg) from error
    except UnicodeDecodeError as error:
        msg = f"The {what} {str(path)!r} aren't UTF-8 text: {error}. Save the file as UTF-8."
        raise EvaluationError(msg) from error
    # Not splitlines(): U+2028 and its like may stand inside a JSON string.
    for number, line in enumerate(content.split("\n"), start=1):
        if not line.strip():
            continue
        where = f"{path}:{number}"
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            msg = f"{where}: not JSON: {error}. Expected one JSON object a line."
            raise EvaluationError(msg) from error
        if not isinstance(row, dict):
            msg = f"{where}: found {type(row).__name__}. Expected one JSON object a line."
            raise EvaluationError(msg)
        yield where, row


def _text(row: Mapping[str, Any], key: str, where: str) -> str:
    value = row.get(key)
    if not isinstance(value, str):
        msg = f"{where}: {key} is {value!r}. Expected text."
        raise EvaluationError(msg)
    return value


def _texts(row: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
    value = row.get(key)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        msg = f"{where}: {key} is {value!r}. Expected a list of texts."
        raise EvaluationError(msg)
    return tuple(value)


def _objects(row: Mapping[str, Any], key: str, where: str) -> Sequence[Mapping[str, Any]]:
    value = row.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        msg = f"{where}: {key} is {value!r}. Expected a list of objects."
        raise EvaluationError(msg)
    return value
