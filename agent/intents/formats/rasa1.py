"""Rasa NLU training data of version 1: Markdown, and the JSON before it.

`## intent:name` heads a list of examples, with entities marked as in later versions;
`rasa_nlu_data` holds `common_examples`. Synonyms, regexes and lookup tables are counted and
left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from agent.intents.formats.json_nodes import JsonObject, parse_or_none
from agent.intents.formats.rasa import intent_of, plain
from agent.intents.formats.records import (
    BadLine,
    Labelled,
    Record,
    Skipped,
    SourceFile,
    Unreadable,
)
from agent.intents.formats.utterances import labelled

__all__ = ["load", "recognises"]

_HEAD = re.compile(r"^##\s*(?P<kind>intent|synonym|regex|lookup)\s*:\s*(?P<name>.*?)\s*$", re.I)


def recognises(file: SourceFile) -> bool:
    """Tell whether the file has a section `## intent:...`, or `rasa_nlu_data`."""
    if file.suffix == ".json":
        root = parse_or_none(file)
        return isinstance(root, JsonObject) and "rasa_nlu_data" in root
    try:
        return re.search(r"^##\s*intent\s*:", file.text, re.M | re.I) is not None
    except Unreadable:
        return False


def load(file: SourceFile) -> Iterator[Record]:
    """Yield every example in the order of the file."""
    root = parse_or_none(file)
    if isinstance(root, JsonObject):
        data = root.get("rasa_nlu_data")
        if not isinstance(data, JsonObject):
            raise Unreadable("`rasa_nlu_data` is no object; expected one with `common_examples`")
        for record in labelled(data.get("common_examples", [])):
            if isinstance(record, Labelled):
                yield Labelled(record.text, intent_of(record.intent or ""), record.line)
            else:
                yield record
        return
    kind, intent = "", None
    for line, text in enumerate(file.text.splitlines(), 1):
        if head := _HEAD.match(text):
            kind, intent = head["kind"].lower(), intent_of(head["name"])
            if kind != "intent":
                yield Skipped(kind)
        elif kind == "intent" and (example := text.strip()):
            if example[0] in "-*+":
                yield Labelled(plain(example[1:].strip()), intent, line)
            elif not example.startswith(("#", "<!--", ">")):
                yield BadLine(line, f"the example {example!r:.80} has no '- ' before it; add it")
