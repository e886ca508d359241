"""The actions: calls to endpoints of the company's own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from yaml.nodes import Node

from agent.configuration.nodes import Entry
from agent.configuration.reading.keys import KEYS
from agent.configuration.reading.section import SectionReader
from agent.configuration.schema import Action

__all__ = ["read_actions"]

_METHODS = ("GET", "HEAD", "PUT", "DELETE", "POST", "PATCH")
_HEADER = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_ADDRESS = re.compile(
    r"(?:\$\{\w+\}|https?://(?:[^/?#{}\s\\$]|\$\{\w+\})+)(?:[/?#]|$)", re.IGNORECASE
)


def read_actions(reader: SectionReader, node: Node) -> Mapping[str, Action]:
    """Read the actions."""
    actions: dict[str, Action] = {}
    for entry in reader.entries(node, "actions"):
        reader.check_name(entry, f"actions.{entry.name}")
        reader.mentions.actions[entry.name] = entry.key
        action = _action(reader, entry)
        if action is not None:
            actions[entry.name] = action
    return actions


def _action(reader: SectionReader, entry: Entry) -> Action | None:
    where = f"actions.{entry.name}"
    found = reader.fields(entry.value, where, KEYS["action"], required=("url",))
    options: dict[str, Any] = {}
    for key, field_entry in found.items():
        node, here = field_entry.value, f"{where}.{key}"
        value: Any
        if key in ("url", "failed", "reply"):
            value = reader.template(node, here)
        elif key == "method":
            value = reader.one_of(node, here, _METHODS, "GET")
        elif key in ("headers", "query"):
            value = _pairs(reader, node, here)
        elif key == "json":
            value = reader.json(node, here)
        elif key == "timeout_s":
            value = reader.number(node, here, 5.0, least=0.1, most=60)
        elif key == "backoff_s":
            value = reader.number(node, here, 0.2, least=0, most=10)
        elif key == "retries":
            value = reader.whole(node, here, 2, least=0, most=5)
        elif key == "max_bytes":
            value = reader.whole(node, here, 1_000_000, least=1, most=100_000_000)
        else:
            value = reader.flag(node, here, False)
        if value is not None:
            options[key] = value
    if "url" in options and not _ADDRESS.match(options["url"]):
        reader.wrong(
            found["url"].value,
            f"{where}.url: expected http:// or https:// and a host that no slot changes "
            f"(an environment variable may), got {options['url']!r}",
        )
    if "json" in options and options.get("method", "GET") in ("GET", "HEAD"):
        reader.wrong(
            found["json"].key,
            f"{where}.json: a {options.get('method', 'GET')} sends no body; use method: POST",
        )
    if "url" not in options:
        return None
    action = Action(entry.name, **options)
    reader.mentions.action(action, found)
    return action


def _pairs(reader: SectionReader, node: Node, where: str) -> Mapping[str, str]:
    pairs: dict[str, str] = {}
    for entry in reader.entries(node, where):
        value = reader.template(entry.value, f"{where}.{entry.name}", empty=True)
        if where.endswith(".headers"):
            if not _HEADER.fullmatch(entry.name):
                reader.wrong(entry.key, f"{where}: {entry.name!r} is no header's name")
            if value is not None and re.search(r"[\r\n\0]", value):
                reader.wrong(entry.value, f"{where}.{entry.name}: a header is one line")
        if value is not None:
            pairs[entry.name] = value
    return pairs
