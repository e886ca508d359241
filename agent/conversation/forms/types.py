"""What a message did to a form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from agent.types import FormProgress, SlotValue

__all__ = ["SKIPPED", "FormStep", "Outcome"]

SKIPPED = ""
"""The value of a slot that was left out."""


class Outcome(StrEnum):
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
    """

    progress: FormProgress | None
    say: str
    choices: tuple[str, ...]
    outcome: Outcome
    slots: Mapping[str, SlotValue] = field(default_factory=dict)
