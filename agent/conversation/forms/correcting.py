"""Corrections of what was said before: "no, make it Friday", "change the item to a mouse"."""

from __future__ import annotations

import re
from collections.abc import Mapping

from agent.configuration.schema import Slot, SlotType
from agent.conversation.forms.state import FormState, FormStep
from agent.conversation.forms.steps import ask_anew, change
from agent.conversation.forms.values import Read
from agent.conversation.forms.wording import names
from agent.types import FormProgress, SlotValue
from agent.understanding import small_words
from agent.understanding.small_words import plain

__all__ = [
    "added",
    "corrected",
    "corrected_summary",
    "several",
    "unasked",
]

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


def corrected(state: FormState, text: str, read: Read) -> FormStep | None:
    """Take a correction of a slot that was filled before, if the message is one.

    Args:
        state: Where the form stands.
        text: The message.
        read: What it gives as an answer to the open question.
    """
    asked = state.asked
    wish = small_words.change_in(text)
    if wish is not None:
        named = _slot_named(state, wish.rest)
        if named is not None and named[0] is not asked and named[0].name in state.slots:
            return _named(state, named[0], text[wish.start + named[1] :])
        if wish.verb not in ("make", "set") and _LAST_ONE.fullmatch(wish.rest.strip()):
            last = state.last_filled
            return None if last is None else ask_anew(state, last)
    if asked is not None and asked.type is SlotType.TEXT:
        return None
    if asked is not None and asked.type is SlotType.NUMBER and read.value is None:
        # "August 3rd", to "how many days?", is the day that was given before.
        moved = _only_day(state, text)
        if moved is not None:
            return moved
    stated = _stated(state, text)
    if stated is not None:
        return stated
    if small_words.softly_corrects(text):
        return _softly(state, text, read)
    return None


def _only_day(state: FormState, text: str) -> FormStep | None:
    """Take a day where a number was asked for as a correction of the form's one day."""
    slots = [slot for slot in state.form.slots if slot.type is SlotType.DATE]
    if len(slots) != 1 or slots[0].name not in state.slots:
        return None
    values = _differing(state, slots[0], text)
    return change(state, slots[0], values[0]) if len(values) == 1 else None


def corrected_summary(state: FormState, text: str) -> FormStep | None:
    """Take a correction under a summary, where a name or a value alone is one too."""
    return (
        corrected(state, text, Read(None)) or _name_alone(state, text) or _value_alone(state, text)
    )


def _named(state: FormState, slot: Slot, rest: str) -> FormStep:
    """Take what follows a slot's name: " to a mouse"."""
    to = _NEW_VALUE.match(rest)
    value_text = to[1] if to else rest
    if not value_text.strip(" .!?,"):
        return ask_anew(state, slot)
    if to is None and slot.type is SlotType.TEXT:
        return ask_anew(state, slot)
    read = state.read(slot, value_text.strip(" .!?"))
    if read.value is not None:
        return change(state, slot, read.value)
    return ask_anew(state, slot, problem=read.problem)


def _stated(state: FormState, text: str) -> FormStep | None:
    """Take "the date should be Friday" or "item: keyboard" for a filled slot."""
    found = _STATED.match(small_words.plain(text))
    if found is None:
        return None
    label = found["label"].strip()
    for slot in state.form.slots:
        filled = slot is not state.asked and slot.name in state.slots
        if filled and label in names(slot):
            read = state.read(slot, text[found.start("value") :].strip(" .!?"))
            return None if read.value is None else change(state, slot, read.value)
    return None


def _softly(state: FormState, text: str, read: Read) -> FormStep | None:
    """Take "no, make it Friday" for the slot it fits, the latest one first."""
    begin = small_words.without_no(text)
    filled = [state.form.slot(name) for name in reversed(list(state.slots))]
    asked = state.asked
    if asked is not None and read.value is not None:
        # The answer asked for, unless the "no" points back at the one before.
        filled = [slot for slot in filled[:1] if begin > 0 and slot.type is asked.type]
    for slot in filled:
        fitting = _differing(state, slot, text[begin:])
        if len(fitting) == 1:
            return change(state, slot, fitting[0])
    return None


def _name_alone(state: FormState, text: str) -> FormStep | None:
    """Take "the date" after "what should I change?"."""
    words = re.sub(r"^(?:the|my|no|please|just)[\s,]+", "", small_words.plain(text)).strip(" .!")
    words = re.sub(r"^(?:the|my)\s+|\s+please$", "", words)
    for slot in state.form.slots:
        if words in names(slot):
            return ask_anew(state, slot)
    return None


def _value_alone(state: FormState, text: str) -> FormStep | None:
    """Take "Friday" under a summary for the one slot that it fits."""
    if small_words.asks_something(text):
        return None
    fitting = [
        (slot, value) for slot in state.form.slots for value in _differing(state, slot, text)
    ]
    return change(state, *fitting[0]) if len(fitting) == 1 else None


def _differing(state: FormState, slot: Slot, text: str) -> list[SlotValue]:
    """Return the values named for a slot that aren't the one it has."""
    found = [read.value for read in state.mentions(slot, text)]
    return [value for value in found if value is not None and value != state.slots.get(slot.name)]


def _slot_named(state: FormState, rest: str) -> tuple[Slot, int] | None:
    """Return the slot that a wish names, and where the name ends."""
    best: tuple[Slot, int, int] | None = None
    for slot in state.form.slots:
        for name in names(slot):
            found = re.match(rf"(?:the |my |its? )?{re.escape(name)}(?!\w)", rest)
            if found and (best is None or len(name) > best[2]):
                best = (slot, found.end(), len(name))
    if best is not None:
        return best[0], best[1]
    for kind, words in _KIND_WORDS.items():
        slots = [slot for slot in state.form.slots if slot.type is kind]
        found = re.match(rf"(?:the |my )?(?:{words})(?!\w)", rest)
        if found and len(slots) == 1:
            return slots[0], found.end()
    return None


_MAX_GAP_CHARS = 2
"""What may lie between a number and what it counts."""


def unasked(state: FormState, text: str, *, beside: Read | None = None) -> dict[str, Read]:
    """Return values for empty slots that a message names without ambiguity.

    Args:
        state: Where the form stands.
        text: The message.
        beside: The answer to the question that was asked, whose place is taken.
    """
    missing = state.missing
    found = {
        slot.name: [
            read
            for read in state.mentions(slot, text)
            if beside is None or not _overlap(read, beside)
        ]
        for slot in missing
    }
    others = [
        read for slot in missing if slot.type is not SlotType.NUMBER for read in found[slot.name]
    ]
    if beside is not None:
        others.append(beside)
    taken: dict[str, Read] = {}
    for slot in missing:
        reads = found[slot.name]
        if slot.type is SlotType.NUMBER:
            reads = [read for read in reads if _counts(slot, read, others, text)]
        if slot.type is SlotType.TEXT:
            # The figures of a date or an amount are nobody's telephone number.
            reads = [
                read
                for read in reads
                if all(other is read or not _overlap(read, other) for other in others)
            ]
        rivals = [
            other
            for other in missing
            if other is not slot and other.type is slot.type and _rivals(slot, other, found)
        ]
        if len({read.value for read in reads}) == 1 and not rivals:
            taken[slot.name] = reads[0]
    return taken


def several(state: FormState, text: str) -> tuple[dict[str, SlotValue], tuple[FormProgress, ...]]:
    """Return the first of several things asked for, and the form again for each of the others.

    "A mouse and a headset" are two orders; "a mouse or a headset" is a question.
    """
    for slot in state.missing:
        if slot.type is not SlotType.CHOICE:
            continue
        reads = state.mentions(slot, text)
        values = list(dict.fromkeys(read.value for read in reads if read.value is not None))
        between = text[reads[0].end : reads[-1].start] if reads else ""
        if 1 < len(values) <= _MOST_AT_ONCE and not re.search(r"\bor\b", between, re.IGNORECASE):
            first, *rest = ({**state.slots, slot.name: value} for value in values)
            others = tuple(FormProgress(state.form.name, slots) for slots in rest)
            return {slot.name: first[slot.name]}, others
    return {}, ()


def added(state: FormState, text: str) -> tuple[FormProgress, ...]:
    """Return the form again for what a message asks for besides: "and a mouse too"."""
    if not _ADDS.search(text):
        return ()
    for slot in state.form.slots:
        if slot.type is SlotType.CHOICE and slot.name in state.slots:
            values = {read.value for read in state.mentions(slot, text)}
            fresh = [v for v in values if v is not None and v != state.slots[slot.name]]
            if len(fresh) == 1:
                return (FormProgress(state.form.name, {slot.name: fresh[0]}),)
    return ()


_MOST_AT_ONCE = 3
_ADDS = re.compile(
    r"^\W*(?:oh|ah|ok|okay|yes|please)?\W*(?:and|also|plus|another|one more)\b"
    r"|\b(?:too|also|as well|in addition)\b",
    re.IGNORECASE,
)


def _overlap(one: Read, other: Read) -> bool:
    return one.start < other.end and other.start < one.end


def _rivals(slot: Slot, other: Slot, found: Mapping[str, list[Read]]) -> bool:
    """Whether two slots could take the same words."""
    places = {(read.start, read.end) for read in found[slot.name]}
    return any((read.start, read.end) in places for read in found[other.name])


def _counts(slot: Slot, read: Read, others: list[Read], text: str) -> bool:
    """Whether a number beside other things is meant for this slot.

    It is if the slot's unit or name follows it, or another value that was named: "two
    monitors". A number inside a date or an address isn't.
    """
    if any(_overlap(read, other) for other in others):
        return False
    after = plain(text[read.end :]).lstrip()
    words = [slot.unit.lower(), *names(slot)]
    if any(word and after.startswith(word.rstrip("s")) for word in words):
        return True
    gaps = [other.start - read.end for other in others if other.start >= read.end]
    return bool(gaps) and min(gaps) <= _MAX_GAP_CHARS
