"""What loaders find, as JSON: for the memory of an index, and between processes."""

from __future__ import annotations

from dataclasses import MISSING, astuple, fields
from enum import Enum
from functools import cache
from typing import Any

from retrieval.articles.audience import UNSTATED
from retrieval.articles.loader import BadRow, Draft, LoaderOutput, Remark, Skipped
from retrieval.types import Place

__all__ = ["of_json", "to_json"]

_KINDS = {kind.__name__: kind for kind in (Draft, BadRow, Skipped, Remark)}
_TYPE = "type"
"""The key that names the class; what is at its default is left out."""


@cache
def _defaults(kind: str) -> tuple[tuple[str, Any], ...]:
    """Return the names of a class's fields, each with its default."""
    return tuple(
        (
            field.name,
            field.default_factory() if field.default_factory is not MISSING else field.default,
        )
        for field in fields(_KINDS[kind])
    )


def to_json(found: LoaderOutput) -> dict[str, Any]:
    """Return an item as JSON values."""
    record: dict[str, Any] = {_TYPE: type(found).__name__}
    for name, default in _defaults(record[_TYPE]):
        value = getattr(found, name)
        if value is default or (value == default and type(value) is type(default)):
            continue
        if isinstance(value, Enum):
            value = value.value
        elif name == "places":
            value = [dict(zip(_PLACE, astuple(place), strict=True)) for place in value]
        record[name] = value
    return record


_PLACE = tuple(field.name for field in fields(Place))


def of_json(record: dict[str, Any]) -> LoaderOutput:
    """Return the item that `to_json` made JSON of.

    Raises:
        KeyError: It is of no known class.
        TypeError: It lacks a value, or holds an unknown one.
    """
    values = {name: value for name, value in record.items() if name != _TYPE}
    audience = values.get("audience")
    if audience is not None:
        values["audience"] = UNSTATED if audience == UNSTATED.value else tuple(audience)
    if "fields" in values:
        values["fields"] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in values["fields"].items()
        }
    if "places" in values:
        values["places"] = tuple(Place(**place) for place in values["places"])
    return _KINDS[record[_TYPE]](**values)
