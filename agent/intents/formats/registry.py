"""Which loader reads which file: the place to plug a format in.

A format is one module of this package with `recognises(file)` and `load(file)`, and one
line here. Content decides; a suffix only says whose complaint fits best when no loader
recognises a file. Modules are imported on first use.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import cast

from agent.intents.formats.records import Loader, SourceFile

__all__ = ["FORMATS", "SUFFIXES", "format_of", "loader_of"]

FORMATS: Mapping[str, str] = {
    "jsonl": "jsonl",
    "clu": "clu",
    "rasa 1": "rasa1",
    "watson": "watson",
    "luis": "luis",
    "dialogflow": "dialogflow",
    "csv": "csv_table",
    "lu": "lu",
    "rasa": "rasa",
    "yaml": "own_yaml",
}
"""Name of a format → module of this package that reads it, in the order they are asked."""

SUFFIXES: Mapping[str, str] = {
    ".yaml": "yaml",
    ".yml": "yaml",
    ".csv": "csv",
    ".tsv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "luis",
    ".lu": "lu",
    ".md": "rasa 1",
    ".zip": "dialogflow",
}
"""Suffix → the format whose complaint is shown for a file that none recognises."""


def format_of(file: SourceFile) -> str | None:
    """Return the name of the format that recognises the file, or None."""
    return next((name for name in FORMATS if loader_of(name).recognises(file)), None)


@cache
def loader_of(name: str) -> Loader:
    """Return the loader of a format by its name in `FORMATS`."""
    return cast("Loader", import_module(f"agent.intents.formats.{FORMATS[name]}"))
