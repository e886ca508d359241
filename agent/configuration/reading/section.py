"""What the readers of all sections share."""

from __future__ import annotations

import re
from collections.abc import Mapping

from agent.configuration.mentions import Mentions
from agent.configuration.nodes import Entry, NodeReader, Problems

__all__ = ["NAME", "SectionReader", "label_of"]

NAME = re.compile(r"[a-z][a-z0-9_]*")
"""How forms, actions and slots may be called."""


class SectionReader(NodeReader):
    """Reads values off nodes; what refers to something else is remembered for the checks.

    Attributes:
        mentions: What refers to what.
    """

    def __init__(self, problems: Problems) -> None:
        super().__init__(problems)
        self.mentions = Mentions()

    def optional_text(self, found: Mapping[str, Entry], key: str, where: str) -> str:
        """Return a key's text, or an empty one where the key is missing."""
        return (self.text(found[key].value, f"{where}.{key}") or "") if key in found else ""

    def check_name(self, entry: Entry, where: str) -> None:
        """Take down a form's or an action's name that can't be referred to."""
        if not NAME.fullmatch(entry.name):
            self.wrong(
                entry.key,
                f"{where}: expected a lower-case name like 'order_equipment', got {entry.name!r}",
            )


def label_of(name: str) -> str:
    """Return how a person may call what the configuration names `it/order_monitor`."""
    return name.rsplit("/", 1)[-1].replace("_", " ").replace("-", " ").strip()
