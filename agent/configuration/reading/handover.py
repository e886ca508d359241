"""When the conversation goes to a person."""

from __future__ import annotations

from typing import Any

from yaml.nodes import MappingNode, Node

from agent.configuration.reading.keys import KEYS
from agent.configuration.reading.section import SectionReader
from agent.configuration.schema import HandoverRule, HandoverSettings
from retrieval.system.yaml_nodes import is_null

__all__ = ["read_handover"]


def read_handover(reader: SectionReader, node: Node) -> HandoverSettings:
    """Read the settings and the rules."""
    found = reader.fields(node, "handover", KEYS["handover"])
    options: dict[str, Any] = {}
    if "unsure_turns" in found:
        options["unsure_turns"] = reader.whole(
            found["unsure_turns"].value, "handover.unsure_turns", 2, least=1, most=20
        )
    if "personal" in found:
        options["personal"] = reader.flag(found["personal"].value, "handover.personal", False)
    if "return_after_h" in found:
        options["return_after_h"] = reader.number(
            found["return_after_h"].value, "handover.return_after_h", 12.0, least=0, most=10_000
        )
    if "rules" in found and not is_null(found["rules"].value):
        rules = [
            _rule(reader, item, "handover.rules")
            for item in reader.items(found["rules"].value, "handover.rules")
        ]
        options["rules"] = tuple(rule for rule in rules if rule is not None)
    return HandoverSettings(**options)


def _rule(reader: SectionReader, node: Node, where: str) -> HandoverRule | None:
    found = reader.fields(node, where, KEYS["rule"], required=("name",))
    name = reader.text(found["name"].value, f"{where}.name") if "name" in found else None
    words = reader.texts(found["words"].value, f"{where}.words") if "words" in found else ()
    intents: list[str] = []
    if "intent" in found:
        for item in reader.one_or_more(found["intent"].value, f"{where}.intent"):
            intent = reader.text(item, f"{where}.intent")
            if intent is not None:
                intents.append(intent)
                reader.mentions.intents.append((intent, item, f"{where}.intent"))
    if isinstance(node, MappingNode) and not words and not intents:
        reader.wrong(node, f"{where}: a rule needs 'words' or 'intent'")
    return None if name is None else HandoverRule(name, words, tuple(intents))
