"""What loaders find, as JSON: for the memory of an index, and between processes."""

from __future__ import annotations

from typing import Any, cast

from pydantic import TypeAdapter

from retrieval.articles.loader import BadRow, Draft, LoaderOutput, Remark, Skipped

__all__ = ["of_json", "to_json"]

_ADAPTERS: dict[str, TypeAdapter[Any]] = {
    kind.__name__: TypeAdapter(kind) for kind in (Draft, BadRow, Skipped, Remark)
}
_TYPE = "type"
"""The key that names the class; what is at its default is left out."""


def to_json(found: LoaderOutput) -> dict[str, Any]:
    """Return an item as JSON values."""
    name = type(found).__name__
    record: dict[str, Any] = _ADAPTERS[name].dump_python(found, mode="json", exclude_defaults=True)
    return {_TYPE: name, **record}


def of_json(record: dict[str, Any]) -> LoaderOutput:
    """Return the item that `to_json` made JSON of.

    Raises:
        KeyError: It is of no known class.
        ValueError: Its values don't fit.
    """
    values = {name: value for name, value in record.items() if name != _TYPE}
    return cast("LoaderOutput", _ADAPTERS[record[_TYPE]].validate_python(values))
