"""Exact match and F1 by SQuAD's rules: the project's one copy.

Source: the descriptions in Rajpurkar et al. (2016), section 4, and (2018), section 4.1;
version 2.0 adds that a question without an answer is right only when nothing is
predicted. Scores of single questions lie in 0 to 1; reports are in percent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypedDict

import numpy as np

from qa.errors import EvaluationError
from qa.reading.overlap import (
    exact_match_over_golds,
    f1_over_golds,
    normalize_answer,
    token_f1,
)
from qa.types import Example

__all__ = [
    "SquadScores",
    "best_threshold",
    "evaluate_squad",
]


class SquadScores(TypedDict):
    """Percentages over one set; None where the set has no such question."""

    exact_match: float
    f1: float
    has_answer_f1: float | None
    no_answer_accuracy: float | None
    n: int


def evaluate_squad(
    examples: Sequence[Example],
    predictions: Mapping[str, str],
    *,
    has_unanswerable: bool,
) -> SquadScores:
    """Score predicted texts against gold answers.

    Args:
        examples: The whole set.
        predictions: Question id → predicted text; empty text is a refusal.
        has_unanswerable: Score by version 2.0's rules, else by version 1.1's.

    Returns:
        Percentages; every example counts.

    Raises:
        EvaluationError: No examples, ids that don't match, or a question without an
            answer under version 1.1's rules.
    """
    if not examples:
        msg = "There is no question to score. Give a file with at least one."
        raise EvaluationError(msg)
    ids = {example.id for example in examples}
    if len(ids) != len(examples):
        msg = f"{len(examples) - len(ids)} question ids occur twice; ids are unique."
        raise EvaluationError(msg)
    missing, unknown = ids - predictions.keys(), predictions.keys() - ids
    if missing or unknown:
        sample = sorted(missing or unknown)[:3]
        msg = (
            f"Predictions and questions don't match: {len(missing)} questions without a "
            f"prediction, {len(unknown)} predictions without a question, such as {sample!r}. "
            "Give one prediction per question; an empty text is a refusal."
        )
        raise EvaluationError(msg)
    exact: list[float] = []
    f1: list[float] = []
    answerable: list[bool] = []
    for example in examples:
        prediction = predictions[example.id]
        golds = [text for text, _ in example.answers]
        if has_unanswerable:
            # As version 2.0's script does, gold answers without a word are left out.
            golds = [gold for gold in golds if normalize_answer(gold)]
        elif not golds:
            msg = (
                f"The question {example.id!r} has no gold answer. Expected answers for every "
                "question, or a file of SQuAD 2.0's kind with is_impossible keys."
            )
            raise EvaluationError(msg)
        answerable.append(bool(example.answers))
        exact.append(exact_match_over_golds(prediction, golds))
        if has_unanswerable:
            f1.append(f1_over_golds(prediction, golds))
        else:
            f1.append(max(_token_f1_v1(prediction, gold) for gold in golds))
    with_answer = [score for score, has in zip(f1, answerable, strict=True) if has]
    without = [score for score, has in zip(f1, answerable, strict=True) if not has]
    return {
        "exact_match": _percent(exact) or 0.0,
        "f1": _percent(f1) or 0.0,
        "has_answer_f1": _percent(with_answer),
        "no_answer_accuracy": _percent(without),
        "n": len(examples),
    }


def best_threshold(
    margins: Sequence[float], scores: Sequence[float], unanswerable: Sequence[bool]
) -> tuple[float, float]:
    """Choose the margin below which to refuse so that the mean score is highest.

    Args:
        margins: Span score minus null score of each question.
        scores: What answering earns, 0 to 1; refusing earns 1 where there is no answer.
        unanswerable: True where there is no answer.

    Returns:
        The mean score, 0 to 1, and the threshold: answer where `margin >= threshold`.
        Halfway between two margins, so that rounding doesn't matter.
    """
    order = np.argsort(-np.asarray(margins, dtype=np.float64), kind="stable")
    sorted_margins = np.asarray(margins, dtype=np.float64)[order]
    gain = np.asarray(scores, dtype=np.float64)[order] - np.asarray(unanswerable)[order]
    # Entry k: the sum when the k highest margins are answered.
    totals = np.concatenate([[0.0], np.cumsum(gain)]) + float(np.sum(unanswerable))
    # A cut between equal margins can't be made.
    for k in range(1, len(sorted_margins)):
        if sorted_margins[k] == sorted_margins[k - 1]:
            totals[k] = -np.inf
    k = int(np.argmax(totals))
    if k == 0:
        threshold = float(sorted_margins[0]) + 1.0
    elif k == len(sorted_margins):
        threshold = float(sorted_margins[-1]) - 1.0
    else:
        threshold = float(sorted_margins[k - 1] + sorted_margins[k]) / 2
    return float(totals[k]) / len(sorted_margins), threshold


def _token_f1_v1(prediction: str, gold: str) -> float:
    """Version 1.1's F1: no common word is 0.0, even between two empty sides."""
    return token_f1(prediction, gold) if normalize_answer(gold) else 0.0


def _percent(scores: Sequence[float]) -> float | None:
    return 100.0 * sum(scores) / len(scores) if scores else None
