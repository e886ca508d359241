"""A turn is kept: whole, masked, and beside those of other processes."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from agent.configuration.schema import AgentConfig, HandoverSettings
from agent.memory.privacy.masking import Masker
from agent.memory.sessions import SessionStore

MakeStage = Callable[..., Any]


def test_reply_stores_nothing_personal(stage: Any) -> None:
    stage.say("order, I am E12345")
    stage.say("monitor")
    stage.say("jo@example.com")
    stored = json.dumps(stage.agent.export(stage.session))
    assert "jo@example.com" not in stored
    assert "E12345" not in stored
    assert stage.stored().turns[-1].message == "[personal]"


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
