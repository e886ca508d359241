"""`evaluate answers` and `evaluate reader`: from questions to scores with a signature.

A reader is scored by SQuAD's rules on the contexts of a SQuAD file, in percent. Answers
are scored end to end over a knowledge base, from 0 to 1. Either can score predictions
that were made elsewhere, and a reader's or a knowledge base's own can be kept for later.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard

from qa.calibration import RiskPoint, expected_calibration_error, risk_coverage
from qa.defaults import DEFAULT_READER, DEFAULT_TOP_K
from qa.errors import EvaluationError, ExampleError
from qa.metrics import evaluate_squad, exact_match_over_golds, f1_over_golds
from qa.openbook import OpenBook, to_json
from qa.questions import (
    PredictedAnswer,
    PredictedAsk,
    Question,
    load_predictions,
    load_questions,
)
from qa.registry import load_reader
from qa.squad import load_squad
from qa.types import Example, Reader
from retrieval.durable import replace_file
from retrieval.metrics import collapse
from retrieval.signature import signature
from retrieval.types import Passage

if TYPE_CHECKING:
    from retrieval.generation import Generation

__all__ = [
    "AnswerScores",
    "Outcome",
    "ask_and_judge",
    "evaluate_answers",
    "evaluate_reader",
    "is_right",
    "judge",
    "predict_answers",
    "predict_texts",
    "score_answers",
]

Progress = Callable[[int, int], None]

# Enough passages to hold five different articles even where one fills the first places.
_ARTICLE_DEPTH = 50
_RIGHT_F1 = 0.5


@dataclass(frozen=True)
class Outcome:
    """How one question came out.

    Attributes:
        question: The labelled question.
        answered: False for a refusal.
        right: The first answer is right, whether it was given or refused.
        confidence: Of the first answer; None where there is none.
        exact_match: 0 or 1, by version 2.0's rules: a refusal is an empty text.
        f1: 0 to 1, likewise.
        article_hit_1: A gold article is found first; None without gold articles.
        article_hit_5: A gold article is among the first five; likewise.
        unit_right: The snippet is of the kind labelled; None where none was shown or labelled.
    """

    question: Question
    answered: bool
    right: bool
    confidence: float | None
    exact_match: float
    f1: float
    article_hit_1: bool | None
    article_hit_5: bool | None
    unit_right: bool | None


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
    from retrieval.store import IndexStore

    asked = load_questions(questions)
    generation = IndexStore(kb).open()
    files = [questions]
    configuration: dict[str, Any]
    if _holds_something(predictions):
        predicted = load_predictions(predictions)
        _check_same_ids(predicted.keys(), [question.id for question in asked])
        files.append(predictions)
        configuration = {"reader": "predictions"}
    else:
        book = OpenBook.open(kb, reader=reader)
        lines = predict_answers(book, asked, top_k=top_k, progress=progress)
        if predictions is not None:
            _write(predictions, "".join(json.dumps(line) + "\n" for line in lines))
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


def judge(
    question: Question, predicted: PredictedAsk, body_of: Callable[[str], str | None]
) -> Outcome:
    """Judge one question's prediction; see `Outcome`."""
    first = predicted.answers[0] if predicted.answers else None
    text = first.text if first is not None and predicted.answered else ""
    golds = question.answers if question.answerable else ()
    # An answerable question whose answers aren't known can't be matched: not even by silence.
    scored = bool(golds) or not question.answerable
    hit_1 = hit_5 = None
    if question.article_ids:
        gold = set(question.article_ids)
        hit_1 = bool(gold & set(predicted.articles[:1]))
        hit_5 = bool(gold & set(predicted.articles[:5]))
    unit_right = None
    if first is not None and first.unit is not None and question.unit is not None:
        unit_right = first.unit == question.unit
    return Outcome(
        question=question,
        answered=predicted.answered,
        right=first is not None and is_right(first, question, body_of),
        confidence=None if first is None else first.confidence,
        exact_match=exact_match_over_golds(text, golds) if scored else 0.0,
        f1=f1_over_golds(text, golds) if scored else 0.0,
        article_hit_1=hit_1,
        article_hit_5=hit_5,
        unit_right=unit_right,
    )


def is_right(
    answer: PredictedAnswer, question: Question, body_of: Callable[[str], str | None]
) -> bool:
    """Tell whether an answer is right.

    It is if its words have an F1 of at least 0.5 with a gold answer, or if it overlaps a
    place where a gold answer's text stands in a gold article. No answer to an
    unanswerable question is right.
    """
    if not question.answerable:
        return False
    if any(f1_over_golds(answer.text, [gold]) >= _RIGHT_F1 for gold in question.answers):
        return True
    if answer.article_id not in question.article_ids:
        return False
    if answer.start is None or answer.end is None or answer.article_id is None:
        return False
    body = body_of(answer.article_id)
    return body is not None and any(
        _stands_across(body, gold, answer.start, answer.end) for gold in question.answers if gold
    )


def evaluate_reader(
    data: Path,
    *,
    reader: str | Path | Reader = DEFAULT_READER,
    limit: int | None = None,
    predictions: Path | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Score a reader on a SQuAD file by the official scripts' rules, in percent.

    A file with an `is_impossible` key is read at the reader's own threshold for "no
    answer", any other without refusing.

    Args:
        data: In SQuAD's format, 1.1 or 2.0.
        reader: Reads the contexts.
        limit: Only the first so many questions.
        predictions: Question id → text JSON. If the file holds anything, it is scored and
            nothing is read; otherwise what was read is written to it.
        progress: Called with questions done and questions in all.

    Returns:
        What `evaluate reader --json` prints.

    Raises:
        ExampleError: The data file is wrong.
        EvaluationError: `limit` makes no sense, or predictions and questions don't match.
        ReaderError: There is no such reader, or it can't be loaded.
    """
    if limit is not None and limit < 1:
        msg = f"limit is {limit!r}. Expected at least 1 question, or none for all."
        raise EvaluationError(msg)
    try:
        file = load_squad(data)
    except ExampleError as error:
        raise EvaluationError(str(error)) from error
    examples = file.examples[:limit]
    files = [data]
    configuration: dict[str, Any] = {"limit": limit}
    if _holds_something(predictions):
        texts = _load_texts(predictions)
        if limit is not None:
            known = {example.id for example in file.examples}
            wanted = {example.id for example in examples}
            texts = {key: text for key, text in texts.items() if key in wanted or key not in known}
        files.append(predictions)
        configuration["reader"] = "predictions"
    else:
        loaded = reader if isinstance(reader, Reader) else load_reader(reader)
        texts = predict_texts(loaded, examples, may_refuse=file.has_unanswerable, progress=progress)
        if predictions is not None:
            _write(predictions, json.dumps(texts, ensure_ascii=False) + "\n")
        configuration["reader"] = loaded.id
    scores = evaluate_squad(examples, texts, has_unanswerable=file.has_unanswerable)
    return {**scores, "signature": signature(files, configuration)}


def predict_texts(
    reader: Reader,
    examples: Sequence[Example],
    *,
    may_refuse: bool,
    progress: Progress | None = None,
) -> dict[str, str]:
    """Read every example's context; an empty text is a refusal.

    Args:
        reader: Reads one context at a time.
        examples: Gold answers aren't looked at.
        may_refuse: Refuse where the best margin lies below the reader's threshold.
        progress: Called with questions done and questions in all.
    """
    texts: dict[str, str] = {}
    for number, example in enumerate(examples, start=1):
        context = Passage(
            id=f"{example.id}#0-{len(example.context)}",
            article_id=example.id,
            start=0,
            end=len(example.context),
            text=example.context,
        )
        candidates = reader.read(example.question, [context]).candidates
        best = candidates[0] if candidates else None
        refuse = best is None or (may_refuse and best.margin < reader.null_threshold)
        texts[example.id] = "" if refuse or best is None else best.text
        if progress is not None:
            progress(number, len(examples))
    return texts


def _stands_across(body: str, gold: str, start: int, end: int) -> bool:
    """Tell whether `gold` stands somewhere in the body so that it overlaps a span."""
    # The first place that can overlap ends after the span's start.
    at = body.find(gold, max(0, start - len(gold) + 1))
    return 0 <= at < end


def _readable_bodies(book: OpenBook, roles: frozenset[str]) -> Callable[[str], str | None]:
    def body_of(article_id: str) -> str | None:
        article = book.engine.article(article_id, roles=roles)
        return None if article is None else article.body

    return body_of


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


def _check_same_ids(found: Iterable[str], wanted: Iterable[str]) -> None:
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


def _load_texts(path: Path) -> dict[str, str]:
    try:
        texts = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        msg = f"Can't read the predictions {str(path)!r}: {error}. Expected question id → text."
        raise EvaluationError(msg) from error
    if not isinstance(texts, dict):
        msg = (
            f"{str(path)!r} holds {type(texts).__name__}. Expected one object: question id → text."
        )
        raise EvaluationError(msg)
    for key, text in texts.items():
        if not isinstance(text, str):
            msg = (
                f"{str(path)!r}: the prediction for {key!r} is {text!r}. Expected text, empty for "
                "a refusal."
            )
            raise EvaluationError(msg)
    return texts


def _holds_something(path: Path | None) -> TypeGuard[Path]:
    return path is not None and path.exists() and path.stat().st_size > 0


def _write(path: Path, content: str) -> None:
    """Write a file in one step: whole or not at all."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, content.encode("utf-8", "surrogatepass"))
    except OSError as error:
        msg = f"Can't write the predictions {str(path)!r}: {error.strerror or error}."
        raise EvaluationError(msg) from error


def _mean(values: Sequence[float | bool]) -> float | None:
    return sum(values) / len(values) if values else None
