from __future__ import annotations

import pytest

from agent.conversation.turn import history
from agent.types import Decision, Route, Session, Turn


def turn(
    message: str, rule: str = "answered", intent: str | None = None, question: str | None = None
) -> Turn:
    decision = Decision(message, Route.ANSWER, rule, intent, 1.0, {}, "")
    return Turn(message, "So.", Route.ANSWER, intent, decision, "2026-03-02", question)


def listener(*turns: Turn) -> list[str]:
    return [each.message for each in history(Session("s", turns=turns))]


def test_history_has_the_turns_that_tell_of_a_subject_oldest_first() -> None:
    assert listener(turn("a?"), turn("hi", intent="smalltalk/hello"), turn("b?")) == ["a?", "b?"]


@pytest.mark.parametrize("rule", ["form_step", "no_words", "broken", "with_a_person"])
def test_history_leaves_out_what_tells_of_none(rule: str) -> None:
    assert listener(turn("a?"), turn("x", rule)) == ["a?"]


def test_history_begins_anew_with_a_new_start() -> None:
    assert listener(turn("a?"), turn("start over", "start_over"), turn("b?")) == ["b?"]


def test_history_has_the_question_that_a_choice_brought_back() -> None:
    assert listener(turn("2", "chose_article", question="a?")) == ["a?"]
    assert listener(turn("2", "chose_intent")) == []


def test_history_ends_with_the_twelfth_turn_back() -> None:
    assert listener(*(turn(f"{n}?") for n in range(20))) == [f"{n}?" for n in range(8, 20)]
