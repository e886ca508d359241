"""Rows that lead to a person: a rule, a wish, or what an intent is for."""

from __future__ import annotations

from typing import TypedDict

from agent.conversation.routing.inputs import RouterInputs
from agent.conversation.routing.rows import Routed, percent
from agent.types import HandoverReason, Route

__all__ = ["asks_for_person", "by_request", "by_rule", "person_for", "rule_of_intent"]


class _Person(TypedDict):
    """The two fields of `Routed` that say why a person takes over."""

    reason: HandoverReason | None
    detail: str


def rule_of_intent(inputs: RouterInputs) -> str:
    """Return the handover rule that the likeliest intent sets off, or an empty text."""
    first = inputs.first
    if first is None or first.confidence < inputs.thresholds.handle:
        return ""
    return inputs.rules.get(first.intent, "")


def by_rule(inputs: RouterInputs) -> Routed:
    """Return the way to a person that a rule demands."""
    first = inputs.first
    by_word = bool(inputs.rule)
    name = inputs.rule or rule_of_intent(inputs)
    return Routed(
        "handover_rule",
        Route.HANDOFF,
        intent=None if by_word or first is None else first.intent,
        confidence=1.0 if by_word or first is None else first.confidence,
        explanation=f"The rule {name!r} hands such messages to a person.",
        reason=HandoverReason.RULE,
        detail=name,
    )


def person_for(target: str) -> _Person:
    """Return why a person takes over, if the target says that one does."""
    kind, _, detail = target.partition(":")
    if kind != "handover":
        return {"reason": None, "detail": ""}
    return {"reason": HandoverReason.RULE if detail else HandoverReason.ASKED, "detail": detail}


def asks_for_person(inputs: RouterInputs) -> bool:
    """Whether the message asks for a person."""
    first = inputs.first
    return (
        first is not None
        and first.kind == "handover"
        and first.confidence >= inputs.thresholds.handle
    )


def by_request(inputs: RouterInputs) -> Routed:
    """Return the way to a person who was asked for."""
    first = inputs.standings[0]
    return Routed(
        "asked_for_a_person",
        Route.HANDOFF,
        intent=first.intent,
        confidence=first.confidence,
        explanation=f"{first.intent!r} is for a person ({percent(first.confidence)} sure).",
        **person_for(first.target),
    )
