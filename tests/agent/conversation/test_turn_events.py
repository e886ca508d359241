"""A channel is listener what happens."""

from __future__ import annotations

from typing import Any

from agent.types import Event, Route


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
