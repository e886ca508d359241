"""A value found in a message, with its place."""

from __future__ import annotations

from dataclasses import dataclass

from agent.types import SlotValue

__all__ = ["Match", "without_overlaps"]


@dataclass(frozen=True)
class Match:
    """A value and where it stands.

    Attributes:
        value: As a slot keeps it; None if the text names a value that doesn't exist.
        start: First character in the message.
        end: One past the last.
        problem: Why there is no value ("there is no 31 February"); empty otherwise.
    """

    value: SlotValue | None
    start: int
    end: int
    problem: str = ""


def without_overlaps(found: list[Match]) -> list[Match]:
    """Keep the longest of overlapping finds, in the order of the text."""
    taken = bytearray(max((one.end for one in found), default=0))
    kept: list[Match] = []
    for one in sorted(found, key=lambda f: (f.start - f.end, f.start)):
        if not any(taken[one.start : one.end]):
            taken[one.start : one.end] = b"\1" * (one.end - one.start)
            kept.append(one)
    return sorted(kept, key=lambda f: f.start)
