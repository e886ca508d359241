"""JSON from outside, parsed within bounds, and what is wrong with it in words.

Requests, tokens, key sets and endpoints' replies all come through `parse_json`: Python's own
parser breaks off with RecursionError where somebody nests lists a thousand deep, and what it
lets through breaks whoever walks the value next.
"""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails, from_json

__all__ = ["MAX_BYTES", "in_words", "parse_json", "worded"]

MAX_BYTES = 1_000_000
"""Of a document, unless the caller says otherwise."""

_EXPECTED = {
    "bool": "true or false",
    "int": "a whole number",
    "float": "a number",
    "path": "a path",
    "is": "a path",
    "string": "a text",
    "tuple": "a list of texts",
    "list": "a list",
    "mapping": "a table of texts",
    "dict": "a table of texts",
    "model": "a table",
}
"""How pydantic's name of an error begins → what was expected."""

_BOUNDS = {
    "ge": "at least",
    "gt": "more than",
    "le": "at most",
    "expected": "one of",
    "pattern": "a text that matches",
}


_MAX_SHOWN = 80


def parse_json(content: bytes | str, *, max_bytes: int = MAX_BYTES) -> Any:
    """Return a JSON document's value; no deeper than about 200 levels, and without NaN.

    Args:
        content: UTF-8, without a byte-order mark.
        max_bytes: A longer document is refused unread (characters, of a text).

    Raises:
        ValueError: It is too long, too deep, or isn't JSON; the message quotes nothing.
    """
    if len(content) > max_bytes:
        raise ValueError(f"{len(content)} bytes, expected at most {max_bytes}")
    return from_json(content, allow_inf_nan=False)


def worded(error: ValidationError) -> str:
    """Return everything that is wrong with a document, joined by semicolons."""
    return "; ".join(
        in_words(".".join(str(part) for part in each["loc"]), each) for each in error.errors()
    )


def in_words(name: str, error: ErrorDetails) -> str:
    """Return one mistake: the value's name, the value, what was expected.

    Args:
        name: Of the place; an item's number at its end names the list.
        error: As pydantic tells it.
    """
    kind, context = error["type"], error.get("ctx", {})
    if kind == "json_invalid":
        return f"{name or 'it'} isn't JSON: {context['error']}"
    if kind == "missing":
        return f"{name} is missing"
    if kind == "value_error":
        return f"{name} {context['error']}"
    if kind in ("too_short", "string_too_short"):
        return f"{name} is empty, expected at least one"
    table, _, last = name.rpartition(".")
    place = f"{table} holds" if table and last.isdecimal() else f"{name} is"
    bounds = [f"{word} {context[key]}" for key, word in _BOUNDS.items() if key in context]
    expected = " ".join(bounds) or _EXPECTED.get(kind.partition("_")[0]) or error["msg"]
    shown = repr(error["input"])
    shown = shown if len(shown) <= _MAX_SHOWN else shown[:_MAX_SHOWN] + "…"
    return f"{place} {shown}, expected {expected}"
