"""LUIS JSON: the export of an app's version, schemas 2 to 7, or a batch test file.

Utterances with the intent `None` are out of scope. Patterns are counted and left out, since
they are templates with holes and nobody wrote them as a message.
"""

from __future__ import annotations

from collections.abc import Iterator

from agent.intents.formats.json_nodes import JsonObject, parse, parse_or_none
from agent.intents.formats.records import Record, Skipped, SourceFile, Unreadable
from agent.intents.formats.utterances import labelled

__all__ = ["load", "recognises"]


def recognises(file: SourceFile) -> bool:
    """Tell whether the file is an object with utterances, or a list of them."""
    root = parse_or_none(file)
    if isinstance(root, JsonObject):
        return "utterances" in root
    first = root[0] if isinstance(root, list) and root else None
    return isinstance(first, JsonObject) and "text" in first and "intent" in first


def load(file: SourceFile) -> Iterator[Record]:
    """Yield every utterance in the order of the file."""
    root = parse_or_none(file) or parse(file)
    if isinstance(root, list):
        yield from labelled(root)
        return
    if not isinstance(root, JsonObject) or "utterances" not in root:
        keys = sorted(root)[:8] if isinstance(root, JsonObject) else root
        raise Unreadable(
            f"the file holds {keys!r:.120}; expected LUIS's `utterances`, CLU's `assets`, or a "
            "Dialogflow intent"
        )
    yield from labelled(root["utterances"])
    patterns = root.get("patterns")
    if isinstance(patterns, list) and patterns:
        yield Skipped("pattern", len(patterns))
