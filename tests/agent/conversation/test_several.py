"""Several things in one message: all are dealt with, in an order that people expect."""

from __future__ import annotations

from typing import Any

from agent.types import Route


def test_two_questions_get_two_answers(stage: Any) -> None:
    reply = stage.say("How do I set up the vpn? And how much annual leave is there?")
    assert [quote.article_id for quote in reply.citations] == ["vpn", "leave"]
    assert [part.status for part in reply.parts] == ["answered", "answered"]
    assert len(stage.stored().turns) == 2


def test_a_question_is_answered_before_a_form_is_opened(stage: Any) -> None:
    reply = stage.say("I want to order a mouse. How do I set up the vpn?")
    assert reply.citations[0].article_id == "vpn"
    assert reply.text.endswith("Which e-mail?")
    assert reply.choices == ()
    assert [form.form for form in stage.stored().forms] == ["order"]


def test_the_first_of_two_forms_is_on_top_and_the_other_is_named(stage: Any) -> None:
    reply = stage.say("I want to order a monitor and something is broken")
    assert [form.form for form in stage.stored().forms] == ["fault", "order"]
    assert "Which e-mail?" in reply.text
    assert "the fault report" in reply.text
    stage.say("jo@example.com")
    assert "Which device?" in stage.say("yes").text


def test_a_person_comes_last_and_knows_the_rest(stage: Any) -> None:
    reply = stage.say("get me a human. How do I set up the vpn?")
    assert reply.route is Route.HANDOFF
    assert any("set up the vpn" in text for _, text in reply.handover.transcript)


def test_one_thing_stays_one(stage: Any) -> None:
    for message in ("hello and thanks", "order a mouse and a monitor", "is it up? why?"):
        before = len(stage.stored().turns) if stage.session else 0
        stage.say(message)
        assert len(stage.stored().turns) == before + 1


def test_two_items_are_two_orders_one_after_the_other(stage: Any) -> None:
    reply = stage.say("order a mouse and a monitor")
    assert "The monitor comes after that." in reply.text
    stage.say("jo@example.com")
    after = stage.say("yes")
    assert "Ordered as A-7." in after.text
    assert "Which e-mail?" in after.text
    assert stage.stored().forms[-1].slots["item"] == "monitor"


def test_one_more_is_added_to_an_open_order(stage: Any) -> None:
    stage.say("order a mouse")
    assert "The monitor comes after that." in stage.say("and a monitor too").text
    assert [form.slots.get("item") for form in stage.stored().forms] == ["monitor", "mouse"]
