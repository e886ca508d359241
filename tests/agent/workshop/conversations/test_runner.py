"""Playing conversations with a fake agent."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest

from agent.workshop.conversations.runner import Stage, play, run
from agent.workshop.conversations.types import Suite

Written = Callable[[str], Suite]

PLAIN = """\
today: 2026-05-04
roles: [managers]
conversations:
  - name: goes well
    steps:
      - {say: hi, route: ANSWER, contains: you said hi, question: whole hi, refusal: not_found}
      - {say: order, intent: order, form: order, slots: {days: 3}, choices: [monitor]}
      - {say: paper, article: printing, refusal: none}
      - {say: person, handover: asked, slots: {item: mouse}, stored: '"message": "hi"'}
      - {say: hallo, refusal: unsupported_language}
  - name: goes wrong
    steps:
      - {say: hi}
      - {say: paper, article: scanning}
      - {say: never said}
"""

CALLING = """\
conversations:
  - name: calls
    environment: {SUITE_TOKEN: abc}
    endpoints:
      - {url: "https://example.com/orders", method: POST, json: {number: 7}}
    steps:
      - {say: call, contains: Ordered 7, sent: {item: mouse}}
      - {say: hi, sent: none}
  - name: calls what is closed
    steps:
      - {say: call}
"""


def test_run_plays_to_the_first_difference(written: Written, stage: Stage) -> None:
    counted: list[tuple[int, int]] = []
    results = run(written(PLAIN), stage, progress=lambda *at: counted.append(at))
    well, wrong = results.played
    assert well.failed is None, well.failed
    assert wrong.failed is not None
    assert wrong.failed.step.say == "paper"
    assert [d.key for d in wrong.failed.differences] == ["article"]
    assert (results.steps, results.failures) == (7, (wrong,))
    assert counted == [(1, 2), (2, 2)]


def test_run_gives_each_conversation_a_session_and_a_day(
    written: Written, stage: Stage, fake: Any
) -> None:
    run(written(PLAIN), stage)
    sessions = [session for _, session, _, _ in fake.heard]
    assert sessions == [None, *["session-1"] * 4, None, "session-2"]
    assert {roles for _, _, roles, _ in fake.heard} == {("managers",)}
    assert fake.heard[0][3] == "2026-05-04T09:00:00+00:00"
    assert fake.heard[1][3] == "2026-05-04T09:00:20+00:00"
    assert fake.heard[5][3] == "2026-05-04T09:00:00+00:00"


def test_run_brings_calls_to_the_endpoints(written: Written, stage: Stage) -> None:
    first, second = run(written(CALLING), stage).played
    assert first.failed is None, first.failed
    assert second.failed is not None
    assert second.failed.differences[0].got.startswith("ConnectError: ")


def test_play_sets_the_environment_for_a_while(
    written: Written, stage: Stage, fake: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUITE_OLD", "before")
    monkeypatch.delenv("SUITE_NEW", raising=False)
    seen: list[str | None] = []
    answered = fake.reply

    def reply(message: str, **options: Any) -> Any:
        seen.extend((os.environ.get("SUITE_OLD"), os.environ.get("SUITE_NEW")))
        return answered(message, **options)

    fake.reply = reply
    text = (
        "environment: {SUITE_OLD: a, SUITE_NEW: b}\nconversations: [{name: a, steps: [{say: hi}]}]"
    )
    play(written(text).conversations[0], stage)
    assert seen == ["a", "b"]
    assert os.environ["SUITE_OLD"] == "before"
    assert "SUITE_NEW" not in os.environ


def test_play_takes_down_what_the_agent_raises(written: Written, stage: Stage) -> None:
    text = "conversations: [{name: a, steps: [{say: boom}, {say: hi}]}]"
    played = play(written(text).conversations[0], stage)
    assert played.failed is not None
    assert played.failed.observed is None
    assert played.failed.differences[0].got == "ValueError: the fake was told to"
    assert len(played.steps) == 1
