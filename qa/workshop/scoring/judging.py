"""What makes an answer right, and what a prediction is worth, question by question."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from qa.reading.overlap import exact_match_over_golds, f1_over_golds
from qa.workshop.scoring.questions import PredictedAnswer, PredictedAsk, Question

__all__ = ["Outcome", "is_right", "judge", "pairs_right"]

_RIGHT_F1 = 0.5


@dataclass(frozen=True)
class Outcome:
    """How one question came out.

    Attributes:
        question: The labelled question.
        answered: False for a refusal.
        right: The first answer is right, whether it was given or refused.
        text: The first answer's; empty where there is none.
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
    text: str
    confidence: float | None
    exact_match: float
    f1: float
    article_hit_1: bool | None
    article_hit_5: bool | None
    unit_right: bool | None


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
        text="" if first is None else first.text,
        confidence=None if first is None else first.confidence,
        exact_match=exact_match_over_golds(text, golds) if scored else 0.0,
        f1=f1_over_golds(text, golds) if scored else 0.0,
        article_hit_1=hit_1,
        article_hit_5=hit_5,
        unit_right=unit_right,
    )


def pairs_right(outcomes: Sequence[Outcome]) -> float | None:
    """Return the share of pairs of which every question comes out right; None without pairs.

    An answerable one has to be answered right, by words that fit its own gold answer better than
    those of its twins; an unanswerable one has to be refused.
    """
    pairs: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        if outcome.question.pair is not None:
            pairs.setdefault(outcome.question.pair, []).append(outcome)
    whole = [all(_right_beside(each, twins) for each in twins) for twins in pairs.values()]
    return sum(whole) / len(whole) if whole else None


def _right_beside(outcome: Outcome, twins: Sequence[Outcome]) -> bool:
    if not outcome.question.answerable:
        return not outcome.answered
    if not (outcome.answered and outcome.right):
        return False
    own = f1_over_golds(outcome.text, outcome.question.answers)
    others = [
        f1_over_golds(outcome.text, twin.question.answers)
        for twin in twins
        if twin is not outcome and twin.question.answers
    ]
    best = max(others, default=0.0)
    return own > best or best == 0.0


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


def _stands_across(body: str, gold: str, start: int, end: int) -> bool:
    """Tell whether `gold` stands somewhere in the body so that it overlaps a span."""
    # The first place that can overlap ends after the span's start.
    at = body.find(gold, max(0, start - len(gold) + 1))
    return 0 <= at < end
