"""The keys that each section takes; `docs/agent.md` is checked against them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from agent.configuration.schema import Action, Routing, SlotType, Texts

__all__ = ["COMMON_SLOT_KEYS", "KEYS", "SLOT_KEYS", "STEPS"]

STEPS = ("reply", "answer", "form", "call", "handover")
"""What an intent or a form can lead to; each is a key."""

COMMON_SLOT_KEYS = ("name", "type", "ask", "label", "hint", "optional", "personal")
"""Keys of a slot of any type."""

KEYS: Mapping[str, tuple[str, ...]] = {
    "agent": (
        "name",
        "intents",
        "small_talk",
        "say",
        "handle",
        "forms",
        "actions",
        "handover",
        "mask",
        "routing",
        "languages",
        "day_first",
    ),
    "say": tuple(field.name for field in dataclasses.fields(Texts)),
    "handle": (*STEPS, "label", "urgent"),
    "form": ("slots", "then", "label", "start", "confirm", "cancelled", "tries", "day_first"),
    "then": STEPS,
    "slot": (
        *COMMON_SLOT_KEYS,
        *("choices", "pattern", "min", "max", "whole", "unit", "earliest", "latest", "when"),
    ),
    "action": tuple(field.name for field in dataclasses.fields(Action) if field.name != "name"),
    "handover": ("unsure_turns", "personal", "return_after_h", "rules"),
    "rule": ("name", "words", "intent"),
    "mask": ("name", "pattern"),
    "routing": tuple(field.name for field in dataclasses.fields(Routing)),
}
"""Section → its keys, in the order in which the reference describes them."""

SLOT_KEYS: Mapping[SlotType, tuple[str, ...]] = {
    SlotType.TEXT: ("pattern", "min", "max"),
    SlotType.NUMBER: ("min", "max", "whole", "unit"),
    SlotType.DATE: ("earliest", "latest", "when"),
    SlotType.EMAIL: (),
    SlotType.CHOICE: ("choices",),
}
"""Type of a slot → the keys that it takes besides."""
