from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.configuration.schema import AgentConfig, HandoverSettings, Routing
from agent.dialogue.handover import packet_to_json
from agent.errors import AgentError, SessionError
from agent.privacy.masking import Masker
from agent.sessions import SessionStore
from agent.types import Event, HandoverReason, Route

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


def test_reply_passes_roles_on(stage: Any) -> None:
    assert stage.say("vault codes").citations == ()
    assert stage.say("vault codes", roles={"guards"}).citations[0].article_id == "vault"


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


def test_reply_stores_nothing_personal(stage: Any) -> None:
    stage.say("order, I am E12345")
    stage.say("monitor")
    stage.say("jo@example.com")
    stored = json.dumps(stage.agent.export(stage.session))
    assert "jo@example.com" not in stored
    assert "E12345" not in stored
    assert stage.stored().turns[-1].message == "[personal]"


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
    assert stage.say("start over").route is Route.HANDLE
    assert stage.say("hello").text == "Hello there!"


def test_reply_hands_over_by_rule_whatever_else_was_said(stage: Any) -> None:
    stage.say("order")
    reply = stage.say("hello, my lawyer says no")
    assert (reply.handover.reason, reply.handover.detail) == (HandoverReason.RULE, "legal")
    assert stage.say("hello").route is Route.HANDOFF


def test_reply_hands_over_when_an_action_fails(stage: Any) -> None:
    stage.desk.down = True
    for message in ("order", "mouse", "jo@example.com"):
        stage.say(message)
    reply = stage.say("yes")
    assert (reply.route, stage.rule(reply)) == (Route.HANDOFF, "action_failed")
    assert reply.text.startswith("The order system is down.")
    assert reply.handover.slots == {"item": "mouse", "email": "[personal]"}


def test_reply_hands_personal_data_over_where_the_configuration_says_so(
    make_stage: MakeStage, desk_config: AgentConfig
) -> None:
    config = replace(desk_config, handover=HandoverSettings(personal=True))
    stage = make_stage(config)
    for message in ("order", "mouse", "jo@example.com"):
        stage.say(message)
    packet = stage.say("get me a human").handover
    assert packet.slots["email"] == "jo@example.com"
    assert ("user", "jo@example.com") in packet.transcript
    assert "jo@example.com" not in json.dumps(stage.agent.export(stage.session))


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


@pytest.mark.parametrize("message", ["the classifier breaks", "the index breaks at home"])
def test_reply_apologises_and_keeps_the_turn_when_something_breaks(
    stage: Any, message: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        reply = stage.say(message)
    assert (reply.route, stage.rule(reply)) == (Route.HANDLE, "broken")
    assert stage.stored().turns[-1].message == message
    assert len(caplog.records) == 1
    assert message not in caplog.text
    assert stage.say("hello").text == "Hello there!"


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


def test_reply_loses_no_turn_of_two_processes(
    make_stage: MakeStage, desk_config: AgentConfig, tmp_path: Path
) -> None:
    first = make_stage(sessions=SessionStore(tmp_path / "s.db", masker=Masker(desk_config.mask)))
    second = make_stage(sessions=SessionStore(tmp_path / "s.db", masker=Masker(desk_config.mask)))
    second.session = first.say("hello").session
    together = threading.Barrier(2)

    def chat(stage: Any) -> None:
        together.wait()
        for number in range(8):
            stage.say(f"hello {number}")

    threads = [threading.Thread(target=chat, args=(one,)) for one in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(first.stored().turns) == 17


class SlowStage:
    """Lets another process take a turn between the reading and the writing of the first's."""

    def __init__(self, stage: Any, meanwhile: Callable[[], None]) -> None:
        self.intents = stage.classifier.intents
        self.id = stage.classifier.id
        self._classify = stage.classifier.classify
        self._meanwhile = [meanwhile]
        stage.agent.classifier = self

    def classify(self, texts: Any) -> Any:
        if self._meanwhile:
            self._meanwhile.pop()()
        return self._classify(texts)


def test_reply_takes_a_message_as_what_follows_another_process_turn(
    make_stage: MakeStage, desk_config: AgentConfig, tmp_path: Path
) -> None:
    first = make_stage(sessions=SessionStore(tmp_path / "s.db", masker=Masker(desk_config.mask)))
    second = make_stage(sessions=SessionStore(tmp_path / "s.db", masker=Masker(desk_config.mask)))
    second.session = first.say("hello").session
    # The form is opened elsewhere while this message is being thought about.
    SlowStage(first, lambda: second.say("I want to order"))
    reply = first.say("mouse")
    assert reply.text == "Which e-mail?"
    assert [turn.message for turn in first.stored().turns] == ["hello", "I want to order", "mouse"]
    assert first.stored().forms[-1].slots == {"item": "mouse"}


def test_reply_calls_an_endpoint_once_whoever_writes_meanwhile(
    make_stage: MakeStage, desk_config: AgentConfig, tmp_path: Path
) -> None:
    first = make_stage(sessions=SessionStore(tmp_path / "s.db", masker=Masker(desk_config.mask)))
    second = make_stage(sessions=SessionStore(tmp_path / "s.db", masker=Masker(desk_config.mask)))
    second.session = first.say("hello").session
    SlowStage(first, lambda: second.say("hello again"))
    assert first.say("my ticket").text == "It is open."
    assert len(first.desk.bodies) == 1
    assert [turn.message for turn in first.stored().turns][1:] == ["hello again", "my ticket"]


def test_reply_asks_again_for_what_only_the_ended_process_knew(
    make_stage: MakeStage, desk_config: AgentConfig, tmp_path: Path
) -> None:
    path = tmp_path / "s.db"
    before = make_stage(sessions=SessionStore(path, masker=Masker(desk_config.mask)))
    for message in ("order", "mouse", "jo@example.com"):
        before.say(message)
    after = make_stage(sessions=SessionStore(path, masker=Masker(desk_config.mask)))
    after.session = before.session
    assert "Which e-mail?" in after.say("yes").text
    assert "jo@example.com" in after.say("jo@example.com").text


# --- events, forgetting -----------------------------------------------------------------------


def test_events_join_to_the_reply(stage: Any) -> None:
    events: list[Event] = []
    reply = stage.say("set up the vpn", on_event=events.append)
    assert events[0] == Event("status", "Searching the articles")
    assert "".join(event.text for event in events if event.kind == "delta") == reply.text
    assert events[-1].answer == reply.citations[0]


def test_a_listener_that_fails_loses_nothing(stage: Any) -> None:
    def gone(_: Event) -> None:
        raise ConnectionError

    assert stage.say("set up the vpn", on_event=gone).route is Route.ANSWER
    assert len(stage.stored().turns) == 1


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
    deadline=None,
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
