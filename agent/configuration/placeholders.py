"""Templates in a configuration: `{slot}`, `{response.key}` and `${ENVIRONMENT}`.

Doubled braces are plain ones: `{{` is `{`. Nothing else is understood: no formats, no
expressions, no attribute access, so that a template can't reach anything it isn't given.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import Any

from agent.configuration.days import in_words

__all__ = ["Kind", "Part", "fill", "looked_up", "parse", "plain", "worded"]

_TOKEN = re.compile(
    r"(?P<open>\{\{)|(?P<close>\}\})"
    r"|\$\{(?P<env>[^{}]*)\}|\{(?P<name>[^{}]*)\}"
    r"|(?P<stray>[{}])"
)
_ENV = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_LARGEST_WHOLE = 1e15
_RESPONSE = re.compile(r"response((?:\.[A-Za-z0-9_\-]+)+)")


class Kind(StrEnum):
    """What a part of a template is."""

    LITERAL = "literal"
    SLOT = "slot"
    RESPONSE = "response"
    ENVIRONMENT = "environment"


@dataclass(frozen=True)
class Part:
    """A piece of a template.

    Attributes:
        kind: What it is.
        text: The literal, the slot's or variable's name, or the keys joined by dots.
    """

    kind: Kind
    text: str


@lru_cache(maxsize=1024)
def parse(template: str) -> tuple[Part, ...]:
    """Take a template apart.

    `parse("Order {item}")` is `(LITERAL "Order ", SLOT "item")`.

    Raises:
        ValueError: What is wrong, in words a person can act on.
    """
    parts: list[Part] = []
    position = 0

    def literal(text: str) -> None:
        if text and parts and parts[-1].kind is Kind.LITERAL:
            parts[-1] = Part(Kind.LITERAL, parts[-1].text + text)
        elif text:
            parts.append(Part(Kind.LITERAL, text))

    for found in _TOKEN.finditer(template):
        literal(template[position : found.start()])
        position = found.end()
        if found["open"]:
            literal("{")
        elif found["close"]:
            literal("}")
        elif found["env"] is not None:
            if not _ENV.fullmatch(found["env"]):
                raise ValueError(f"{found[0]!r} names no environment variable: write ${{NAME}}")
            parts.append(Part(Kind.ENVIRONMENT, found["env"]))
        elif found["name"] is not None:
            parts.append(_named(found["name"]))
        else:
            raise ValueError(
                f"a single {found[0]!r} at character {found.start() + 1}: "
                f"write {found[0] * 2!r} for a plain brace, {{name}} for a value"
            )
    literal(template[position:])
    return tuple(parts)


def _named(name: str) -> Part:
    if response := _RESPONSE.fullmatch(name):
        return Part(Kind.RESPONSE, response[1].removeprefix("."))
    if _NAME.fullmatch(name) and name != "response":
        return Part(Kind.SLOT, name)
    raise ValueError(
        f"'{{{name}}}' names nothing: write {{slot}} or {{response.key}}, "
        "and {{ }} for plain braces"
    )


def fill(
    template: str,
    *,
    slots: Mapping[str, Any],
    response: Mapping[str, Any] | None = None,
    environment: Callable[[str], str] | None = None,
    encode: Callable[[Any], str] | None = None,
) -> str:
    """Put values into a template.

    Args:
        template: As `parse` takes it.
        slots: Name → value; a name that isn't there (an optional slot) gives nothing.
        response: What an endpoint answered.
        environment: Looks up a variable.
        encode: Turns a value into text; by default as a person says it (`worded`). It is
            never applied to the template's own text or to an environment variable.

    Raises:
        KeyError: The response lacks a key.
        ValueError: The template is broken, or needs a source that wasn't given.
    """
    encode = encode or worded
    pieces: list[str] = []
    for part in parse(template):
        if part.kind is Kind.LITERAL:
            pieces.append(part.text)
        elif part.kind is Kind.SLOT:
            pieces.append(encode(slots.get(part.text)))
        elif part.kind is Kind.RESPONSE and response is not None:
            pieces.append(encode(looked_up(response, part.text)))
        elif part.kind is Kind.ENVIRONMENT and environment is not None:
            pieces.append(environment(part.text))
        else:
            raise ValueError(f"{part.text!r} ({part.kind}) can't be used in {template!r}")
    return "".join(pieces)


def looked_up(response: Mapping[str, Any], keys: str) -> Any:
    """Return what stands under dotted keys; a number picks from a list.

    `looked_up({"items": [{"name": "mouse"}]}, "items.0.name")` is `"mouse"`.

    Raises:
        KeyError: There is nothing.
    """
    value: Any = response
    for key in keys.split("."):
        if isinstance(value, Mapping) and key in value:
            value = value[key]
        elif isinstance(value, list) and key.isdecimal() and int(key) < len(value):
            value = value[int(key)]
        else:
            raise KeyError(keys)
    return value


def plain(value: Any) -> str:
    """Return a value as an endpoint reads it: `3`, not `3.0`; a date in ISO 8601."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < _LARGEST_WHOLE:
        return str(int(value))
    return str(value)


def worded(value: Any) -> str:
    """Return a value as a person says it: `yes`, not `True`; a date in words."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(worded(item) for item in value)
    if isinstance(value, str) and _ISO_DATE.fullmatch(value):
        try:
            return in_words(date.fromisoformat(value))
        except ValueError:
            return value
    return plain(value)
