"""What the fields of a settings' dataclass take, read from their annotations."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from typing import Any, get_args, get_origin, get_type_hints

from agent.server.settings.secret import Secret

__all__ = ["hints", "is_required", "named_tables", "open_fields", "options", "table"]


def hints(kind: type) -> dict[str, Any]:
    """Return the type of every field."""
    found = get_type_hints(kind)
    return {each.name: found[each.name] for each in fields(kind)}


def options(hint: Any) -> tuple[Any, ...]:
    """Return the members of a union, or the type alone."""
    return get_args(hint) if get_origin(hint) is types.UnionType else (hint,)


def table(hint: Any) -> type | None:
    """Return the dataclass that a table is read into, if a field takes one."""
    return next(
        (kind for kind in options(hint) if isinstance(kind, type) and is_dataclass(kind)), None
    )


def named_tables(hint: Any) -> type | None:
    """Return the dataclass of the tables that a field takes under free names, if it does."""
    return table(get_args(hint)[1]) if get_origin(hint) is Mapping else None


def open_fields(kind: type) -> list[Field[Any]]:
    """Return the fields that a file may set: all but the secrets."""
    types_of = hints(kind)
    return [each for each in fields(kind) if types_of[each.name] is not Secret]


def is_required(each: Field[Any]) -> bool:
    """Tell whether a field has no default."""
    return each.default is MISSING and each.default_factory is MISSING
