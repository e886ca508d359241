"""Exports of Watson Assistant and Botpress: a list of intents, each with its examples.

Botpress keeps examples by language: English ones are taken, or else the first language's.
QnABot's questions have answers beside them and are articles, not intents: that is said.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agent.intents.formats.json_nodes import JsonObject, parse_or_none
from agent.intents.formats.languages import chosen_language
from agent.intents.formats.records import (
    BadLine,
    Labelled,
    Record,
    Skipped,
    SourceFile,
    Unreadable,
    label_of,
)

__all__ = ["load", "recognises"]


def recognises(file: SourceFile) -> bool:
    """Tell whether the file is one of these exports."""
    root = parse_or_none(file)
    if isinstance(root, JsonObject) and isinstance(root.get("qna"), list):
        return True
    intents = _intents(root)
    first = intents[0] if intents else None
    return isinstance(first, JsonObject) and ("examples" in first or "utterances" in first)


def load(file: SourceFile) -> Iterator[Record]:
    """Yield every example in the order of the file."""
    root = parse_or_none(file)
    if isinstance(root, JsonObject) and isinstance(root.get("qna"), list):
        raise Unreadable(
            "the file holds questions with their answers (QnABot), which are articles, not "
            "intents; save them as CSV with the columns id, title and body (or as .qna) and "
            "index that with `frontdesk index`"
        )
    for intent in _intents(root):
        if not isinstance(intent, JsonObject):
            yield BadLine(0, f"an intent is {intent!r:.80}; expected an object")
            continue
        name = intent.get("intent", intent.get("name"))
        if not isinstance(name, str):
            yield BadLine(intent.line, f"an intent's name is {name!r:.80}; expected a text")
            continue
        label = None if name.casefold() in ("none", "irrelevant") else label_of(name)
        yield from _examples(intent, label)


def _intents(root: Any) -> list[Any]:
    found = root.get("intents") if isinstance(root, JsonObject) else root
    return found if isinstance(found, list) else []


def _examples(intent: JsonObject, label: str | None) -> Iterator[Record]:
    said = intent.get("examples", intent.get("utterances"))
    if isinstance(said, JsonObject):
        chosen = chosen_language(list(said), next(iter(said), ""))
        for language in said:
            if language not in chosen:
                yield Skipped("other language", len(said[language]))
        said = [text for language in said if language in chosen for text in said[language]]
    for example in said if isinstance(said, list) else []:
        text = example.get("text") if isinstance(example, JsonObject) else example
        line = example.line if isinstance(example, JsonObject) else intent.line
        if isinstance(text, str):
            yield Labelled(text, label, line)
        else:
            yield BadLine(line, f"an example is {example!r:.80}; expected a text")
