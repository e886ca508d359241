"""What makes an answer right."""

from __future__ import annotations

from typing import Any

import pytest

from qa.workshop.scoring.judging import Outcome, is_right, judge, pairs_right
from qa.workshop.scoring.questions import PredictedAnswer, PredictedAsk, Question

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


def paired(
    gold: str | None, given: str | None, *, pair: str | None = "p", right: bool = True
) -> Outcome:
    """Make the outcome of one of a pair: gold answer (None: there is none) and what was given."""
    question = Question(
        str(id(gold)), "?", answers=(gold,) if gold else (), answerable=gold is not None, pair=pair
    )
    return Outcome(
        question=question,
        answered=given is not None,
        right=given is not None and gold is not None and right,
        text=given or "",
        confidence=0.9,
        exact_match=0.0,
        f1=0.0,
        article_hit_1=None,
        article_hit_5=None,
        unit_right=None,
    )


@pytest.mark.parametrize(
    ("outcomes", "share"),
    [
        ([], None),
        ([paired("9 euros", "9 euros", pair=None)], None),
        ([paired("9 euros", "9 euros"), paired(None, None)], 1.0),
        ([paired("9 euros", "9 euros"), paired(None, "9 euros")], 0.0),
        ([paired("9 euros", None), paired(None, None)], 0.0),
        ([paired("9 euros", "9 euros", right=False), paired(None, None)], 0.0),
        # Both share half of their words with the other's; each must fit its own better.
        ([paired("9 euros", "9 euros"), paired("7 euros", "7 euros")], 1.0),
        ([paired("9 euros", "9 euros"), paired("7 euros", "9 euros")], 0.0),
        ([paired("9 euros", "euros"), paired("7 euros", "7 euros")], 0.0),
        (
            [
                paired("9 euros", "9 euros", pair="a"),
                paired(None, None, pair="a"),
                paired("6", "6", pair="b"),
                paired(None, "6", pair="b"),
            ],
            0.5,
        ),
    ],
)
def test_pairs_right_needs_every_question_of_a_pair(
    outcomes: list[Outcome], share: float | None
) -> None:
    assert pairs_right(outcomes) == share
