"""Where a form stands when a message comes in, and what the message holds for its slots."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from agent.configuration.schema import Form, Slot
from agent.conversation.forms.values import Read, answer, mentions, valid
from agent.conversation.forms.wording import SKIPPED
from agent.types import FormProgress, SlotValue

__all__ = [
    "FormOutcome",
    "FormState",
    "FormStep",
    "form_state",
]


class FormOutcome(StrEnum):
    """How a message left a form."""

    ASK = "ask"
    CONFIRM = "confirm"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"
    NOT_FOR_FORM = "not_for_form"


@dataclass(frozen=True)
class FormStep:
    """What a message did to a form.

    Attributes:
        progress: The form's state now; None once it is over.
        say: What the agent says. Under `NOT_FOR_FORM` the open question, to come back to
            after the interruption. Empty under `DONE` and `FAILED`: the form's `then` and
            the configuration's `form_failed` speak there.
        choices: Short answers to offer.
        outcome: Where the form stands.
        slots: What was gathered, without what was left out.
        others: The same form again, for what else was asked for: "a mouse and a headset".
    """

    progress: FormProgress | None
    say: str
    choices: tuple[str, ...]
    outcome: FormOutcome
    slots: Mapping[str, SlotValue] = field(default_factory=dict)
    others: tuple[FormProgress, ...] = ()


@dataclass(frozen=True)
class FormState:
    """An open form on a day.

    Attributes:
        form: The form.
        slots: The values that it has, in the order in which they came.
        asked: The slot whose question is open; None where all have a value.
        failures: Answers without sense to that question, in a row.
        today: What "tomorrow" counts from.
    """

    form: Form
    slots: Mapping[str, SlotValue]
    asked: Slot | None
    failures: int
    today: date

    @property
    def missing(self) -> list[Slot]:
        """The slots without a value."""
        return [slot for slot in self.form.slots if slot.name not in self.slots]

    @property
    def last_filled(self) -> Slot | None:
        """The slot whose value came last."""
        filled = list(self.slots)
        return self.form.slot(filled[-1]) if filled else None

    def read(self, slot: Slot, text: str) -> Read:
        """Read a text as the answer to a slot's question."""
        return answer(slot, text, today=self.today, day_first=self.form.day_first)

    def mentions(self, slot: Slot, text: str) -> list[Read]:
        """Return the values of a slot that a text names."""
        return mentions(slot, text, today=self.today, day_first=self.form.day_first)


def form_state(form: Form, progress: FormProgress, today: date | None) -> FormState:
    """Take a form up where it was left.

    Args:
        form: The form.
        progress: Its state.
        today: Values that no longer fit on that day are left out; None takes all.
    """
    slots = {
        slot.name: progress.slots[slot.name]
        for name in progress.slots
        for slot in form.slots
        if slot.name == name and _fits(slot, progress.slots[name], today)
    }
    missing = [slot for slot in form.slots if slot.name not in slots]
    first = missing[0] if missing else None
    asked = next((slot for slot in missing if slot.name == progress.asking), first)
    return FormState(form, slots, asked, progress.failures, today or date.min)


def _fits(slot: Slot, value: SlotValue, today: date | None) -> bool:
    if (slot.optional and value == SKIPPED) or today is None:
        return True
    return valid(slot, value, today=today)
