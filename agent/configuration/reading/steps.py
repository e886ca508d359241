"""What an intent leads to, and what a form ends with: a reply, an answer, a form, a call."""

from __future__ import annotations

from collections.abc import Mapping

from yaml.nodes import MappingNode, Node, ScalarNode

from agent.configuration.nodes import Entry, meant
from agent.configuration.reading.keys import KEYS, STEPS
from agent.configuration.reading.section import SectionReader, label_of
from agent.configuration.schema import (
    Answer,
    Call,
    Form,
    Handling,
    HandOver,
    OpenForm,
    Say,
    Step,
)
from agent.types import HandoverReason

__all__ = ["read_handle", "read_step", "remember_step"]


def read_handle(reader: SectionReader, node: Node) -> Mapping[str, Handling]:
    """Read what is done about each intent."""
    handled: dict[str, Handling] = {}
    for entry in reader.entries(node, "handle"):
        where = f"handle.{entry.name}"
        reader.mentions.intents.append((entry.name, entry.key, where))
        found = reader.fields(entry.value, where, KEYS["handle"])
        step = read_step(reader, entry.value, found, where)
        label = reader.optional_text(found, "label", where) or _sentence_case(label_of(entry.name))
        if step is not None:
            urgent = "urgent" in found and reader.flag(
                found["urgent"].value, f"{where}.urgent", False
            )
            handled[entry.name] = Handling(entry.name, step, label, urgent)
            remember_step(reader, step, found, where)
    return handled


def read_step(
    reader: SectionReader, node: Node, found: Mapping[str, Entry], where: str
) -> Step | None:
    """Read the one step among some entries."""
    given = [name for name in STEPS if name in found]
    if len(given) != 1:
        if isinstance(node, MappingNode):
            got = " and ".join(repr(name) for name in given) if given else "none"
            reader.wrong(node, f"{where}: expected exactly one of {', '.join(STEPS)}; got {got}")
        return None
    kind, value, at = given[0], found[given[0]].value, f"{where}.{given[0]}"
    if kind == "reply":
        text = reader.template(value, at)
        return None if text is None else Say(text)
    if kind == "answer":
        if isinstance(value, ScalarNode) and value.tag.endswith(":bool"):
            if not reader.flag(value, at, True):
                reader.wrong(value, f"{at}: `answer: false` does nothing; leave the intent out")
            return Answer()
        question = reader.text(value, at)
        return None if question is None else Answer(question)
    if kind == "handover":
        return _hand_over(reader, value, at)
    name = reader.text(value, at)
    if name is None:
        return None
    return OpenForm(name) if kind == "form" else Call(name)


def _hand_over(reader: SectionReader, value: Node, at: str) -> HandOver | None:
    detail = reader.text(value, at)
    if detail is None:
        return None
    asked = HandoverReason.ASKED.value
    if detail == asked:
        return HandOver(HandoverReason.ASKED)
    if "did you mean" in meant(detail, [asked]):
        reader.wrong(value, f"{at}: unknown value {detail!r}{meant(detail, [asked])}")
    return HandOver(HandoverReason.RULE, detail)


def remember_step(
    reader: SectionReader,
    step: Step,
    found: Mapping[str, Entry],
    where: str,
    *,
    form: Form | None = None,
) -> None:
    """Remember a step for the checks.

    Args:
        reader: Where it is remembered.
        step: The step.
        found: The entries that it was read from.
        where: Where they stand.
        form: The form that ends with it, if one does.
    """
    kind = next(name for name in STEPS if name in found)
    reader.mentions.step(step, found[kind].value, f"{where}.{kind}", form=form)


def _sentence_case(text: str) -> str:
    return text[:1].upper() + text[1:]
