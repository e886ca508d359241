"""How a form speaks of its slots: their names, their values, what an answer should be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from agent.configuration.days import in_words
from agent.configuration.placeholders import worded
from agent.configuration.schema import Form, Slot, SlotType
from agent.types import FormProgress, SlotValue

__all__ = [
    "SKIPPED",
    "after_that",
    "capital",
    "either",
    "expected",
    "limits",
    "listed",
    "names",
    "sentence",
    "shown",
    "shown_slots",
]

SKIPPED = ""
"""The value of a slot that was left out."""


def names(slot: Slot) -> tuple[str, ...]:
    """Return how a person may call a slot, in lower case."""
    return tuple(dict.fromkeys((slot.label.lower(), slot.name.replace("_", " "))))


def shown(slot: Slot, value: SlotValue | None) -> str:
    """Return a value as a person says it; nothing for one that was left out."""
    if value is None or value == SKIPPED:
        return ""
    if slot.type is SlotType.DATE:
        try:
            return in_words(date.fromisoformat(str(value)))
        except ValueError:
            # A value that was masked before it was stored, for one.
            return str(value)
    return worded(value)


def shown_slots(form: Form, slots: Mapping[str, SlotValue]) -> dict[str, str]:
    """Return the form's values as a person says them, for templates."""
    return {slot.name: shown(slot, slots.get(slot.name)) for slot in form.slots}


def listed(form: Form, slots: Mapping[str, SlotValue]) -> str:
    """Return values as they stand in a sentence: `monitor, needed by Friday 4 December 2026`."""
    return ", ".join(
        _told(form, slot, slots[slot.name])
        for slot in form.slots
        if slot.name in slots and slots[slot.name] != SKIPPED
    )


def _told(form: Form, slot: Slot, value: SlotValue) -> str:
    """Return a value with its label, or alone where it says itself what it is."""
    text = shown(slot, value)
    if slot.type is SlotType.NUMBER and slot.unit:
        return f"{text} {slot.unit}"
    if slot.type is SlotType.EMAIL or slot.type is SlotType.CHOICE:
        alike = [
            other
            for other in form.slots
            if other.type is slot.type and (not slot.choices or _offers(other, text))
        ]
        if len(alike) == 1:
            return text
    return f"{slot.label} {text}"


def _offers(slot: Slot, text: str) -> bool:
    return any(choice.value == text for choice in slot.choices)


def expected(slot: Slot, *, day_first: bool) -> str:
    """Return what an answer should look like, as a sentence."""
    if slot.hint:
        return slot.hint
    if slot.type is SlotType.NUMBER:
        unit = f" of {slot.unit}" if slot.unit else ""
        bounds = f", {limits(slot)}" if slot.min is not None or slot.max is not None else ""
        return f"Please give me a {'whole ' if slot.whole else ''}number{unit}{bounds}."
    if slot.type is SlotType.DATE:
        figures = "3/12/2026" if day_first else "12/3/2026"
        return f"Please give me a day, like 'tomorrow', 'next Friday', '3 December' or {figures}."
    if slot.type is SlotType.EMAIL:
        return "Please give me an e-mail address, like name@example.org."
    if slot.type is SlotType.CHOICE:
        return f"Please choose {either([choice.value for choice in slot.choices])}."
    return "Please tell me in a few words."


def limits(slot: Slot) -> str:
    """Return a number slot's bounds: `from 1 to 5`."""
    if slot.min is not None and slot.max is not None:
        return f"from {worded(slot.min)} to {worded(slot.max)}"
    if slot.min is not None:
        return f"at least {worded(slot.min)}"
    return f"at most {worded(slot.max)}"


def either(words: Sequence[str]) -> str:
    """Return words as a choice: `a, b or c`."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def after_that(form: Form, others: Sequence[FormProgress]) -> str:
    """Say what else will be asked about, like "The headset comes after that."."""
    names = [
        shown(slot, other.slots[slot.name])
        for other in others
        for slot in form.slots
        if slot.type is SlotType.CHOICE and slot.name in other.slots
    ]
    if len(names) == 1:
        return f"The {names[0]} comes after that."
    return f"The {', '.join(names[:-1])} and {names[-1]} come after that."


def sentence(text: str) -> str:
    """Return a part of a sentence as a whole one."""
    return f"{capital(text)}."


def capital(text: str) -> str:
    """Return a text with its first letter in upper case, the rest as it was."""
    return text[:1].upper() + text[1:]
