"""JSON Lines: one object a line with `text` and `intent` (or `label`, `category`).

An intent of `oos`, an empty or a missing one, or null is out of scope. Other keys are
ignored. A bad line is named and the others are taken.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from agent.intents.formats.records import (
    BadLine,
    Labelled,
    Record,
    SourceFile,
    Unreadable,
    label_of,
)

__all__ = ["load", "recognises"]

_LABELS = ("intent", "label", "category")


def recognises(file: SourceFile) -> bool:
    """Tell whether the first line that isn't blank is an object with a text."""
    try:
        text = file.lenient_text
    except Unreadable:
        return False
    if not text.lstrip().startswith("{"):
        return False
    first = next(line for line in text.split("\n") if line.strip())
    try:
        row = json.loads(first)
    except (ValueError, RecursionError):
        return False
    return isinstance(row, dict) and "text" in row


def load(file: SourceFile) -> Iterator[Record]:
    """Yield one labelled message a line."""
    # Only "\n" ends a line: U+2028 and the like are legal inside JSON strings.
    for number, line in enumerate(file.lenient_text.split("\n"), 1):
        if line.strip():
            yield _row(line, number)


def _row(line: str, number: int) -> Labelled | BadLine:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        return BadLine(
            number,
            f"not valid JSON at column {error.colno}: {error.msg}; expected one object a line, "
            'such as {"text": "Where is my card?", "intent": "card_arrival"}',
        )
    except (ValueError, RecursionError) as error:
        return BadLine(number, f"not usable JSON: {error}")
    if not isinstance(row, dict):
        return BadLine(number, f"the line holds {row!r:.80}; expected a JSON object")
    text = row.get("text")
    if not isinstance(text, str):
        return BadLine(number, f"text is {text!r:.80}; expected a string under the key 'text'")
    label = _label(row)
    if label is not None and not isinstance(label, str):
        return BadLine(number, f"intent is {label!r:.80}; expected a name, or null out of scope")
    return Labelled(text, label_of(label or ""), number)


def _label(row: dict[str, Any]) -> Any:
    return next((row[key] for key in _LABELS if key in row), None)
