"""`evaluate answers`: a file of questions asked end to end over a knowledge base, and the scores.

From 0 to 1. Predictions that were made elsewhere can be scored, and a knowledge base's own
be kept for later.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qa.errors import EvaluationError
from qa.openbook import OpenBook
from qa.reading.defaults import DEFAULT_READER, DEFAULT_TOP_K
from qa.types import Reader
from qa.wire import to_json
from qa.workshop.scoring.judging import Outcome, judge, pairs_right
from qa.workshop.scoring.predictions import Progress, holds_something, write_predictions
from qa.workshop.scoring.questions import (
    PredictedAnswer,
    PredictedAsk,
    Question,
    load_predictions,
    load_questions,
)
from qa.workshop.scoring.risk import RiskPoint, expected_calibration_error, risk_coverage
from retrieval.workshop.metrics import collapse
from retrieval.workshop.signature import signature

if TYPE_CHECKING:
    from retrieval.index.generation import Generation

__all__ = [
    "AnswerScores",
    "ask_and_judge",
    "bodies_of",
    "check_same_ids",
    "evaluate_answers",
    "predict_answers",
    "score_answers",
]

# Enough passages to hold five different articles even where one fills the first places.
_ARTICLE_DEPTH = 50


@dataclass(frozen=True)
class AnswerScores:
    """The scores of a question file, 0 to 1; None where nothing was there to average.

    Attributes:
        outcomes: One per question.
        signature: What was measured, with what.
    """

    outcomes: tuple[Outcome, ...]
    signature: Mapping[str, Any]

    @property
    def coverage(self) -> float:
        """Share of the questions that were answered."""
        return sum(outcome.answered for outcome in self.outcomes) / len(self.outcomes)

    @property
    def wrong_rate(self) -> float | None:
        """Share of the answers given that are wrong."""
        return _mean([not outcome.right for outcome in self.outcomes if outcome.answered])

    @property
    def ece(self) -> float | None:
        """Confidence of first answers, given or refused, against their being right."""
        confidences, right = self._judged()
        return expected_calibration_error(confidences, right) if confidences else None

    @property
    def curve(self) -> tuple[RiskPoint, ...]:
        """What other thresholds would mean, over the questions with a first answer."""
        confidences, right = self._judged()
        return risk_coverage(confidences, right) if confidences else ()

    @property
    def unit_accuracy(self) -> float | None:
        """Share of snippets of the kind labelled, where a right answer was found."""
        return _mean(
            [
                outcome.unit_right
                for outcome in self.outcomes
                if outcome.right and outcome.unit_right is not None
            ]
        )

    def to_json(self) -> dict[str, Any]:
        """Return what `evaluate answers --json` prints."""
        hits_1 = [o.article_hit_1 for o in self.outcomes if o.article_hit_1 is not None]
        hits_5 = [o.article_hit_5 for o in self.outcomes if o.article_hit_5 is not None]
        return {
            "coverage": self.coverage,
            "wrong_rate": self.wrong_rate,
            "exact_match": _mean([outcome.exact_match for outcome in self.outcomes]),
            "f1": _mean([outcome.f1 for outcome in self.outcomes]),
            "article_hit@1": _mean(hits_1),
            "article_hit@5": _mean(hits_5),
            "ece": self.ece,
            "pairs_right": pairs_right(self.outcomes),
            "n": len(self.outcomes),
            "signature": dict(self.signature),
        }

    def _judged(self) -> tuple[list[float], list[bool]]:
        judged = [(o.confidence, o.right) for o in self.outcomes if o.confidence is not None]
        return [confidence for confidence, _ in judged], [right for _, right in judged]


def evaluate_answers(
    kb: str | Path,
    questions: Path,
    *,
    reader: str | Path | Reader = DEFAULT_READER,
    top_k: int = DEFAULT_TOP_K,
    predictions: Path | None = None,
    progress: Progress | None = None,
) -> AnswerScores:
    """Ask every question of a file and score what comes back.

    Args:
        kb: The knowledge base's directory.
        questions: JSONL; see `questions.load_questions`.
        reader: Reads the passages.
        top_k: Passages read per question.
        predictions: A file of `questions.load_predictions`' kind. If it holds anything, it
            is scored and nothing is asked; otherwise what was answered is written to it.
        progress: Called with questions done and questions in all.

    Raises:
        EvaluationError: A file is wrong, or predictions and questions don't match.
        StoreError: The index is absent, damaged or foreign.
        ReaderError: There is no such reader, or it can't be loaded.
    """
    from retrieval.index.store import IndexStore

    asked = load_questions(questions)
    generation = IndexStore(kb).open()
    files = [questions]
    configuration: dict[str, Any]
    if holds_something(predictions):
        predicted = load_predictions(predictions)
        check_same_ids(predicted.keys(), [question.id for question in asked])
        files.append(predictions)
        configuration = {"reader": "predictions"}
    else:
        book = OpenBook.open(kb, reader=reader)
        lines = predict_answers(book, asked, top_k=top_k, progress=progress)
        if predictions is not None:
            write_predictions(predictions, "".join(json.dumps(line) + "\n" for line in lines))
        predicted = {line["id"]: _as_predicted(line) for line in lines}
        configuration = {
            "reader": book.reader.id,
            "encoder": book.engine.encoder_id,
            "top_k": top_k,
            "calibration": book.calibration.digest,
            "threshold": book.threshold,
        }
    outcomes = score_answers(asked, predicted, _bodies(generation))
    # What the articles say, not where the index lies nor what its generations are called.
    configuration["articles"] = dict(generation.manifest.articles)
    return AnswerScores(tuple(outcomes), signature(files, configuration))


def predict_answers(
    book: OpenBook,
    questions: Sequence[Question],
    *,
    top_k: int = DEFAULT_TOP_K,
    progress: Progress | None = None,
) -> list[dict[str, Any]]:
    """Ask every question.

    Returns:
        Per question `ask`'s JSON with its `id` and the `articles` found, best first.
    """
    lines = []
    for number, question in enumerate(questions, start=1):
        result = book.ask(question.question, roles=question.roles, top_k=top_k)
        hits = book.engine.retrieve(question.question, _ARTICLE_DEPTH, roles=question.roles)
        articles = [article_id for article_id, _ in collapse(hits)]
        lines.append({"id": question.id, **to_json(result), "articles": articles})
        if progress is not None:
            progress(number, len(questions))
    return lines


def ask_and_judge(
    book: OpenBook,
    questions: Sequence[Question],
    *,
    top_k: int = DEFAULT_TOP_K,
    progress: Progress | None = None,
) -> list[Outcome]:
    """Ask every question and judge what comes back."""
    lines = predict_answers(book, questions, top_k=top_k, progress=progress)
    predicted = {line["id"]: _as_predicted(line) for line in lines}
    return [
        # A gold article that the asker may not read can't have been quoted to them.
        judge(question, predicted[question.id], _readable_bodies(book, question.roles))
        for question in questions
    ]


def score_answers(
    questions: Sequence[Question],
    predicted: Mapping[str, PredictedAsk],
    body_of: Callable[[str], str | None],
) -> list[Outcome]:
    """Judge every question's prediction.

    Args:
        questions: All of them, each with a prediction.
        predicted: Question id → what was answered.
        body_of: Article id → body, None if there is none.
    """
    return [judge(question, predicted[question.id], body_of) for question in questions]


def _readable_bodies(book: OpenBook, roles: frozenset[str]) -> Callable[[str], str | None]:
    def body_of(article_id: str) -> str | None:
        article = book.engine.article(article_id, roles=roles)
        return None if article is None else article.body

    return body_of


def bodies_of(kb: str | Path) -> Callable[[str], str | None]:
    """Return a look-up of a knowledge base's bodies that rights play no part in."""
    from retrieval.index.store import IndexStore

    return _bodies(IndexStore(kb).open())


def _bodies(generation: Generation) -> Callable[[str], str | None]:
    """Return a look-up of bodies that rights play no part in: gold places need none."""

    def body_of(article_id: str) -> str | None:
        row = generation.row(article_id)
        return None if row is None else generation.article(row).body

    return body_of


def _as_predicted(line: Mapping[str, Any]) -> PredictedAsk:
    return PredictedAsk(
        id=line["id"],
        answered=line["status"] == "answered",
        answers=tuple(
            PredictedAnswer(
                text=answer["text"],
                confidence=answer["confidence"],
                article_id=answer["article_id"],
                start=answer["start"],
                end=answer["end"],
                unit=answer["snippet"]["kind"],
            )
            for answer in line["answers"]
        ),
        articles=tuple(line["articles"]),
    )


def check_same_ids(found: Iterable[str], wanted: Iterable[str]) -> None:
    """Check that there is a prediction for every question and none besides.

    Raises:
        EvaluationError: There isn't.
    """
    predicted, asked = set(found), set(wanted)
    missing, unknown = sorted(asked - predicted), sorted(predicted - asked)
    if missing or unknown:
        sample = (missing or unknown)[:3]
        msg = (
            f"Predictions and questions don't match: {len(missing)} questions without a "
            f"prediction, {len(unknown)} predictions without a question, such as {sample!r}. "
            "Give one prediction per question."
        )
        raise EvaluationError(msg)


def _mean(values: Sequence[float | bool]) -> float | None:
    return sum(values) / len(values) if values else None
