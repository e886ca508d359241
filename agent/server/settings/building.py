"""From plain values under keys to a settings' dataclass, every value checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from agent.errors import ServerError
from agent.server.settings.fields import hints, is_required, named_tables, open_fields, table
from agent.server.settings.values import as_table, checked

__all__ = ["build"]

_Kind = TypeVar("_Kind")


def build(kind: type[_Kind], given: Mapping[str, Any], prefix: str = "") -> _Kind:
    """Make a dataclass of values, and those inside it.

    Args:
        kind: The dataclass.
        given: Values by key.
        prefix: What stands before a key in messages, such as `limits.`.

    Raises:
        ServerError: A key doesn't exist or is missing, a value has the wrong type, or the
            dataclass refuses it.
    """
    types = hints(kind)
    values: dict[str, Any] = {}
    for key, value in given.items():
        name = prefix + key
        if key not in types:
            raise ServerError(f"there is no setting {name!r}: see docs/api.md for all")
        inner, named = table(types[key]), named_tables(types[key])
        if inner is not None and not isinstance(value, inner):
            if not isinstance(value, dict):
                raise ServerError(f"{name} is {value!r}, expected a table [{key}]")
            values[key] = build(inner, value, f"{name}.")
        elif named is not None:
            values[key] = {
                each: build(named, as_table(inside), f"{name}.{each}.")
                for each, inside in as_table(value).items()
            }
        else:
            values[key] = checked(name, value, types[key])
    for each in open_fields(kind):
        if each.name not in values and is_required(each):
            raise ServerError(f"{prefix + each.name} is missing: set it in the settings file")
    return kind(**values)
