"""Labelled questions over a knowledge base, and predictions for them: JSONL in and out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    model_validator,
)
from pydantic.dataclasses import dataclass

from qa.errors import EvaluationError
from retrieval.system.untrusted import in_words

__all__ = ["PredictedAnswer", "PredictedAsk", "Question", "load_predictions", "load_questions"]


def _or_nothing(value: Any) -> Any:
    """Take null for a list that isn't there."""
    return () if value is None else value


def _id(value: Any) -> Any:
    """Take whole numbers for ids, as annotation tools write them."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Id = Annotated[str, BeforeValidator(_id)]
Texts = Annotated[tuple[str, ...], BeforeValidator(_or_nothing)]


# Strict about what it knows; unknown keys are ignored.
_ROW = ConfigDict(extra="ignore")


@dataclass(frozen=True, config=_ROW)
class Question:
    """One line of a question file.

    Attributes:
        id: Unique within the file.
        question: As a person would ask it.
        answers: Gold texts, any of which is right.
        article_ids: Gold articles, any of which holds the answer.
        answerable: False where the knowledge base doesn't hold the answer. If it isn't said, a
            line with an empty `answers` list is unanswerable, as in SQuAD 2.0.
        roles: The asker's.
        unit: The snippet kind that should be shown, if labelled.
        pair: Names questions that differ little and whose answers differ.
        split: "dev" to develop on, anything else to report; None where nothing is said.
    """

    id: Id
    question: str
    answers: Texts = ()
    article_ids: Texts = ()
    answerable: Annotated[bool, Field(strict=True)] = True
    roles: Annotated[frozenset[str], BeforeValidator(_or_nothing)] = frozenset()
    unit: str | None = None
    pair: Id | None = None
    split: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _infer_answerable(cls, row: Any) -> Any:
        if isinstance(row, dict) and row.get("answerable") is None:
            known = {key: value for key, value in row.items() if key != "answerable"}
            return {**known, "answerable": bool(row.get("answers")) or "answers" not in row}
        return row

    @model_validator(mode="after")
    def _check_answers(self) -> Question:
        if self.answers and not self.answerable:
            raise ValueError("the question has answers but answerable is false. Correct one.")
        return self


@dataclass(frozen=True, config=_ROW)
class PredictedAnswer:
    """One answer of a prediction; place and snippet may be unknown."""

    text: str
    confidence: Annotated[float, Field(strict=True, ge=0.0, le=1.0)]
    article_id: str | None = None
    start: Annotated[int | None, Field(strict=True)] = None
    end: Annotated[int | None, Field(strict=True)] = None
    unit: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _take_unit(cls, row: Any) -> Any:
        snippet = row.get("snippet") if isinstance(row, dict) else None
        return {**row, "unit": snippet.get("kind")} if isinstance(snippet, dict) else row


@dataclass(frozen=True, config=_ROW)
class PredictedAsk:
    """What was answered to one question.

    Attributes:
        id: The question's.
        answered: False for a refusal. In a file it is the `status`; if that isn't said, by
            whether there are answers.
        answers: Best first; under a refusal its candidates.
        articles: Articles found for the question, best first; those of the answers and of the
            refusal if it isn't said.
    """

    id: Id
    answered: bool
    answers: Annotated[tuple[PredictedAnswer, ...], BeforeValidator(_or_nothing)] = ()
    articles: Texts = ()

    @model_validator(mode="before")
    @classmethod
    def _fill_in(cls, row: Any) -> Any:
        if not isinstance(row, dict) or "answered" in row:
            return row
        answers, refusal = row.get("answers") or (), row.get("refusal")
        status = row.get("status", "answered" if answers else "refused")
        if status not in ("answered", "refused"):
            raise ValueError(f"status is {status!r}. Expected 'answered' or 'refused'.")
        if status == "answered" and not answers:
            raise ValueError("it is answered but has no answer. Expected one, or 'refused'.")
        nearest = refusal.get("nearest") if isinstance(refusal, dict) else None
        named = [
            each["article_id"]
            for each in (*answers, *(nearest or ()))
            if isinstance(each, dict) and isinstance(each.get("article_id"), str)
        ]
        return {"articles": list(dict.fromkeys(named)), **row, "answered": status == "answered"}


def load_questions(path: Path) -> list[Question]:
    """Read a question file; a line needs `id` and `question`.

    Raises:
        EvaluationError: The file can't be read, a line is wrong, an id occurs twice, or
            there is no question.
    """
    questions = list(_rows(path, "questions", _QUESTION, "Ids are unique: correct the file."))
    if not questions:
        msg = f"{str(path)!r} holds no question. Give a file with at least one, one a line."
        raise EvaluationError(msg)
    return questions


def load_predictions(path: Path) -> dict[str, PredictedAsk]:
    """Read predictions: what `ask --json` prints, one a line, with the question's `id`.

    Raises:
        EvaluationError: The file can't be read, a line is wrong, or an id occurs twice.
    """
    rows = _rows(path, "predictions", _PREDICTION, "Give one prediction a question.")
    return {row.id: row for row in rows}


_Model = TypeVar("_Model", Question, PredictedAsk)
_QUESTION, _PREDICTION = TypeAdapter(Question), TypeAdapter(PredictedAsk)


def _rows(path: Path, what: str, adapter: TypeAdapter[_Model], unique: str) -> Iterator[_Model]:
    """Yield every line that isn't blank."""
    try:
        content = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        msg = f"Can't read the {what} {str(path)!r}: {error.strerror or error}."
        raise EvaluationError(msg) from error
    except UnicodeDecodeError as error:
        msg = f"The {what} {str(path)!r} aren't UTF-8 text: {error}. Save the file as UTF-8."
        raise EvaluationError(msg) from error
    seen: set[str] = set()
    # Not splitlines(): U+2028 and its like may stand inside a JSON string.
    for number, line in enumerate(content.split("\n"), start=1):
        if not line.strip():
            continue
        where = f"{path}:{number}"
        try:
            row = adapter.validate_json(line)
        except ValidationError as error:
            raise EvaluationError(f"{where}: {_fault(error)}") from error
        if row.id in seen:
            msg = f"{where}: the id {row.id!r} occurs twice. {unique}"
            raise EvaluationError(msg)
        seen.add(row.id)
        yield row


def _fault(error: ValidationError) -> str:
    """Say what is wrong with a line, in one sentence."""
    first = error.errors(include_url=False)[0]
    if first["type"] == "json_invalid":
        return f"not JSON: {first['ctx']['error']}. Expected one JSON object a line."
    if first["loc"]:
        return f"{in_words('.'.join(str(part) for part in first['loc']), first)}. Correct it."
    if first["type"] == "value_error":
        return str(first["ctx"]["error"])
    return f"found {type(first['input']).__name__}. Expected one JSON object a line."
