"""The forms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from yaml.nodes import Node

from agent.configuration.nodes import Entry
from agent.configuration.reading.keys import KEYS
from agent.configuration.reading.section import SectionReader, label_of
from agent.configuration.reading.slots import read_slots
from agent.configuration.reading.steps import read_step, remember_step
from agent.configuration.schema import Form

__all__ = ["read_forms"]


def read_forms(reader: SectionReader, node: Node, *, day_first: bool) -> Mapping[str, Form]:
    """Read the forms.

    Args:
        reader: Takes down what is wrong.
        node: The section.
        day_first: How forms that say nothing of it read 3/12.
    """
    forms: dict[str, Form] = {}
    for entry in reader.entries(node, "forms"):
        reader.check_name(entry, f"forms.{entry.name}")
        reader.mentions.forms[entry.name] = entry.key
        form = _form(reader, entry, day_first)
        if form is not None:
            forms[entry.name] = form
    return forms


def _form(reader: SectionReader, entry: Entry, day_first: bool) -> Form | None:
    where = f"forms.{entry.name}"
    found = reader.fields(entry.value, where, KEYS["form"], required=("slots", "then"))
    if "slots" not in found or "then" not in found:
        return None
    slots = read_slots(reader, found["slots"].value, f"{where}.slots")
    then_node = found["then"].value
    then_found = reader.fields(then_node, f"{where}.then", KEYS["then"])
    then = read_step(reader, then_node, then_found, f"{where}.then")
    options: dict[str, Any] = {}
    names = frozenset(slot.name for slot in slots)
    for key in ("start", "confirm", "cancelled"):
        if key in found and (text := reader.template(found[key].value, f"{where}.{key}")):
            options[key] = text
            allowed = names if key == "confirm" else frozenset[str]()
            reader.mentions.template(found[key].value, f"{where}.{key}", text, slots=allowed)
    if "tries" in found:
        options["tries"] = reader.whole(found["tries"].value, f"{where}.tries", 3, least=1, most=10)
    if "day_first" in found:
        day_first = reader.flag(found["day_first"].value, f"{where}.day_first", day_first)
    label = reader.optional_text(found, "label", where) or label_of(entry.name)
    if then is None or not slots:
        return None
    form = Form(entry.name, slots, then, label, day_first=day_first, **options)
    remember_step(reader, then, then_found, f"{where}.then", form=form)
    return form
