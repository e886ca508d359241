from __future__ import annotations

import pytest
from order_form import FILLED, ORDER, asked, ranked, said, slots_of, summary

from agent.conversation.forms import FormOutcome


@pytest.mark.parametrize(
    ("slot", "message"),
    [
        ("item", "what are the opening hours?"),
        ("quantity", "How many can I order?"),
        ("quantity", "how do I reset my password in 2 steps"),
        ("needed_by", "What are the opening hours on Friday?"),
        ("needed_by", "is the office open on Friday?"),
        ("contact", "why do you need that?"),
        ("item", "Do I need approval for a monitor?"),
        ("reason", "how do I reset my password?"),
        ("item", "can I talk to a person"),
        ("reason", "I want to talk to a human"),
    ],
)
def test_fill_leaves_the_form_for_a_question(slot: str, message: str) -> None:
    progress = asked(slot, **{n: v for n, v in FILLED.items() if n != slot})
    step = said(progress, message)
    assert step.outcome is FormOutcome.NOT_FOR_FORM
    assert step.progress == progress
    assert step.say == ORDER.slot(slot).ask


@pytest.mark.parametrize(
    ("slot", "message", "value"),
    [
        ("needed_by", "can it be Friday?", "2026-11-27"),
        ("needed_by", "How about Friday?", "2026-11-27"),
        ("item", "could I have a mouse please?", "mouse"),
        ("quantity", "two?", 2),
        ("reason", "My screen flickers. Can you help? It is urgent.", None),
    ],
)
def test_fill_takes_an_answer_that_is_put_as_a_question(
    slot: str, message: str, value: object
) -> None:
    step = said(asked(slot, **{n: v for n, v in FILLED.items() if n != slot}), message)
    assert step.outcome is FormOutcome.CONFIRM
    assert slots_of(step)[slot] == (message if value is None else value)


def test_fill_leaves_the_form_for_another_intent() -> None:
    progress = asked("quantity", item="mouse")
    assert said(progress, "reset my password", ranking=ranked("password")).outcome == "not_for_form"
    assert said(progress, "reset it", ranking=ranked("password", 0.4)).outcome == "ask"
    own = said(progress, "order stuff", ranking=ranked("order"), own={"order"})
    assert own.outcome == "ask"
    assert said(progress, "three", ranking=ranked("password")).outcome == "ask"
    assert said(summary(), "my laptop broke", ranking=ranked("fault")).outcome == "not_for_form"


def test_fill_keeps_descriptions_that_resemble_an_intent() -> None:
    progress = asked("reason", **{n: v for n, v in FILLED.items() if n != "reason"})
    step = said(progress, "the printer is jammed", ranking=ranked("printer"))
    assert step.outcome is FormOutcome.CONFIRM
    thanks = said(progress, "thanks", ranking=ranked("smalltalk/thanks"))
    assert thanks.outcome is FormOutcome.NOT_FOR_FORM
