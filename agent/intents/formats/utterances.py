"""What LUIS and its successor CLU share: a list of utterances, each with text and intent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from agent.intents.formats.json_nodes import JsonObject
from agent.intents.formats.records import BadLine, Labelled, Record, Unreadable, label_of

__all__ = ["labelled"]

_NONE = "None"
"""The intent that every LUIS and CLU project has, for what belongs to no other."""


def labelled(
    utterances: Any, *, left_out: Callable[[JsonObject], Record | None] = lambda _row: None
) -> Iterator[Record]:
    """Yield a labelled message an utterance.

    Args:
        utterances: The JSON value under that key.
        left_out: Says of an utterance why it isn't taken, or None.

    Raises:
        Unreadable: It is no list.
    """
    if not isinstance(utterances, list):
        raise Unreadable(f"utterances is {utterances!r:.80}; expected a list")
    line = 0
    for index, row in enumerate(utterances, 1):
        if not isinstance(row, JsonObject):
            yield BadLine(line, f"utterance {index:,} is {row!r:.80}; expected an object")
            continue
        line = row.line
        text, intent = row.get("text"), row.get("intent")
        if not isinstance(text, str):
            yield BadLine(line, f"utterance {index:,}: text is {text!r:.80}; expected a string")
        elif not isinstance(intent, str):
            yield BadLine(line, f"utterance {index:,}: intent is {intent!r:.80}; expected a name")
        elif (skipped := left_out(row)) is not None:
            yield skipped
        else:
            yield Labelled(text, None if intent == _NONE else label_of(intent), line)
