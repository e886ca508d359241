from __future__ import annotations

import json
import threading
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.configuration.schema import Routing
from agent.conversation.handover import packet_to_json
from agent.errors import AgentError, SessionError
from agent.types import HandoverReason, Route

MakeStage = Callable[..., Any]


# --- what a conversation can hold ---------------------------------------------------------


def test_reply_answers_with_the_snippet_and_its_title(stage: Any) -> None:
    reply = stage.say("how do I set up the vpn?")
    assert (reply.route, stage.rule(reply)) == (Route.ANSWER, "answered")
    assert reply.text == "Open Tunnelgate.\n\nFrom “Set up the VPN”."
    assert [quote.article_id for quote in reply.citations] == ["vpn"]
    assert reply.confidence == pytest.approx(0.8)
    turn = stage.stored().turns[-1]
    assert (turn.question, turn.articles) == ("how do I set up the vpn?", ("vpn",))


def test_reply_makes_small_talk_without_asking_the_knowledge_base(stage: Any) -> None:
    reply = stage.say("Hello!")
    assert (reply.route, reply.intent, reply.text) == (
        Route.HANDLE,
        "smalltalk/hello",
        "Hello there!",
    )
    assert stage.kb.asked == []


def test_reply_asks_the_configured_question(stage: Any) -> None:
    reply = stage.say("opening hours")
    assert stage.kb.asked[-1][0] == "vpn hours"
    assert (reply.route, reply.intent) == (Route.ANSWER, "hours")


def test_reply_runs_a_form_that_a_question_interrupts(stage: Any) -> None:
    assert stage.say("I want to order something").choices[:2] == ("monitor", "mouse")
    stage.say("a mouse")
    between = stage.say("what is the annual leave?")
    assert between.route is Route.ANSWER
    assert "25 days" in between.text
    assert between.text.endswith("Which e-mail?")
    confirm = stage.say("jo@example.com")
    assert "jo@example.com" in confirm.text
    done = stage.say("yes")
    assert (done.route, done.intent, done.text) == (Route.HANDLE, "order", "Ordered as A-7.")
    assert json.loads(stage.desk.bodies[-1]) == {"item": "mouse", "email": "jo@example.com"}
    assert stage.stored().forms == ()


def test_reply_nests_forms_and_comes_back(stage: Any) -> None:
    stage.say("order")
    inner = stage.say("I have to report a fault")
    assert (inner.intent, inner.choices) == ("fault", ("printer", "scanner"))
    assert [form.form for form in stage.stored().forms] == ["order", "fault"]
    back = stage.say("printer")
    assert back.text.startswith("Noted: printer.")
    assert back.text.endswith("Which item?")


def test_reply_does_at_once_what_a_message_says_in_full(stage: Any) -> None:
    done = stage.say("the scanner has a fault")
    assert (stage.rule(done), done.intent, done.text) == ("form_step", "fault", "Noted: scanner.")
    assert stage.stored().forms == ()


def test_reply_drops_a_form_that_is_cancelled(stage: Any) -> None:
    stage.say("order")
    cancelled = stage.say("cancel")
    assert (cancelled.route, stage.rule(cancelled)) == (Route.HANDLE, "form_step")
    assert stage.stored().forms == ()
    assert stage.rule(stage.say("cancel")) == "nothing_to_cancel"


def test_reply_hands_over_after_nonsense_three_times(stage: Any) -> None:
    stage.say("order")
    stage.say("blurb")
    stage.say("🎈🎈")
    reply = stage.say("zzz")
    assert (reply.route, stage.rule(reply)) == (Route.HANDOFF, "form_failed")
    assert reply.handover.reason is HandoverReason.FORM_FAILED
    assert reply.handover.form == "order"


def test_reply_asks_back_once_and_understands_the_answer(stage: Any) -> None:
    asked = stage.say("my gadget")
    assert (asked.route, asked.choices) == (Route.CLARIFY, ("Fault", "Order", "Something else"))
    chosen = stage.say("the second one")
    assert (chosen.route, chosen.intent) == (Route.HANDLE, "order")
    assert chosen.text.endswith("Which item?")
    assert stage.kb.asked == []


def test_reply_lets_a_new_message_drop_the_question_back(stage: Any) -> None:
    stage.say("my gadget")
    again = stage.say("my other gadget does not start at all since monday, what now")
    assert again.route is not Route.CLARIFY
    assert stage.stored().pending is None


def test_reply_asks_which_article_and_quotes_the_chosen_one(stage: Any) -> None:
    asked = stage.say("holiday rules")
    assert asked.choices == ("Annual leave", "Leave for contractors", "Something else")
    answered = stage.say("the one for contractors")
    assert (answered.route, stage.rule(answered)) == (Route.ANSWER, "chose_article")
    assert answered.citations[0].article_id == "leave-c"
    assert stage.kb.asked[-1][0] == "holiday rules"


def test_reply_drops_choices_for_something_else(stage: Any) -> None:
    stage.say("holiday rules")
    assert stage.rule(stage.say("none of these")) == "chose_something_else"


def test_reply_is_honest_once_and_then_hands_over(stage: Any) -> None:
    first = stage.say("what will the weather be?")
    assert (first.route, first.citations) == (Route.ANSWER, ())
    assert "Set up the VPN" in first.text
    second = stage.say("will it rain?")
    assert (second.route, stage.rule(second)) == (Route.HANDOFF, "unsure_again")
    packet = packet_to_json(second.handover)
    assert packet["reason"] == "unsure_twice"
    assert packet["transcript"][0] == {"speaker": "user", "text": "what will the weather be?"}
    assert [search["question"] for search in packet["searched"]][-1].startswith("will it rain?")
    assert json.loads(json.dumps(packet)) == packet


def test_reply_after_a_handover_keeps_what_is_said_until_a_new_start(stage: Any) -> None:
    stage.say("a real person please")
    waiting = stage.say("hello")
    assert (waiting.route, waiting.handover) == (Route.HANDOFF, None)
    assert [turn.message for turn in stage.stored().turns] == ["a real person please", "hello"]
    assert "You can go on asking me" in waiting.text
    assert "You can go on asking me" not in stage.say("hello").text
    assert stage.say("start over").route is Route.HANDLE
    assert stage.say("hello").text == "Hello there!"


def test_reply_hands_over_by_rule_whatever_else_was_said(stage: Any) -> None:
    stage.say("order")
    reply = stage.say("hello, my lawyer says no")
    assert (reply.handover.reason, reply.handover.detail) == (HandoverReason.RULE, "legal")
    assert stage.say("hello").route is Route.HANDOFF


def test_reply_makes_follow_ups_whole(stage: Any) -> None:
    stage.say("how do I set up the vpn?")
    stage.say("how long does it take?")
    question = stage.stored().turns[-1].question
    assert question is not None
    assert "VPN" in question


def test_reply_to_another_language_is_in_that_language(stage: Any) -> None:
    reply = stage.say("Wie kann ich mein Passwort zurücksetzen? Ich habe es leider vergessen.")
    assert (reply.route, stage.rule(reply)) == (Route.ANSWER, "unsupported_language")
    assert reply.text.startswith("Leider")
    assert stage.kb.asked == []


# --- what bad input gets --------------------------------------------------------------------


@pytest.mark.parametrize("message", ["", "   ", "😀👍", "???", "\x00\x07", "\ud800"])
def test_reply_to_no_words_is_a_sentence(stage: Any, message: str) -> None:
    reply = stage.say(message)
    assert (reply.route, stage.rule(reply)) == (Route.HANDLE, "no_words")
    assert reply.text


def test_reply_reads_the_beginning_of_a_huge_message(stage: Any) -> None:
    reply = stage.say("how do I set up the vpn? " + "x" * 100_000)
    assert "only read the beginning" in reply.text
    assert len(stage.stored().turns[-1].message) <= Routing().max_chars


def test_reply_cleans_what_cannot_be_seen(stage: Any) -> None:
    stage.say("set up\x00 the\x1b vpn\u202e\ud800")
    assert stage.stored().turns[-1].message == "set up the vpn"


def test_reply_refuses_what_is_no_text(stage: Any) -> None:
    with pytest.raises(AgentError, match="Expected a text"):
        stage.say(7)
    with pytest.raises(AgentError, match="expected a set of names"):
        stage.say("hello", roles="staff")
    with pytest.raises(AgentError, match="a role is 7"):
        stage.say("hello", roles=[7])


def test_reply_knows_no_session_of_another_owner(stage: Any) -> None:
    stage.say("hello")
    with pytest.raises(SessionError, match="There is no session"):
        stage.say("hello", owner="somebody else")
    with pytest.raises(SessionError, match="There is no session"):
        stage.agent.reply("hello", session="made up")


def test_reply_takes_messages_of_one_session_one_after_the_other(stage: Any) -> None:
    session = stage.say("hello").session
    messages = [f"hello {number}" for number in range(12)]
    threads = [
        threading.Thread(target=stage.agent.reply, args=(text,), kwargs={"session": session})
        for text in messages
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(turn.message for turn in stage.stored().turns[1:]) == sorted(messages)


# --- forgetting -------------------------------------------------------------------------------


def test_forget_deletes_a_session_and_its_decisions(stage: Any) -> None:
    reply = stage.say("hello")
    assert not stage.agent.forget(reply.session, owner="somebody else")
    assert stage.agent.transcript(reply.session) == (("user", "hello"), ("agent", "Hello there!"))
    assert stage.agent.forget(reply.session)
    assert stage.agent.decision(reply.decision_id) is None
    assert stage.agent.export(reply.session) is None
    assert stage.agent.transcript(reply.session) is None


# --- any conversation at all ----------------------------------------------------------------

LINES = st.sampled_from(
    [
        "hello",
        "thanks",
        "order",
        "order a mouse",
        "report a fault",
        "my gadget",
        "ticket",
        "parking?",
        "opening hours",
        "holiday rules",
        "set up the vpn",
        "and for contractors?",
        "the second one",
        "2",
        "first",
        "none of these",
        "no",
        "yes",
        "cancel",
        "start over",
        "jo@example.com",
        "mouse",
        "what is annual leave",
        "what will the weather be?",
        "a real person please",
        "I complain",
        "my lawyer",
        "",
        "🎈",
        "the classifier breaks",
        "the index breaks",
        "Wie kann ich mein Passwort zurücksetzen? Ich habe es leider vergessen.",
    ]
)


@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(LINES | st.text(max_size=40), min_size=1, max_size=14), st.booleans())
def test_any_conversation_is_answered_recorded_and_replays(
    make_stage: MakeStage, messages: list[str], down: bool
) -> None:
    stage = make_stage()
    stage.desk.down = down
    routes: list[Route] = []
    for number, message in enumerate(messages, start=1):
        reply = stage.say(message)
        assert reply.text.strip()
        assert stage.rule(reply)
        routes.append(reply.route)
        turns = stage.stored().turns
        assert len(turns) == number
        assert turns[-1].decision.id == reply.decision_id
        assert 0.0 <= reply.confidence <= 1.0
        assert (reply.handover is None) or reply.route is Route.HANDOFF
        json.dumps(stage.agent.export(reply.session))
    assert (Route.CLARIFY, Route.CLARIFY) not in list(pairwise(routes))
