"""`frontdesk calibrate`: the lowest threshold whose wrong answers stay under a bound.

The method is fixed-sequence testing: Angelopoulos, Bates, Candès, Jordan and Lei, "Learn
then Test: Calibrating Predictive Algorithms to Achieve Risk Control" (2021), section 3.2,
with the exact binomial tail (Clopper and Pearson, 1934) as p-value.

Questions are sorted by the confidence of their first answer. Thresholds are tried from the
strictest: the one that answers the 59 surest questions, then 93, 124, ... At a bound of 5 %
and a certainty of 95 % these are the numbers at which 0, 1, 2, ... wrong answers are the
most that can be allowed; last comes answering all. They depend on the bound and on how many
questions there are, not on the labels. The first number with more wrong answers than are
allowed ends it, and the last that passed is taken.

Why that covers the choice: given the threshold, the questions above it are independent
draws of those that will be answered, so one test errs with at most 5 %. In a fixed order
with a stop at the first failure, something false is accepted only if the first false
threshold is, whose one test that is. One thing is assumed: that once lowering the threshold
has brought the share of wrong answers over the bound, lowering it further doesn't bring it
under again, as any sensible confidence has it. The questions must be drawn like those that
will be asked.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qa.deciding.bound import BOUND_FILE, Bound
from qa.errors import CalibrationError
from qa.openbook import OpenBook
from qa.reading.defaults import DEFAULT_READER, DEFAULT_TOP_K
from qa.types import Reader
from qa.workshop.calibrating.adapting import LEAST_LABELS, adapt
from qa.workshop.scoring.answers import ask_and_judge
from qa.workshop.scoring.questions import load_questions

__all__ = ["CERTAINTY", "Choice", "calibrate", "choose_threshold", "least_answered"]

CERTAINTY = 0.95
"""Probability that the bound holds, over the drawing of the labelled questions."""


@dataclass(frozen=True)
class Choice:
    """What choosing a threshold came to.

    Attributes:
        threshold: Answer where the confidence is at least this; None if no threshold can
            be shown to keep the bound.
        answered: Questions answered at the threshold; if there is none, at the strictest
            one that was tried.
        wrong: How many of those answers are wrong.
        needed: Where no threshold was found, about how many labelled questions would be
            needed at this share of wrong answers; None if no number would do.
    """

    threshold: float | None
    answered: int
    wrong: int
    needed: int | None = None


def least_answered(max_wrong: float, *, certainty: float = CERTAINTY) -> int:
    """Return how many answers without an error it takes to show a bound.

    >>> least_answered(0.05)
    59
    """
    return next(_sequence(max_wrong, certainty))


def choose_threshold(
    confidences: Sequence[float],
    right: Sequence[bool],
    *,
    max_wrong: float,
    certainty: float = CERTAINTY,
) -> Choice:
    """Choose the lowest threshold whose share of wrong answers is shown to be bounded.

    Args:
        confidences: Of each question's first answer.
        right: Whether it is right.
        max_wrong: Largest share of wrong answers among those given.
        certainty: Probability with which the bound shall hold.

    Raises:
        CalibrationError: `max_wrong` or `certainty` isn't strictly between 0 and 1, or
            confidences and outcomes differ in length.
    """
    for name, share in (("max_wrong", max_wrong), ("certainty", certainty)):
        if not 0.0 < share < 1.0:
            msg = f"{name} is {share!r}. Expected a share between 0 and 1, such as 0.05."
            raise CalibrationError(msg)
    if len(confidences) != len(right):
        msg = f"{len(confidences)} confidences and {len(right)} outcomes: expected one of each."
        raise CalibrationError(msg)
    order = sorted(zip(confidences, right, strict=True), key=lambda pair: -pair[0])
    sorted_confidences = [confidence for confidence, _ in order]
    # wrong[i]: wrong answers among the i surest.
    wrong = [0]
    for _, is_right in order:
        wrong.append(wrong[-1] + (not is_right))
    chosen: Choice | None = None
    first: Choice | None = None
    least = least_answered(max_wrong, certainty=certainty)
    for number in _numbers_to_try(len(order), max_wrong, certainty):
        # Those that tie with the last one are answered with it.
        answered = number
        while (
            answered < len(order) and sorted_confidences[answered] == sorted_confidences[number - 1]
        ):
            answered += 1
        tried = Choice(_just_above(sorted_confidences, answered), answered, wrong[answered])
        first = first or tried
        if _tail(tried.wrong, answered, max_wrong) > 1.0 - certainty:
            break
        chosen = tried
    if chosen is not None:
        return chosen
    if first is None:
        # Not even a series without an error could show it.
        return Choice(None, len(order), wrong[-1], least)
    return Choice(
        None, first.answered, first.wrong, _needed(wrong, len(order), max_wrong, certainty, least)
    )


@dataclass(frozen=True)
class Calibrated:
    """What `frontdesk calibrate` found.

    Attributes:
        bound: Stored with the knowledge base; None if nothing was stored.
        choice: What choosing the threshold came to.
        n: Labelled questions.
        max_wrong: The bound asked for.
        certainty: With which probability.
    """

    bound: Bound | None
    choice: Choice
    n: int
    max_wrong: float
    certainty: float
    unanswerable: int = 1
    base_risk: float = 0.0

    @property
    def least_refused(self) -> float:
        """Share that any method must refuse, even one that knows which answers are wrong.

        It is (base risk - target) / (1 - target): as many wrong answers as allowed are left.
        """
        return max(0.0, (self.base_risk - self.max_wrong) / (1.0 - self.max_wrong))

    @property
    def message(self) -> str:
        """Say what was found, in a paragraph."""
        if not self.unanswerable:
            return (
                f"Nothing stored: none of the {self.n} labelled questions is unanswerable, so they "
                "can't show when to refuse. Add some that people ask and no article answers, "
                'with "answerable": false; a quarter of them is usual.'
            )
        return f"{self._found} {self._shares}"

    @property
    def _shares(self) -> str:
        refused = "" if self.bound is None else f"; {1.0 - self.bound.coverage:.0%} are"
        return (
            f"Answering everything, {self.base_risk:.0%} would be wrong, so any method has to "
            f"refuse at least {self.least_refused:.0%} to keep {self.max_wrong:.1%}{refused}."
        )

    @property
    def _found(self) -> str:
        share, sure = f"{self.max_wrong:.1%}", f"{self.certainty:.0%}"
        choice = self.choice
        if self.bound is not None and self.bound.adaptation is not None:
            return (
                f"Stored: the shipped confidences, adapted to these {self.n} questions as far as "
                f"so few carry. That is no promise: to show {share} with {sure} certainty it takes "
                f"{choice.needed or 'more'} labelled questions. {self.bound.answered} of them are "
                f"answered, {self.bound.wrong} wrongly."
            )
        if self.bound is not None:
            return (
                f"Stored: answers are given from a confidence of {self.bound.threshold:.3f} on. "
                f"With {sure} certainty at most {share} of the answers given are wrong. "
                f"{choice.answered} of {self.n} questions are answered "
                f"({self.bound.coverage:.0%}), {choice.wrong} of them wrongly. It holds for this "
                "reader, encoder and generation: calibrate again after indexing."
            )
        least = least_answered(self.max_wrong, certainty=self.certainty)
        opening = f"Nothing stored: a bound of {share} can't be shown with these questions. "
        if choice.answered < least:
            return opening + (
                f"It takes at least {least} answered questions without an error, and only "
                f"{choice.answered} of the {self.n} get an answer at all. Label more questions."
            )
        if choice.needed is not None:
            return opening + (
                f"Of the {choice.answered} surest answers {choice.wrong} are wrong. If it stays "
                f"like that, about {choice.needed} labelled questions are needed."
            )
        return opening + (
            f"Of the {choice.answered} surest answers {choice.wrong} are wrong, which is more than "
            "the bound allows however many questions there are. Look at those answers and at the "
            "articles behind them, or allow more with --max-wrong."
        )

    def to_json(self) -> dict[str, Any]:
        """Return what `calibrate --json` prints."""
        bound = self.bound
        return {
            "stored": bound is not None,
            "threshold": None if bound is None else bound.threshold,
            "coverage": None if bound is None else bound.coverage,
            "answered": self.choice.answered,
            "wrong": self.choice.wrong,
            "n": self.n,
            "max_wrong": self.max_wrong,
            "certainty": self.certainty,
            "needed": self.choice.needed,
            "state": None if bound is None else "valid" if bound.adaptation is None else "adapted",
            "base_risk": self.base_risk,
            "least_refused": self.least_refused,
            "refused": None if bound is None else 1.0 - bound.coverage,
            "message": self.message,
        }


def calibrate(
    kb: str | Path,
    questions: Path,
    *,
    max_wrong: float,
    reader: str | Path | Reader = DEFAULT_READER,
    top_k: int = DEFAULT_TOP_K,
    progress: Callable[[int, int], None] | None = None,
) -> Calibrated:
    """Choose a threshold on labelled questions and store it with the knowledge base.

    Args:
        kb: The knowledge base's directory.
        questions: JSONL, as for `evaluate answers`.
        max_wrong: Largest share of wrong answers among those given.
        reader: Reads the passages; the threshold holds for it alone.
        top_k: Passages read per question; likewise.
        progress: Called with questions done and questions in all.

    Raises:
        CalibrationError: `max_wrong` makes no sense.
        EvaluationError: The question file is wrong.
        StoreError: The index is absent or damaged, or the result can't be written.
    """
    from retrieval.index.store import IndexStore

    # Before an hour is spent on asking.
    choose_threshold([], [], max_wrong=max_wrong)
    asked = load_questions(questions)
    book = OpenBook.open(kb, reader=reader)
    # Asked as shipped: what is stored from before would be adapted once more.
    book.bound = None
    outcomes = ask_and_judge(book, asked, top_k=top_k, progress=progress)
    judged = [(each.confidence, each.right) for each in outcomes if each.confidence is not None]
    choice = choose_threshold(
        [confidence for confidence, _ in judged],
        [right for _, right in judged],
        max_wrong=max_wrong,
    )
    unanswerable = sum(not question.answerable for question in asked)
    bound = None
    if unanswerable:
        bound = _bound(book, choice, judged, n=len(asked), top_k=top_k, max_wrong=max_wrong)
    if bound is not None:
        IndexStore(kb).write_extra(BOUND_FILE, json.dumps(bound.to_json(), indent=2) + "\n")
    return Calibrated(
        bound,
        choice,
        len(asked),
        max_wrong,
        CERTAINTY,
        unanswerable=unanswerable,
        base_risk=1.0 - sum(right for _, right in judged) / len(asked),
    )


def _bound(
    book: OpenBook,
    choice: Choice,
    judged: Sequence[tuple[float, bool]],
    *,
    n: int,
    top_k: int,
    max_wrong: float,
) -> Bound | None:
    """Return the promise; where nothing can be promised, what a few labels tell at least."""
    bound = Bound(
        reader=book.reader.id,
        encoder=book.engine.encoder_id,
        generation=book.engine.generation,
        rule=book.calibration.digest,
        top_k=top_k,
        threshold=choice.threshold or 0.0,
        max_wrong=max_wrong,
        certainty=CERTAINTY,
        n=n,
        answered=choice.answered,
        wrong=choice.wrong,
    )
    if choice.threshold is not None:
        return bound
    if len(judged) < LEAST_LABELS:
        return None
    adaptation = adapt([sure for sure, _ in judged], [right for _, right in judged])
    threshold = book.calibration.threshold
    given = [right for sure, right in judged if adaptation(sure) >= threshold]
    return bound.model_copy(
        update={
            "threshold": threshold,
            "certainty": 0.0,
            "answered": len(given),
            "wrong": given.count(False),
            "adaptation": adaptation,
        }
    )


def _numbers_to_try(n: int, max_wrong: float, certainty: float) -> Iterator[int]:
    """Yield the numbers of the sequence up to `n`, then `n` itself: to answer everything."""
    last = 0
    for number in _sequence(max_wrong, certainty):
        if number > n:
            break
        last = number
        yield number
    if 0 < last < n:
        yield n


def _sequence(max_wrong: float, certainty: float) -> Iterator[int]:
    """Yield the least numbers of answers at which 0, 1, 2, ... errors can be allowed."""
    allowed, number = 0, 1
    while True:
        while _tail(allowed, number, max_wrong) > 1.0 - certainty:
            number += 1
        yield number
        allowed += 1


def _tail(wrong: int, answered: int, share: float) -> float:
    """Return P(X <= wrong) for X of Binomial(answered, share): the p-value."""
    from scipy.stats import binom

    return float(binom.cdf(wrong, answered, share))


def _just_above(descending: Sequence[float], answered: int) -> float:
    """Return the least threshold that answers the first `answered` questions and no more.

    It is never below the least sure of them: nothing is known of what is less sure.
    """
    if answered == len(descending):
        return descending[-1] if descending else 1.0
    return math.nextafter(descending[answered], 1.0)


def _needed(
    wrong: Sequence[int], n: int, max_wrong: float, certainty: float, least: int
) -> int | None:
    """Estimate how many questions it takes at the best share of wrong answers seen.

    Args:
        wrong: (n + 1,) wrong answers among the i surest.
        n: Answers in all.
        max_wrong: The bound.
        certainty: Its certainty.
        least: Fewer answers than this say too little of a share.
    """
    # Half an error more than was seen: a share of zero would promise too much.
    share, answered = min(((wrong[i] + 0.5) / i, i) for i in range(least, n + 1))
    if share >= max_wrong:
        return None
    for allowed, number in enumerate(_sequence(max_wrong, certainty)):
        if allowed >= share * number:
            return math.ceil(number * n / answered)
        if number > 1_000_000:
            return None
    return None
