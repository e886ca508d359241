"""The threshold that keeps wrong answers under a bound."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.errors import CalibrationError
from qa.workshop.calibrating.bounding import Calibrated, Choice, choose_threshold, least_answered


@pytest.mark.parametrize(
    ("max_wrong", "expected"),
    # ln(0.05) / ln(1 - share), rounded up.
    [(0.05, 59), (0.1, 29), (0.01, 299), (0.5, 5)],
)
def test_least_answered_without_an_error(max_wrong: float, expected: int) -> None:
    assert least_answered(max_wrong) == expected


def descending(n: int) -> list[float]:
    return [1 - i / 1000 for i in range(n)]


def test_choose_threshold_answers_all_of_a_faultless_set() -> None:
    choice = choose_threshold(descending(59), [True] * 59, max_wrong=0.05)
    # Nothing is known of what is less sure than the least sure of them.
    assert choice == Choice(descending(59)[-1], 59, 0)


def test_choose_threshold_needs_one_more_than_fifty_eight() -> None:
    choice = choose_threshold(descending(58), [True] * 58, max_wrong=0.05)
    assert choice == Choice(None, 58, 0, 59)


@pytest.mark.parametrize(
    ("errors", "answered"),
    # 59, 93 and 124 are where 0, 1 and 2 errors are the most allowed.
    [
        ([], 150),
        ([60], 150),
        ([60, 100], 150),
        ([60, 61], 59),
        ([149, 148, 147], 124),
        ([10], None),
    ],
)
def test_choose_threshold_stops_at_the_first_failure(
    errors: list[int], answered: int | None
) -> None:
    confidences = descending(150)
    right = [number not in errors for number in range(150)]
    choice = choose_threshold(confidences, right, max_wrong=0.05)
    if answered is None:
        assert choice.threshold is None
        assert (choice.answered, choice.wrong) == (59, 1)
        return
    assert choice.threshold is not None
    assert sum(confidence >= choice.threshold for confidence in confidences) == answered
    assert choice.answered == answered


def test_choose_threshold_answers_ties_together() -> None:
    confidences = [0.9] * 40 + [0.8] * 40 + [0.1] * 40
    right = [True] * 80 + [False] * 40
    choice = choose_threshold(confidences, right, max_wrong=0.05)
    assert (choice.answered, choice.wrong) == (80, 0)
    assert choice.threshold is not None
    assert 0.1 < choice.threshold <= 0.8


def test_choose_threshold_does_not_depend_on_order() -> None:
    pairs = [(i / 300, i % 40 != 0) for i in range(300)]
    shuffled = random.Random(3).sample(pairs, len(pairs))
    one = choose_threshold(*map(list, zip(*pairs, strict=True)), max_wrong=0.1)
    other = choose_threshold(*map(list, zip(*shuffled, strict=True)), max_wrong=0.1)
    assert one == other


def test_choose_threshold_estimates_how_many_are_needed() -> None:
    # One error early on: 59 fails, and one in 200 is far below the bound.
    right = [number != 5 for number in range(200)]
    choice = choose_threshold(descending(200), right, max_wrong=0.05)
    assert choice.threshold is None
    assert choice.needed is not None
    assert choice.needed >= 93
    half = choose_threshold(descending(200), [n % 2 == 0 for n in range(200)], max_wrong=0.05)
    assert (half.threshold, half.needed) == (None, None)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=150))
def test_chosen_threshold_counts_what_it_says(pairs: list[tuple[float, bool]]) -> None:
    confidences, right = [c for c, _ in pairs], [r for _, r in pairs]
    choice = choose_threshold(confidences, right, max_wrong=0.2)
    if choice.threshold is not None:
        given_ = [r for c, r in pairs if c >= choice.threshold]
        assert (len(given_), given_.count(False)) == (choice.answered, choice.wrong)
        assert choice.wrong <= 0.2 * choice.answered


def test_bound_holds_in_at_least_95_of_100_drawings() -> None:
    # Confidence c is right with probability c**0.25, c uniform: answering from t on, the
    # share of wrong answers is 1 - 0.8 (1 - t**1.25) / (1 - t), which grows as t falls.
    def true_wrong(t: float) -> float:
        return 1.0 if t >= 1 else 1 - 0.8 * (1 - t**1.25) / (1 - t)

    rng = random.Random(7)
    broken = found = 0
    n_drawings = 300
    for _ in range(n_drawings):
        confidences = [rng.random() for _ in range(250)]
        right = [rng.random() < c**0.25 for c in confidences]
        choice = choose_threshold(confidences, right, max_wrong=0.1)
        if choice.threshold is not None:
            found += 1
            broken += true_wrong(choice.threshold) > 0.1
    assert found > n_drawings / 2
    assert broken <= 0.05 * n_drawings


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, 2.0, float("nan")])
def test_choose_threshold_refuses_shares(share: float) -> None:
    with pytest.raises(CalibrationError, match="max_wrong is"):
        choose_threshold([0.5], [True], max_wrong=share)
    with pytest.raises(CalibrationError, match="certainty is"):
        choose_threshold([0.5], [True], max_wrong=0.05, certainty=share)


def test_choose_threshold_refuses_what_does_not_fit() -> None:
    with pytest.raises(CalibrationError, match="1 confidences and 0 outcomes"):
        choose_threshold([0.5], [], max_wrong=0.05)


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        (Choice(None, 12, 0, 59), "at least 59 answered questions"),
        (Choice(None, 59, 1, 240), "about 240 labelled questions"),
        (Choice(None, 59, 30, None), "more than the bound allows"),
    ],
)
def test_calibrated_says_what_is_missing(choice: Choice, words: str) -> None:
    found = Calibrated(None, choice, 100, 0.05, 0.95)
    assert words in found.message
    shown = found.to_json()
    assert shown["stored"] is False
    assert shown["threshold"] is None


def test_calibrated_says_what_any_method_has_to_refuse() -> None:
    found = Calibrated(None, Choice(None, 12, 0, 59), 100, 0.05, 0.95, base_risk=0.43)
    # 38 of 100 have to go so that 5 % of the other 60 may stay wrong.
    assert found.least_refused == pytest.approx(0.4)
    assert "any method has to refuse at least 40% to keep 5.0%" in found.message
    assert Calibrated(None, found.choice, 100, 0.5, 0.95, base_risk=0.4).least_refused == 0.0


def test_calibrated_asks_for_unanswerable_questions() -> None:
    choice = choose_threshold(descending(80), [True] * 80, max_wrong=0.05)
    found = Calibrated(None, choice, 80, 0.05, 0.95, unanswerable=0)
    assert "none of the 80 labelled questions is unanswerable" in found.message
    assert found.to_json()["stored"] is False
