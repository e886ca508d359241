"""Values that a message names without being asked: "two monitors by Friday"."""

from __future__ import annotations

from collections.abc import Mapping

from agent.configuration.schema import Slot, SlotType
from agent.conversation.forms.phrases import plain
from agent.conversation.forms.standing import Standing
from agent.conversation.forms.values import Read
from agent.conversation.forms.wording import names

__all__ = ["unasked"]

_MAX_GAP_CHARS = 2
"""What may lie between a number and what it counts."""


def unasked(standing: Standing, text: str, *, beside: Read | None = None) -> dict[str, Read]:
    """Return values for empty slots that a message names without ambiguity.

    Args:
        standing: Where the form stands.
        text: The message.
        beside: The answer to the question that was asked, whose place is taken.
    """
    missing = standing.missing
    found = {
        slot.name: [
            read
            for read in standing.mentions(slot, text)
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
