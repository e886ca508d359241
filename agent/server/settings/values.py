"""One setting's value: as a TOML file or a flag has it, or as a variable's text."""

from __future__ import annotations

import types
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_origin

from agent.errors import ServerError
from agent.server.settings.fields import options
from agent.server.settings.secret import Secret

__all__ = ["as_table", "checked", "from_text"]

_SWITCH = {"true": True, "1": True, "false": False, "0": False}


def checked(name: str, value: object, hint: Any) -> Any:
    """Return a value as its field has it.

    Args:
        name: Of the setting, for the message.
        value: As it was given.
        hint: The field's type.

    Raises:
        ServerError: The value has another type.
    """
    allowed = options(hint)
    if value is None and types.NoneType in allowed:
        return None
    if bool in allowed:
        if isinstance(value, bool):
            return value
    elif isinstance(value, bool):
        pass
    elif int in allowed and isinstance(value, int):
        return value
    elif float in allowed and isinstance(value, int | float):
        return float(value)
    elif Path in allowed and isinstance(value, str | Path):
        return Path(value)
    elif str in allowed and isinstance(value, str):
        return value
    elif get_origin(hint) is tuple and isinstance(value, list | tuple):
        if all(isinstance(each, str) for each in value):
            return tuple(value)
    elif get_origin(hint) is Mapping and isinstance(value, dict):
        if all(isinstance(each, str) for each in value.values()):
            return dict(value)
    elif isinstance(value, Secret):
        return value
    raise ServerError(f"{name} is {value!r}, expected {_wording(hint)}")


def from_text(variable: str, text: str, hint: Any) -> Any:
    """Return a variable's text as its field has it; lists are split at commas.

    Raises:
        ServerError: The text says no such value.
    """
    allowed = options(hint)
    try:
        if bool in allowed:
            return _SWITCH[text.strip().lower()]
        if int in allowed:
            return int(text)
        if float in allowed:
            return float(text)
    except (ValueError, KeyError) as error:
        raise ServerError(f"{variable} is {text!r}, expected {_wording(hint)}") from error
    if get_origin(hint) is tuple:
        return tuple(part.strip() for part in text.split(",") if part.strip())
    return text


def as_table(value: object) -> dict[str, Any]:
    """Return a table as it is, and an empty one for None.

    Raises:
        ServerError: The value is something else.
    """
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ServerError(f"the settings hold {value!r} where a table is expected")
    return dict(value)


def _wording(hint: Any) -> str:
    allowed = options(hint)
    for kind, words in (
        (bool, "true or false"),
        (int, "a whole number"),
        (float, "a number"),
        (Path, "a path"),
        (str, "a text"),
    ):
        if kind in allowed:
            return words
    return "a table of texts" if get_origin(hint) is Mapping else "a list of texts"
