"""Rows that look at what a message may want: one intent, two that are tied, or a doubtful one.

They read from top to bottom of the table: what the table has passed by needn't be excluded
again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypedDict

from agent.conversation.routing.inputs import (
    MAX_CHOICES,
    SOMETHING_ELSE,
    Candidate,
    Routed,
    RouterInputs,
    percent,
)
from agent.types import HandoverReason, Route

__all__ = [
    "asks_for_person",
    "by_choice",
    "by_request",
    "by_rule",
    "chose_task",
    "chosen_candidate",
    "clearly_tied",
    "doubtful",
    "handles",
    "is_clear",
    "least_of",
    "may_be_chat",
    "person_for",
    "rather_told",
    "rule_of_intent",
    "tied",
    "too_many_forms",
    "which_intent",
    "which_task",
    "wishes_task",
]


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


def gets_through(inputs: RouterInputs) -> bool:
    """Whether the message holds what gets through whatever is open, and a script deals with it."""
    target = inputs.targets.get(inputs.urgent, "answer")
    return inputs.urgent != "" and not target.startswith("answer")


def by_urgency(inputs: RouterInputs) -> Routed:
    """Return the way to what must get through."""
    target = inputs.targets[inputs.urgent]
    return Routed(
        "gets_through",
        Route.HANDOFF if target.startswith("handover") else Route.HANDLE,
        intent=inputs.urgent,
        explanation=f"{inputs.urgent!r} gets through whatever is open.",
        **person_for(target),
    )


def chats_small(inputs: RouterInputs) -> bool:
    """Whether the agent's own small talk, or a reply of its own, fits a small word."""
    first = inputs.first
    return (
        inputs.small != ""
        and first is not None
        and first.kind in ("smalltalk", "say")
        and first.confidence >= inputs.thresholds.handle
    )


def asks_for_person(inputs: RouterInputs) -> bool:
    """Whether the message asks for a person, in so many words or in others."""
    first = inputs.first
    return inputs.wants_person or (
        first is not None
        and first.kind == "handover"
        and first.confidence >= inputs.thresholds.handle
    )


def by_request(inputs: RouterInputs) -> Routed:
    """Return the way to a person who was asked for."""
    wanted = [one for one in inputs.candidates if one.kind == "handover"]
    if inputs.wants_person and (not wanted or wanted[0] is not inputs.first):
        intent = next((one.intent for one in wanted if one.target == "handover"), None)
        return Routed(
            "asked_for_a_person",
            Route.HANDOFF,
            intent=intent,
            explanation="The message asks for a person in so many words.",
            **person_for("handover"),
        )
    first = wanted[0]
    return Routed(
        "asked_for_a_person",
        Route.HANDOFF,
        intent=first.intent,
        confidence=first.confidence,
        explanation=f"{first.intent!r} is for a person ({percent(first.confidence)} sure).",
        **person_for(first.target),
    )


_MAX_FORMS = 3
"""Forms open at the same time, the ones that wait included."""


def chosen_candidate(inputs: RouterInputs) -> Candidate | None:
    """Return the intent that was chosen of two, or None if none was."""
    if inputs.pending != "intent" or inputs.chosen is None or inputs.chosen == SOMETHING_ELSE:
        return None
    return Candidate(inputs.targets.get(inputs.chosen, "answer"), inputs.chosen, 1.0)


def chose_task(inputs: RouterInputs) -> bool:
    """Whether what was chosen of two is done without the knowledge base."""
    chosen = chosen_candidate(inputs)
    return chosen is not None and chosen.scripted


def by_choice(inputs: RouterInputs) -> Routed:
    """Return the way to the intent that was chosen."""
    target = inputs.targets.get(str(inputs.chosen), "answer")
    return Routed(
        "chose_intent",
        Route.HANDOFF if target.startswith("handover") else Route.HANDLE,
        intent=inputs.chosen,
        explanation=f"Asked which was meant, the person chose {inputs.chosen!r}.",
        **person_for(target),
    )


def too_many_forms(inputs: RouterInputs) -> bool:
    """Whether one form more would be opened than may be open."""
    first = inputs.first
    return (
        inputs.n_forms >= _MAX_FORMS
        and first is not None
        and first.kind == "form"
        and first.target != f"form:{inputs.form}"
        and first.confidence >= inputs.thresholds.handle
    )


def is_clear(inputs: RouterInputs) -> bool:
    """Whether an intent is so sure that nothing else needs looking at."""
    first = inputs.first
    if first is None or not first.scripted or rather_told(inputs):
        return False
    return first.confidence >= inputs.thresholds.sure


def rather_told(inputs: RouterInputs) -> bool:
    """Whether a person asks how a task is done: an article that says so comes first."""
    return inputs.asks_how and inputs.first is not None and inputs.first.kind == "form"


def handles(name: str, why: str) -> Callable[[RouterInputs], Routed]:
    """Return a row's result: the likeliest intent is followed."""

    def gives(inputs: RouterInputs) -> Routed:
        first = inputs.candidates[0]
        return Routed(
            name,
            Route.HANDLE,
            intent=first.intent,
            confidence=first.confidence,
            explanation=f"The intent is {first.intent!r} ({percent(first.confidence)} sure){why}.",
        )

    return gives


def tied(inputs: RouterInputs) -> tuple[Candidate, ...]:
    """Return the things that a message wants about equally, if one of them is a task."""
    if inputs.clarified or not inputs.believed:
        return ()
    first = inputs.candidates[0]
    near = tuple(
        one
        for one in inputs.candidates[:MAX_CHOICES]
        if one.confidence >= inputs.thresholds.consider
        and first.confidence - one.confidence < inputs.thresholds.tie
    )
    # Small talk isn't worth a question back, and two ways into the knowledge base are one.
    return near if len(near) > 1 and any(one.task for one in near) else ()


def clearly_tied(inputs: RouterInputs) -> bool:
    """Whether two tasks share nearly all the probability: no article would settle that."""
    near = tied(inputs)
    return (
        bool(near)
        and all(one.scripted for one in near)
        and sum(one.confidence for one in near) >= inputs.thresholds.sure
    )


def which_intent(name: str) -> Callable[[RouterInputs], Routed]:
    """Return a row's result: a question back, which of the tied intents is meant."""

    def gives(inputs: RouterInputs) -> Routed:
        near = tied(inputs)
        named = " and ".join(f"{one.intent!r} ({percent(one.confidence)})" for one in near)
        return Routed(
            name,
            Route.CLARIFY,
            confidence=near[0].confidence,
            explanation=f"The intents {named} are nearly tied.",
            kind="intent",
            choices=tuple(one.intent for one in near),
        )

    return gives


def wishes_task(inputs: RouterInputs) -> bool:
    """Whether a message wants something done, and doesn't ask about it."""
    first = inputs.first
    return not inputs.asks and first is not None and first.kind in ("form", "call")


def least_of(inputs: RouterInputs) -> float:
    """Return from which confidence on a script is followed."""
    return inputs.thresholds.wish if wishes_task(inputs) else inputs.thresholds.handle


def may_be_chat(inputs: RouterInputs) -> bool:
    """Whether it may be small talk: a friendly reply does less harm than "not found"."""
    first = inputs.first
    return (
        first is not None
        and first.kind == "smalltalk"
        and first.confidence >= inputs.thresholds.consider
    )


def doubtful(inputs: RouterInputs) -> tuple[Candidate, ...]:
    """Return the tasks that a message may have meant though nothing is sure."""
    if inputs.clarified or not inputs.believed or not inputs.candidates[0].task:
        return ()
    return tuple(
        one
        for one in inputs.candidates[:MAX_CHOICES]
        if one.task and one.confidence >= inputs.thresholds.consider
    )


def which_task(inputs: RouterInputs) -> Routed:
    """Return a question back: whether one of the doubtful tasks is meant."""
    tasks = doubtful(inputs)
    named = " and ".join(f"{one.intent!r} ({percent(one.confidence)})" for one in tasks)
    return Routed(
        "doubtful_intent",
        Route.CLARIFY,
        confidence=tasks[0].confidence,
        explanation=f"No article answers, and the intent may be {named}.",
        kind="intent",
        choices=tuple(one.intent for one in tasks),
    )
