"""A form to order equipment with, and short ways to talk to it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from agent.configuration import Choice, DateWindow, Form, Say, Slot, SlotType
from agent.conversation.forms import FormStep, fill, start
from agent.types import FormProgress, IntentRanking, IntentScore, SlotValue

TODAY = date(2026, 11, 23)  # a Monday
ITEM = Slot(
    "item",
    SlotType.CHOICE,
    "Which item?",
    "item",
    choices=(Choice("monitor", ("screen",)), Choice("keyboard"), Choice("mouse")),
)
COUNT = Slot("quantity", SlotType.NUMBER, "How many?", "quantity", whole=True, min=1, max=5)
DAY = Slot("needed_by", SlotType.DATE, "By when?", "needed by", when=DateWindow.FUTURE)
MAIL = Slot("contact", SlotType.EMAIL, "Which e-mail?", "contact", optional=True)
WHY = Slot("reason", SlotType.TEXT, "Why?", "reason", min=3, max=100)
ORDER = Form(
    "order",
    (ITEM, COUNT, DAY, MAIL, WHY),
    Say("ok"),
    "order",
    confirm="{quantity} x {item} for {needed_by} ({contact}): {reason}?",
)
FILLED: dict[str, SlotValue] = {
    "item": "monitor",
    "quantity": 2,
    "needed_by": "2026-12-04",
    "contact": "anna@example.org",
    "reason": "it broke",
}


def ranked(intent: str, confidence: float = 0.9) -> IntentRanking:
    return IntentRanking((IntentScore(intent, confidence),), 1.0, 0.5)


def asked(slot: str, **slots: SlotValue) -> FormProgress:
    return FormProgress("order", slots, slot)


def summary(**changed: SlotValue) -> FormProgress:
    return FormProgress("order", {**FILLED, **changed}, None, 0, True)


def said(progress: FormProgress, message: str, **options: object) -> FormStep:
    return fill(ORDER, progress, message, today=TODAY, **options)  # type: ignore[arg-type]


def slots_of(step: FormStep) -> dict[str, object]:
    assert step.progress is not None
    return dict(step.progress.slots)


def talk(form: Form, messages: Sequence[str]) -> FormStep:
    step = start(form)
    for message in messages:
        assert step.progress is not None
        step = fill(form, step.progress, message, today=TODAY)
    return step
