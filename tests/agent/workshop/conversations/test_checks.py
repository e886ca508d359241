"""Expectations held against what a turn gave."""

from __future__ import annotations

from typing import Any

import pytest

from agent.types import Decision, Handover, HandoverReason, Reply, Route
from agent.workshop.conversations.checks import Difference, Observed, differences, observe
from agent.workshop.conversations.types import Check, Step


def replied(**changes: Any) -> Reply:
    fields: dict[str, Any] = {
        "session": "s",
        "text": "By  when do you\nneed it?",
        "route": Route.HANDLE,
        "intent": "order",
        "confidence": 0.9,
        "decision_id": "d",
        "choices": ("Set up the VPN on Windows", "Something else"),
    }
    return Reply(**{**fields, **changes})


def observed(**changes: Any) -> Observed:
    fields: dict[str, Any] = {
        "reply": replied(),
        "form": "order",
        "slots": {"days": 3.0, "item": "mouse"},
        "question": "how long for contractors",
        "stored": '{"message": "mail [e-mail]"}',
    }
    return Observed(**{**fields, **changes})


@pytest.mark.parametrize(
    ("check", "holds"),
    [
        (Check("route", ("HANDLE",)), True),
        (Check("route", ("ANSWER",)), False),
        (Check("route", ("ANSWER", "HANDLE")), True),
        (Check("intent", ("order",)), True),
        (Check("intent"), False),
        (Check("article"), True),
        (Check("article", ("printing",)), False),
        (Check("contains", ("by WHEN do you need",)), True),
        (Check("contains", ("by when", "where")), False),
        (Check("lacks", ("where",)), True),
        (Check("lacks", ("where", "need it")), False),
        (Check("choices", ("windows",)), True),
        (Check("choices", ("mac",)), False),
        (Check("choices"), False),
        (Check("form", ("order",)), True),
        (Check("form"), False),
        (Check("slots", values={"days": 3}), True),
        (Check("slots", values={"days": "3"}), True),
        (Check("slots", values={"days": "three"}), False),
        (Check("slots", values={"item": "keyboard"}), False),
        (Check("slots", values={"colour": "red"}), False),
        (Check("slots"), False),
        (Check("sent"), True),
        (Check("sent", values={"a": 1}), False),
        (Check("question", ("contractors",)), True),
        (Check("question", ("employees",)), False),
        (Check("handover"), True),
        (Check("handover", ("asked",)), False),
        (Check("refusal"), True),
        (Check("refusal", ("not_found",)), False),
        (Check("stored", ("[e-mail]",)), True),
        (Check("not_stored", ("ana@",)), True),
        (Check("not_stored", ("mail",)), False),
    ],
)
def test_differences_finds_what_is_not_met(check: Check, holds: bool) -> None:
    found = differences(Step("hi", (check,)), observed())
    assert (found == ()) is holds, found


def test_differences_says_expected_and_got() -> None:
    step = Step(
        "hi",
        (
            Check("contains", ("where",), line=4),
            Check("intent", line=5),
            Check("slots", values={"item": "keyboard", "days": 3}, line=6),
            Check("lacks", ("need",), line=7),
        ),
    )
    assert differences(step, observed()) == (
        Difference("contains", "'where'", "By  when do you\nneed it?", 4),
        Difference("intent", "none", "order", 5),
        Difference("slots", '{"item": "keyboard"}', '{"days": 3.0, "item": "mouse"}', 6),
        Difference("lacks", "no 'need'", "By  when do you\nneed it?", 7),
    )


@pytest.mark.parametrize(
    ("wanted", "got", "same"),
    [
        ({"a": {"b": 1}}, {"a": {"b": 1, "c": 2}}, True),
        ({"a": [1, 2]}, {"a": [1.0, "2"]}, True),
        ({"a": [1, 2]}, {"a": [1]}, False),
        ({"a": True}, {"a": True}, True),
        ({"a": True}, {"a": 1}, False),
        ({"a": None}, {"a": None}, True),
        ({"a": 1}, {"a": None}, False),
    ],
)
def test_differences_compares_nested_values(
    wanted: dict[str, Any], got: dict[str, Any], same: bool
) -> None:
    found = differences(Step("", (Check("sent", values=wanted),)), observed(sent=got))
    assert (found == ()) is same


def decided(rule: str, verdict: Any) -> Decision:
    return Decision("d", Route.ANSWER, rule, None, 0.1, {"verdict": verdict}, "Because.")


@pytest.mark.parametrize(
    ("reply", "decision", "refusal"),
    [
        (
            replied(route=Route.ANSWER),
            decided("refused", {"status": "refused", "reason": "x"}),
            "x",
        ),
        (replied(route=Route.ANSWER), decided("answered", {"status": "answered"}), None),
        (
            replied(route=Route.ANSWER),
            decided("unsupported_language", None),
            "unsupported_language",
        ),
        (replied(), decided("likely_intent", {"status": "refused", "reason": "x"}), None),
        (replied(route=Route.ANSWER), None, None),
    ],
)
def test_observe_tells_refusals(reply: Reply, decision: Decision | None, refusal: str) -> None:
    assert observe(reply, decision, None).refusal == refusal


def test_observe_takes_slots_from_the_packet_once_the_form_is_over() -> None:
    packet = Handover("s", HandoverReason.RULE, slots={"device": "phone"})
    assert observe(replied(handover=packet), None, None).slots == {"device": "phone"}
