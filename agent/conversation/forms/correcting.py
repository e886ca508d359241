"""Corrections of what was said before: "no, make it Friday", "change the item to a mouse"."""

from __future__ import annotations

import re
from collections.abc import Mapping

from agent.configuration.schema import Slot, SlotType
from agent.conversation.forms import phrases
from agent.conversation.forms.standing import Standing
from agent.conversation.forms.steps import ask_anew, change
from agent.conversation.forms.types import FormStep
from agent.conversation.forms.values import Read
from agent.conversation.forms.wording import names
from agent.types import SlotValue

__all__ = ["corrected", "corrected_summary"]

_KIND_WORDS: Mapping[SlotType, str] = {
    SlotType.DATE: "date|day|deadline|when",
    SlotType.EMAIL: "e-?mail(?: address)?|mail|address",
    SlotType.NUMBER: "number|quantity|amount|count",
    SlotType.CHOICE: "choice|option|selection",
}
"""How a person may call the only slot of a type."""

_LAST_ONE = re.compile(r"(?:it|that|something|this|my answer|one thing)")
_NEW_VALUE = re.compile(
    r"\s*(?:,|from\b.*?\bto\b|to be\b|to\b|into\b|should be\b|is\b|be\b|with\b|=|:)\s*(.+)",
    re.IGNORECASE | re.DOTALL,
)
_STATED = re.compile(
    r"(?:(?:no|oh|actually|sorry|wait|but|well|and|yes)[\s,.!:;-]+)*(?:the |my )?"
    r"(?P<label>[\w -]{1,40}?)\s*"
    r"(?:should (?:be|have been)|must be|has to be|is|was|=|:)\s+(?P<value>.+)",
    re.DOTALL,
)


def corrected(standing: Standing, text: str, read: Read) -> FormStep | None:
    """Take a correction of a slot that was filled before, if the message is one.

    Args:
        standing: Where the form stands.
        text: The message.
        read: What it gives as an answer to the open question.
    """
    asked = standing.asked
    wish = phrases.change_in(text)
    if wish is not None:
        named = _slot_named(standing, wish.rest)
        if named is not None and named[0] is not asked and named[0].name in standing.slots:
            return _named(standing, named[0], text[wish.start + named[1] :])
        if wish.verb not in ("make", "set") and _LAST_ONE.fullmatch(wish.rest.strip()):
            last = standing.last_filled
            return None if last is None else ask_anew(standing, last)
    if asked is not None and asked.type is SlotType.TEXT:
        return None
    stated = _stated(standing, text)
    if stated is not None:
        return stated
    if phrases.softly_corrects(text):
        return _softly(standing, text, read)
    return None


def corrected_summary(standing: Standing, text: str) -> FormStep | None:
    """Take a correction under a summary, where a name or a value alone is one too."""
    return (
        corrected(standing, text, Read(None))
        or _name_alone(standing, text)
        or _value_alone(standing, text)
    )


def _named(standing: Standing, slot: Slot, rest: str) -> FormStep:
    """Take what follows a slot's name: " to a mouse"."""
    to = _NEW_VALUE.match(rest)
    value_text = to[1] if to else rest
    if not value_text.strip(" .!?,"):
        return ask_anew(standing, slot)
    if to is None and slot.type is SlotType.TEXT:
        return ask_anew(standing, slot)
    read = standing.read(slot, value_text.strip(" .!?"))
    if read.value is not None:
        return change(standing, slot, read.value)
    return ask_anew(standing, slot, problem=read.problem)


def _stated(standing: Standing, text: str) -> FormStep | None:
    """Take "the date should be Friday" or "item: keyboard" for a filled slot."""
    found = _STATED.match(phrases.plain(text))
    if found is None:
        return None
    label = found["label"].strip()
    for slot in standing.form.slots:
        filled = slot is not standing.asked and slot.name in standing.slots
        if filled and label in names(slot):
            read = standing.read(slot, text[found.start("value") :].strip(" .!?"))
            return None if read.value is None else change(standing, slot, read.value)
    return None


def _softly(standing: Standing, text: str, read: Read) -> FormStep | None:
    """Take "no, make it Friday" for the slot it fits, the latest one first."""
    begin = phrases.without_no(text)
    filled = [standing.form.slot(name) for name in reversed(list(standing.slots))]
    asked = standing.asked
    if asked is not None and read.value is not None:
        # The answer asked for, unless the "no" points back at the one before.
        filled = [slot for slot in filled[:1] if begin > 0 and slot.type is asked.type]
    for slot in filled:
        fitting = _differing(standing, slot, text[begin:])
        if len(fitting) == 1:
            return change(standing, slot, fitting[0])
    return None


def _name_alone(standing: Standing, text: str) -> FormStep | None:
    """Take "the date" after "what should I change?"."""
    words = re.sub(r"^(?:the|my|no|please|just)[\s,]+", "", phrases.plain(text)).strip(" .!")
    words = re.sub(r"^(?:the|my)\s+|\s+please$", "", words)
    for slot in standing.form.slots:
        if words in names(slot):
            return ask_anew(standing, slot)
    return None


def _value_alone(standing: Standing, text: str) -> FormStep | None:
    """Take "Friday" under a summary for the one slot that it fits."""
    if phrases.asks_something(text):
        return None
    fitting = [
        (slot, value) for slot in standing.form.slots for value in _differing(standing, slot, text)
    ]
    return change(standing, *fitting[0]) if len(fitting) == 1 else None


def _differing(standing: Standing, slot: Slot, text: str) -> list[SlotValue]:
    """Return the values named for a slot that aren't the one it has."""
    found = [read.value for read in standing.mentions(slot, text)]
    return [
        value for value in found if value is not None and value != standing.slots.get(slot.name)
    ]


def _slot_named(standing: Standing, rest: str) -> tuple[Slot, int] | None:
    """Return the slot that a wish names, and where the name ends."""
    best: tuple[Slot, int, int] | None = None
    for slot in standing.form.slots:
        for name in names(slot):
            found = re.match(rf"(?:the |my |its? )?{re.escape(name)}(?!\w)", rest)
            if found and (best is None or len(name) > best[2]):
                best = (slot, found.end(), len(name))
    if best is not None:
        return best[0], best[1]
    for kind, words in _KIND_WORDS.items():
        slots = [slot for slot in standing.form.slots if slot.type is kind]
        found = re.match(rf"(?:the |my )?(?:{words})(?!\w)", rest)
        if found and len(slots) == 1:
            return slots[0], found.end()
    return None
