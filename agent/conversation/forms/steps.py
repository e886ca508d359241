"""What a form does next: asks, sums up, asks anew, ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from agent.configuration.placeholders import fill as fill_template
from agent.configuration.schema import Form, Slot
from agent.conversation.forms.state import FormOutcome, FormState, FormStep
from agent.conversation.forms.wording import SKIPPED, capital, either, expected, listed, shown_slots
from agent.types import FormProgress, SlotValue

__all__ = [
    "ask",
    "ask_anew",
    "ask_what_to_change",
    "cancelled",
    "change",
    "done",
    "gave_up",
    "go_on",
    "not_for_form",
    "open_question",
    "sum_up",
]

_YES_NO = ("Yes", "No")
_CANCEL = "Cancel"
_SKIP = "Skip"


def go_on(form: Form, slots: Mapping[str, SlotValue], before: str = "") -> FormStep:
    """Ask for the first slot that is missing, sum up, or be done.

    Args:
        form: The form.
        slots: The values that it has now.
        before: What to say first.
    """
    for slot in form.slots:
        if slot.name not in slots:
            return ask(form, slot, slots, before=before)
    if form.confirm is None:
        return done(slots)
    return sum_up(form, slots, before=before)


def open_question(state: FormState) -> FormStep:
    """Put the open question as it stands."""
    form, slots = state.form, state.slots
    if state.asked is not None:
        return ask(form, state.asked, slots, failures=state.failures)
    if form.confirm is None:
        return done(slots)
    return sum_up(form, slots, failures=state.failures)


def ask(
    form: Form,
    slot: Slot,
    slots: Mapping[str, SlotValue],
    *,
    failures: int = 0,
    before: str = "",
) -> FormStep:
    """Ask for one slot."""
    choices = tuple(choice.value for choice in slot.choices)
    return FormStep(
        FormProgress(form.name, dict(slots), slot.name, failures),
        f"{before} {slot.ask}".strip(),
        (*choices, _SKIP) if slot.optional else choices,
        FormOutcome.ASK,
        _gathered(slots),
    )


def sum_up(
    form: Form, slots: Mapping[str, SlotValue], *, failures: int = 0, before: str = ""
) -> FormStep:
    """Show everything and ask whether it is right."""
    summary = fill_template(form.confirm or "", slots=shown_slots(form, slots))
    return _confirming(form, slots, failures, f"{before} {summary}".strip(), _YES_NO)


def ask_what_to_change(form: Form, slots: Mapping[str, SlotValue], *, failures: int) -> FormStep:
    """Ask what in the summary isn't right."""
    labels = tuple(slot.label for slot in form.slots)
    question = f"What should I change: {either(labels)}? Or say 'cancel'."
    choices = (*(capital(label) for label in labels), _CANCEL)
    return _confirming(form, slots, failures, question, choices)


def _confirming(
    form: Form,
    slots: Mapping[str, SlotValue],
    failures: int,
    say: str,
    choices: tuple[str, ...],
) -> FormStep:
    progress = FormProgress(form.name, dict(slots), None, failures, True)
    return FormStep(progress, say, choices, FormOutcome.CONFIRM, _gathered(slots))


def change(state: FormState, slot: Slot, value: SlotValue) -> FormStep:
    """Put another value into a slot, say so and go on."""
    slots = {**_without(slot, state.slots), slot.name: value}
    return go_on(state.form, slots, f"Changed: {listed(state.form, {slot.name: value})}.")


def ask_anew(state: FormState, slot: Slot, problem: str = "") -> FormStep:
    """Forget a slot's value and ask for it.

    Args:
        state: Where the form stands.
        slot: The slot.
        problem: Why the new value that was named for it can't be taken.
    """
    before = ""
    if problem:
        before = f"Sorry, {problem}. {expected(slot, day_first=state.form.day_first)}"
    return ask(state.form, slot, _without(slot, state.slots), before=before)


def done(slots: Mapping[str, SlotValue]) -> FormStep:
    """End the form with all that was gathered."""
    return FormStep(None, "", (), FormOutcome.DONE, _gathered(slots))


def gave_up(slots: Mapping[str, SlotValue]) -> FormStep:
    """End the form after too many answers without sense."""
    return FormStep(None, "", (), FormOutcome.FAILED, _gathered(slots))


def cancelled(form: Form) -> FormStep:
    """End the form as the person wishes."""
    return FormStep(None, form.cancelled, (), FormOutcome.CANCELLED)


def not_for_form(state: FormState) -> FormStep:
    """Leave the form as it is; what was understood elsewhere is no failure here."""
    return replace(open_question(replace(state, failures=0)), outcome=FormOutcome.NOT_FOR_FORM)


def _without(slot: Slot, slots: Mapping[str, SlotValue]) -> dict[str, SlotValue]:
    return {name: value for name, value in slots.items() if name != slot.name}


def _gathered(slots: Mapping[str, SlotValue]) -> Mapping[str, SlotValue]:
    return {name: value for name, value in slots.items() if value != SKIPPED}
