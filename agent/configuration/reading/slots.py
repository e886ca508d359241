"""The slots of a form: what is asked for, and what fits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from yaml.nodes import MappingNode, Node

from agent.configuration.dates import boundary
from agent.configuration.nodes import Entry
from agent.configuration.reading.keys import COMMON_SLOT_KEYS, KEYS, SLOT_KEYS
from agent.configuration.reading.section import NAME, SectionReader, label_of
from agent.configuration.schema import Choice, DateWindow, Slot, SlotType

__all__ = ["read_slots"]

_RESERVED = frozenset({"response"})
"""In templates that is what an endpoint said."""


def read_slots(reader: SectionReader, node: Node, where: str) -> tuple[Slot, ...]:
    """Read a form's slots; a form has at least one."""
    slots: dict[str, Slot] = {}
    items = reader.items(node, where)
    if not items:
        reader.wrong(node, f"{where}: a form asks for at least one slot")
    for item in items:
        slot = _slot(reader, item, where)
        if slot is None:
            continue
        if slot.name in slots:
            reader.wrong(item, f"{where}: two slots are called {slot.name!r}")
        slots[slot.name] = slot
    return tuple(slots.values())


def _slot(reader: SectionReader, node: Node, where: str) -> Slot | None:
    found = reader.fields(node, where, KEYS["slot"], required=("name", "ask"))
    name = reader.text(found["name"].value, f"{where}.name") if "name" in found else None
    ask = reader.text(found["ask"].value, f"{where}.ask") if "ask" in found else None
    at = f"{where}.{name}" if name else where
    kind = SlotType.TEXT
    if "type" in found:
        kinds = [str(option.value) for option in SlotType]
        kind = SlotType(reader.one_of(found["type"].value, f"{at}.type", kinds, "text"))
    options = _options(reader, found, kind, at)
    if kind is SlotType.CHOICE and not options.get("choices"):
        reader.wrong(node, f"{at}: a choice needs 'choices', at least one")
    _check_range(reader, node, options, at)
    if name is None or ask is None:
        return None
    if not NAME.fullmatch(name) or name in _RESERVED:
        reader.wrong(
            found["name"].value,
            f"{at}: a slot's name is a lower-case word like 'needed_by' "
            f"(and not 'response'), got {name!r}",
        )
    label = reader.optional_text(found, "label", at) or label_of(name)
    return Slot(name, kind, ask, label, **options)


def _options(
    reader: SectionReader, found: Mapping[str, Entry], kind: SlotType, at: str
) -> dict[str, Any]:
    options: dict[str, Any] = {}
    for key, entry in found.items():
        node, here = entry.value, f"{at}.{key}"
        if key not in COMMON_SLOT_KEYS and key not in SLOT_KEYS[kind]:
            fits = [str(other) for other, keys in SLOT_KEYS.items() if key in keys]
            reader.wrong(
                entry.key, f"{here}: belongs to {' or '.join(fits)} slots; this is a {kind}"
            )
        elif key in ("optional", "personal", "whole"):
            options[key] = reader.flag(node, here, False)
        elif key in ("min", "max"):
            options[key] = reader.number(node, here, 0.0)
        elif key in ("hint", "unit"):
            options[key] = reader.text(node, here) or ""
        elif key == "pattern":
            options[key] = reader.pattern(node, here)
        elif key == "choices":
            options[key] = _choices(reader, node, here)
        elif key == "when":
            allowed = [str(window.value) for window in DateWindow]
            options[key] = DateWindow(reader.one_of(node, here, allowed, "any"))
        elif key in ("earliest", "latest"):
            text = reader.text(node, here)
            try:
                boundary(text or "today")
            except ValueError as error:
                reader.wrong(node, f"{here}: {error}")
                continue
            options[key] = text
    return options


def _choices(reader: SectionReader, node: Node, where: str) -> tuple[Choice, ...]:
    choices: list[Choice] = []
    taken: dict[str, str] = {}
    for item in reader.items(node, where):
        words: tuple[str, ...]
        if isinstance(item, MappingNode):
            entries = reader.entries(item, where)
            if len(entries) != 1:
                reader.wrong(item, f"{where}: expected `value: [synonyms]`")
                continue
            value: str | None = entries[0].name
            words = reader.texts(entries[0].value, where)
        else:
            value, words = reader.text(item, where), ()
        if value is None:
            continue
        for word in (value, *words):
            owner = taken.setdefault(word.casefold().strip(), value)
            if owner != value or (word is value and value in [c.value for c in choices]):
                reader.wrong(item, f"{where}: {word!r} already means {owner!r}")
        choices.append(Choice(value, words))
    return tuple(choices)


def _check_range(reader: SectionReader, node: Node, options: Mapping[str, Any], at: str) -> None:
    least, most = options.get("min"), options.get("max")
    if least is not None and most is not None and least > most:
        reader.wrong(node, f"{at}: 'min' {least:g} is above 'max' {most:g}")
    if options.get("earliest") and options.get("latest"):
        first, last = boundary(options["earliest"]), boundary(options["latest"])
        if first.relative == last.relative and first.order > last.order:
            reader.wrong(
                node,
                f"{at}: 'earliest' {options['earliest']!r} is after 'latest' {options['latest']!r}",
            )
