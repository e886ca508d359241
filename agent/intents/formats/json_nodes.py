"""JSON whose objects know the line they start on, for naming what is wrong in an export."""

from __future__ import annotations

import json
from bisect import bisect_right
from json import decoder, scanner
from typing import Any

from agent.intents.formats.records import SourceFile, Unreadable

__all__ = ["JsonObject", "parse", "parse_or_none"]


class JsonObject(dict[str, Any]):
    """A JSON object with its place."""

    line: int = 0
    """Where its brace stands, from 1."""


def parse(file: SourceFile) -> Any:
    """Parse a whole file.

    Raises:
        Unreadable: It isn't JSON; with the line.
    """
    text = file.text
    try:
        return _Decoder(text).decode(text)
    except json.JSONDecodeError as error:
        raise Unreadable(
            f"not valid JSON at column {error.colno}: {error.msg}; export the file again",
            error.lineno,
        ) from error
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"not usable JSON: {error}") from error


def parse_or_none(file: SourceFile) -> Any:
    """Parse a whole file, or return None if it isn't JSON; for telling formats apart."""
    cached = file.__dict__.get("_json", file)
    if cached is file:
        try:
            starts = file.text.lstrip()[:1] in ("{", "[")
            cached = parse(file) if starts else None
        except Unreadable:
            cached = None
        file.__dict__["_json"] = cached
    return cached


class _Decoder(json.JSONDecoder):
    """Python's decoder in its pure form, with objects that remember where they began.

    The attributes replaced are what `json.decoder` documents in its source as the parts of a
    decoder; `JSONDecoder` itself picks the C scanner, which knows no places.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self._ends = [index for index, char in enumerate(text) if char == "\n"]
        self.parse_object = self._object
        self.scan_once = scanner.py_make_scanner(self)  # type: ignore[attr-defined]

    def _object(self, place: tuple[str, int], *rest: Any) -> tuple[JsonObject, int]:
        value, end = decoder.JSONObject(place, *rest)  # type: ignore[attr-defined]
        found = JsonObject(value)
        found.line = bisect_right(self._ends, place[1] - 1) + 1
        return found, end
