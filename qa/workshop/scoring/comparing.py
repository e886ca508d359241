"""`frontdesk compare`: two runs over the same questions, question by question.

A question comes out right (answered rightly, or rightly refused), silent (refused although it
has an answer) or wrong, and silence is better than a wrong answer. What came out better was
won, what came out worse lost. The interval is of the share won minus the share lost: the
percentile bootstrap over questions (Efron, 1979), which keeps each question's two outcomes
together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from qa.workshop.scoring.answers import bodies_of, check_same_ids, score_answers
from qa.workshop.scoring.judging import Outcome, pairs_right
from qa.workshop.scoring.questions import PredictedAsk, load_predictions, load_questions

__all__ = ["Comparison", "Difference", "compare", "compare_outcomes"]

_DRAWINGS = 10_000
_CERTAINTY = 0.95
_SEED = 1


@dataclass(frozen=True)
class Difference:
    """A question that comes out otherwise.

    Attributes:
        id: The question's.
        question: As asked.
        verdict: What became of it from the first run to the second; "changed" is another answer
            that is neither better nor worse.
        before: What the first run answered; None if it refused.
        after: What the second answered.
    """

    id: str
    question: str
    verdict: Literal["won", "lost", "changed"]
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Comparison:
    """Two runs beside each other.

    Attributes:
        n: Questions.
        differences: Those that come out otherwise, in the file's order.
        interval: Of share won minus share lost, with 95 % certainty.
        runs: Coverage, share of wrong answers and of pairs right, of either run.
        tolerance: How much may be lost on balance, as a share of the questions.
    """

    n: int
    differences: tuple[Difference, ...]
    interval: tuple[float, float]
    runs: tuple[Mapping[str, float | None], Mapping[str, float | None]]
    tolerance: float

    def count(self, verdict: str) -> int:
        """Count the questions of one verdict."""
        return sum(each.verdict == verdict for each in self.differences)

    @property
    def difference(self) -> float:
        """Share won minus share lost."""
        return (self.count("won") - self.count("lost")) / self.n

    @property
    def lost_too_much(self) -> bool:
        """Tell whether more was lost on balance than is tolerated."""
        return self.difference < -self.tolerance

    def to_json(self) -> dict[str, Any]:
        """Return what `compare --json` prints."""
        return {
            "n": self.n,
            "won": self.count("won"),
            "lost": self.count("lost"),
            "changed": self.count("changed"),
            "difference": self.difference,
            "interval": list(self.interval),
            "tolerance": self.tolerance,
            "lost_too_much": self.lost_too_much,
            "a": dict(self.runs[0]),
            "b": dict(self.runs[1]),
            "questions": [dict(vars(each)) for each in self.differences],
        }


def compare(
    first: Path, second: Path, *, questions: Path, kb: str | Path, tolerance: float = 0.0
) -> Comparison:
    """Compare two files of predictions that `evaluate answers` wrote.

    Args:
        first: The run that was.
        second: The run that is.
        questions: What both were asked.
        kb: The knowledge base, for the places of gold answers.
        tolerance: How much may be lost on balance, as a share of the questions.

    Raises:
        EvaluationError: A file is wrong, or predictions and questions don't match.
        StoreError: The index is absent, damaged or foreign.
    """
    asked = load_questions(questions)
    body_of = bodies_of(kb)
    outcomes = []
    for path in (first, second):
        predicted = load_predictions(path)
        check_same_ids(predicted, [question.id for question in asked])
        outcomes.append((score_answers(asked, predicted, body_of), predicted))
    (before, one), (after, other) = outcomes
    return compare_outcomes(before, after, one, other, tolerance=tolerance)


def compare_outcomes(
    before: Sequence[Outcome],
    after: Sequence[Outcome],
    first: Mapping[str, PredictedAsk],
    second: Mapping[str, PredictedAsk],
    *,
    tolerance: float = 0.0,
) -> Comparison:
    """Compare the judged outcomes of two runs, in the same order."""
    differences = []
    steps = np.zeros(len(before))
    for number, (was, now) in enumerate(zip(before, after, strict=True)):
        steps[number] = np.sign(_worth(now) - _worth(was))
        if steps[number] or _given(first[was.question.id]) != _given(second[was.question.id]):
            differences.append(_difference(was, now, steps[number]))
    return Comparison(
        n=len(before),
        differences=tuple(differences),
        interval=_interval(steps),
        runs=(_scores(before), _scores(after)),
        tolerance=tolerance,
    )


def _worth(outcome: Outcome) -> int:
    """Return 2 for right, 1 for silence, 0 for wrong."""
    if outcome.answered:
        return 2 if outcome.right else 0
    return 1 if outcome.question.answerable else 2


def _given(predicted: PredictedAsk) -> tuple[str | int | None, ...] | None:
    if not predicted.answered:
        return None
    first = predicted.answers[0]
    return first.text, first.article_id, first.start, first.end


def _difference(was: Outcome, now: Outcome, step: float) -> Difference:
    verdict: Literal["won", "lost", "changed"] = (
        "won" if step > 0 else "lost" if step < 0 else "changed"
    )
    return Difference(
        id=was.question.id,
        question=was.question.question,
        verdict=verdict,
        before=was.text if was.answered else None,
        after=now.text if now.answered else None,
    )


def _interval(steps: np.ndarray[Any, np.dtype[np.float64]]) -> tuple[float, float]:
    """Return the interval of the mean of steps of -1, 0 and 1."""
    n = len(steps)
    shares = [float(np.mean(steps == value)) for value in (1, -1, 0)]
    drawn = np.random.default_rng(_SEED).multinomial(n, shares, size=_DRAWINGS)
    means = (drawn[:, 0] - drawn[:, 1]) / n
    tail = (1.0 - _CERTAINTY) / 2
    low, high = np.quantile(means, [tail, 1.0 - tail])
    return float(low), float(high)


def _scores(outcomes: Sequence[Outcome]) -> dict[str, float | None]:
    given = [outcome.right for outcome in outcomes if outcome.answered]
    return {
        "coverage": len(given) / len(outcomes),
        "wrong_rate": given.count(False) / len(given) if given else None,
        "pairs_right": pairs_right(outcomes),
    }
