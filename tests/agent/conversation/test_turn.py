"""What is asked of the world in a turn, and what becomes of it when the world fails."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from agent.types import Route


def test_reply_hands_over_when_an_action_fails(stage: Any) -> None:
    stage.desk.down = True
    for message in ("order", "mouse", "jo@example.com"):
        stage.say(message)
    reply = stage.say("yes")
    assert (reply.route, stage.rule(reply)) == (Route.HANDOFF, "action_failed")
    assert reply.text.startswith("The order system is down.")
    assert reply.handover.slots == {"item": "mouse", "email": "[personal]"}


def test_reply_passes_roles_on(stage: Any) -> None:
    assert stage.say("vault codes").citations == ()
    assert stage.say("vault codes", roles={"guards"}).citations[0].article_id == "vault"


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
