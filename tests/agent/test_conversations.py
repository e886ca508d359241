"""Conversations as people hold them: denials, small words, what may not wait, the way back."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from agent.configuration.schema import AgentConfig, Handling, HandoverSettings, Say, Slot, SlotType
from agent.conversation.routing.why import explain
from agent.types import IntentExample, Route

MakeStage = Callable[..., Any]


@pytest.fixture
def urgent(make_stage: MakeStage, desk_config: AgentConfig) -> Any:
    """Return a stage that knows a crisis, and asks a form's question that takes any words."""
    note = Slot("note", SlotType.TEXT, "Any note?", "note")
    fault = desk_config.forms["fault"]
    handle = {**desk_config.handle, "crisis": Handling("crisis", Say("Call now."), "Help", True)}
    forms = {**desk_config.forms, "fault": replace(fault, slots=(note, *fault.slots))}
    stage = make_stage(replace(desk_config, handle=handle, forms=forms))
    stage.classifier.learn(crisis=("hurting myself",))
    return stage


def test_what_is_urgent_interrupts_a_question_that_takes_any_words(urgent: Any) -> None:
    urgent.say("something is broken")
    reply = urgent.say("well, and now I'm thinking of hurting myself")
    assert (reply.text, urgent.rule(reply)) == ("Call now.", "gets_through")
    assert urgent.stored().forms == ()


def test_what_is_urgent_gets_through_after_a_handover(urgent: Any) -> None:
    urgent.say("get me a human")
    assert urgent.say("I'm hurting myself").text == "Call now."


def test_what_is_urgent_is_heard_although_it_is_denied(urgent: Any) -> None:
    assert urgent.say("I don't want to end up hurting myself").text == "Call now."


@pytest.mark.parametrize(
    "message", ["please don't order a monitor", "don't open a ticket", "I don't want a human"]
)
def test_what_is_denied_is_not_done(stage: Any, message: str) -> None:
    reply = stage.say(message)
    assert stage.rule(reply) == "denied"
    assert (stage.stored().forms, stage.desk.bodies, reply.handover) == ((), [], None)
    decision = stage.agent.decision(reply.decision_id)
    told = " ".join(line for section in explain(decision) for line in section.lines)
    assert f"It says {decision.inputs['denied']!r}" in told


def test_what_is_turned_round_is_not_done_unless_the_intent_is_for_that(
    make_stage: MakeStage,
) -> None:
    plain = make_stage()
    assert plain.rule(plain.say("cancel my order")) == "undone"
    opposed = make_stage(examples=[IntentExample("cancel my order", "order")])
    assert opposed.rule(opposed.say("cancel my order")) == "clear_intent"


@pytest.mark.parametrize("word", ["ok", "no", "yes", "that's all", "got it"])
def test_small_words_are_neither_searched_nor_counted(stage: Any, word: str) -> None:
    stage.say("what will the weather be?")
    reply = stage.say(word)
    assert stage.rule(reply) == "small_word"
    assert len(stage.kb.asked) == 1
    assert stage.stored().unsure == 1


def test_a_no_after_anything_else_ends(stage: Any) -> None:
    stage.say("ok")
    assert stage.say("no").text == "All right. Come back any time."


def test_two_mumbles_hand_nobody_over(stage: Any) -> None:
    for mumble in ("hm", "no thanks", "k", "well"):
        assert stage.say(mumble).handover is None


def test_a_question_is_answered_while_a_person_is_awaited(stage: Any) -> None:
    stage.say("get me a human")
    assert stage.say("how do I set up the vpn?").route is Route.ANSWER
    assert stage.stored().handed_over
    assert stage.say("what will the weather be tomorrow in general?").route is Route.HANDOFF
    back = stage.say("can I talk to the bot again?")
    assert stage.rule(back) == "given_back"
    assert not stage.stored().handed_over


def test_a_conversation_comes_back_after_a_time(
    make_stage: MakeStage, desk_config: AgentConfig
) -> None:
    config = replace(desk_config, handover=HandoverSettings(return_after_h=2))
    stage = make_stage(config)
    stage.say("get me a human")
    later = stage.agent._clock() + timedelta(hours=3)
    stage.agent._clock = lambda: later
    assert stage.say("hello").text == "Hello there!"
    assert not stage.stored().handed_over


def test_a_colleague_answers_and_gives_the_conversation_back(stage: Any) -> None:
    stage.say("get me a human")
    assert stage.agent.from_colleague(stage.session, "Jo here, it is mended.")
    assert stage.stored().handed_over
    assert stage.agent.transcript(stage.session)[-1] == ("agent", "Jo here, it is mended.")
    assert stage.agent.from_colleague(stage.session, give_back=True)
    assert not stage.stored().handed_over
    assert stage.say("hello").text == "Hello there!"
    assert not stage.agent.from_colleague("another", "hello?")


@pytest.mark.parametrize("payload", ["/session_start", "/get_started", "/nonsense"])
def test_payloads_of_a_chat_page_greet(stage: Any, payload: str) -> None:
    reply = stage.say(payload)
    assert (stage.rule(reply), reply.text) == ("begins", stage.agent.greeting)
    assert stage.stored().unsure == 0


def test_a_payload_that_names_an_intent_acts_on_it(stage: Any) -> None:
    assert stage.say('/order{"item": "mouse"}').text.endswith("Which e-mail?")


@pytest.mark.parametrize("said", ["Marvin Quix", "it's marvin(at)quix", "no, make it Marvin Quix"])
def test_no_value_for_a_personal_slot_is_stored_understood_or_not(stage: Any, said: str) -> None:
    stage.say("order a mouse")
    stage.say(said)
    stage.say("jo@example.com")
    stage.say(said)
    stored = json.dumps(stage.agent.export(stage.session)).casefold()
    assert "quix" not in stored
    assert "jo@example" not in stored


def test_the_intent_told_is_the_one_that_opened_the_form(
    make_stage: MakeStage, desk_config: AgentConfig
) -> None:
    handle = {
        **desk_config.handle,
        "reorder": replace(desk_config.handle["order"], intent="reorder"),
    }
    stage = make_stage(replace(desk_config, handle=handle))
    stage.classifier.learn(reorder=("again please",))
    assert stage.say("the same again please").intent == "reorder"
    assert stage.say("mouse").intent == "reorder"


def test_yes_to_which_of_two_asks_again(stage: Any) -> None:
    asked = stage.say("my gadget")
    again = stage.say("yes")
    assert (again.route, again.choices) == (Route.CLARIFY, asked.choices)
    assert stage.say("the second one").intent == "order"
