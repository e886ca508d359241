from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.types import Decision, Route, Turn
from agent.understanding.followups import Whole, make_whole, rewrite

CLAIM = "How do I claim travel expenses?"


def turn(
    message: str,
    *,
    question: str | None = None,
    titles: tuple[str, ...] = (),
    choices: tuple[str, ...] = (),
) -> Turn:
    decision = Decision("d", Route.ANSWER, "answer", None, 1.0, {}, "")
    return Turn(
        message,
        "a reply",
        Route.ANSWER,
        None,
        decision,
        "2026-01-01T00:00:00Z",
        question=question,
        titles=titles,
        choices=choices,
    )


@pytest.mark.parametrize(
    ("message", "how"),
    [
        ("how long does it take?", "pronoun"),
        ("Who approves them?", "pronoun"),
        ("but is lunch covered?", "opener"),
        ("What about taxis?", "opener"),
        ("how much?", "no subject"),
        ("any limits?", "fragment"),
        ("contractors", "fragment"),
        ("Where do I upload?", "little said"),
        ("How do I submit the form?", "definite"),
    ],
)
def test_follow_up_gets_what_it_leaves_unsaid(message: str, how: str) -> None:
    whole = make_whole(message, [turn(CLAIM)])
    assert whole.question == f"{message} — claim travel expenses"
    assert whole.rewritten
    assert whole.how == how


@pytest.mark.parametrize(
    "message",
    [
        "How do I reset my VPN password?",
        "What is the address of the Lisbon office?",
        "Where can I park a bicycle near the canteen?",
        "By the way, how do I book it?",
        "Is it possible to work from abroad in winter?",
        "Can I take parental leave this month after adoption?",
        "What is a fuel card and how do I use it?",
        "thanks, " * 100,
        "",
        "🙂",
    ],
)
def test_message_that_stands_by_itself_is_left_alone(message: str) -> None:
    assert make_whole(message, [turn(CLAIM)]) == Whole(message, False, "", message)


def test_first_message_is_left_alone() -> None:
    assert make_whole("how long does it take?", []).rewritten is False
    assert rewrite("how long does it take?", []) == "how long does it take?"


def test_article_under_discussion_comes_first() -> None:
    history = [turn("expenses for trips", titles=("Travel expenses claim", "Car park"))]
    whole = make_whole("how long does it take?", history)
    assert whole.question == "how long does it take? — Travel expenses claim, trips"


def test_article_of_an_earlier_turn_is_not_under_discussion() -> None:
    history = [turn(CLAIM, titles=("Travel expenses claim",)), turn("Book a meeting room")]
    assert "claim" not in make_whole("how long does it take?", history).question


def test_subject_lasts_over_several_follow_ups() -> None:
    history = ["what is the Great Wall of China built of?", "How long is it?", "any visitors?"]
    assert "Great Wall of China" in rewrite("who paid for it?", history)


def test_subject_changes_with_the_conversation() -> None:
    history = [CLAIM, "How do I reset my VPN password?"]
    searched = rewrite("how long does it take?", history)
    assert "VPN password" in searched
    assert "travel" not in searched


def test_short_name_is_given_in_full() -> None:
    history = [turn("What is the Defense of Marriage Act?")]
    whole = make_whole("How is marriage defined by lawyers?", history)
    assert whole.question.endswith(" — Defense of Marriage Act")
    assert whole.how == "short name"


def test_search_counts_the_message_double() -> None:
    whole = make_whole("Who pays it?", [turn(CLAIM)])
    assert whole.search == "Who pays it? Who pays it? — claim travel expenses"
    assert rewrite("Who pays it?", [CLAIM]) == whole.search


def test_nothing_is_said_twice() -> None:
    whole = make_whole("Are they travel expenses?", [turn("travel expenses")])
    assert whole.question == "Are they travel expenses?"
    assert not whole.rewritten


@pytest.mark.parametrize("message", ["the second one", "2", "Second", "option 2", "taxi receipts"])
def test_choice_is_named(message: str) -> None:
    history = [turn("receipts", choices=("Hotel receipts", "Taxi receipts"))]
    assert make_whole(message, history) == Whole("Taxi receipts", True, "choice", "Taxi receipts")


def test_choice_is_named_within_a_sentence() -> None:
    history = [turn("receipts", titles=("Hotel receipts", "Taxi receipts"))]
    whole = make_whole("tell me more about the second one, please", history)
    assert whole.question == "tell me more about Taxi receipts, please"


def test_subject_after_a_choice_is_what_was_chosen() -> None:
    history = [
        turn("receipts", choices=("Hotel receipts", "Taxi receipts")),
        turn("the second one", question="Taxi receipts"),
    ]
    assert "Taxi receipts" in make_whole("how long does it take?", history).question


def test_a_hundred_thousand_characters_are_taken() -> None:
    long = "travel expenses it " * 6000
    assert make_whole(long, [turn(long)] * 30).rewritten is False
    assert len(make_whole("how long does it take?", [turn(long)]).question) < 500


@given(st.text(max_size=80), st.lists(st.text(max_size=60), max_size=5))
def test_message_is_kept_whatever_was_said(message: str, history: list[str]) -> None:
    whole = make_whole(message, [turn(each, titles=(each,)) for each in history])
    assert whole.question.strip().startswith(message.strip()) or whole.how == "choice"
    assert whole.rewritten == (whole.question != message)
    assert bool(whole.how) == whole.rewritten
    assert rewrite(message, history).strip().startswith(message.strip())
