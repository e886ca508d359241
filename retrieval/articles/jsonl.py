"""JSON Lines: one article a line, bodies verbatim; BEIR's `corpus.jsonl` is one kind.

Keys: `id` (BEIR: `_id`), `title`, `body` (or BEIR's `text`), `url`, `audience`, `updated`.
Others are ignored. A bad line is refused by its number and the others are taken.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator, Mapping
from typing import Any

from retrieval.articles.audience import (
    UNSTATED,
    Audience,
    Unstated,
    audience_of_json,
    refuse_misspelt_audience,
)
from retrieval.articles.decoding import decoding_failure, refuse_unmarked_utf16
from retrieval.articles.fields import shown, text_of_json
from retrieval.articles.loader import BadRow, Draft, LoaderOutput, SourceFile
from retrieval.errors import ArticleError
from retrieval.types import FieldValue

__all__ = ["load"]


_KNOWN = frozenset(("id", "_id", "title", "body", "text", "url", "audience", "updated"))
_MAX_FIELD_CHARS = 1_000


def load(file: SourceFile) -> Iterator[LoaderOutput]:
    """Yield one article a line."""
    for number, offset, raw in _lines(file):
        if not raw.strip():
            continue
        try:
            yield _draft(_row(raw, offset), number)
        except ArticleError as error:
            yield BadRow(error.reason, number)


def _lines(file: SourceFile) -> Iterator[tuple[int, int, bytes]]:
    """Yield (number from 1, byte offset, line) without holding the whole file."""
    with file.path.open("rb") as stream:
        start = stream.read(512)
        if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            # Rare, so read whole; line feeds may be halves of other characters.
            for number, line in enumerate(file.read_text().split("\n"), 1):
                yield number, 0, line.encode("utf-8")
            return
        refuse_unmarked_utf16(start)
        offset = 3 if start.startswith(codecs.BOM_UTF8) else 0
        stream.seek(offset)
        # Only "\n" ends a line: U+2028 and the like are legal inside JSON strings.
        for number, raw in enumerate(stream, 1):
            yield number, offset, raw
            offset += len(raw)


def _row(raw: bytes, offset: int) -> dict[str, Any]:
    try:
        row = json.loads(raw.decode("utf-8").rstrip("\r\n"))
    except UnicodeDecodeError as error:
        raise ArticleError(decoding_failure(error, "UTF-8", offset=offset)) from error
    except json.JSONDecodeError as error:
        raise ArticleError(
            f"not valid JSON at column {error.colno}: {error.msg}; expected one object a line"
        ) from error
    except (ValueError, RecursionError) as error:
        raise ArticleError(f"not usable JSON: {error}") from error
    if not isinstance(row, dict):
        raise ArticleError(f"the line holds {shown(row)}; expected a JSON object")
    if raw.count(b'"audience"') > 1:
        _refuse_repeats(raw)
    return row


def _refuse_repeats(raw: bytes) -> None:
    """Refuse a row that states two audiences: the last would silently win."""

    def check(pairs: list[tuple[str, Any]]) -> None:
        if sum(key == "audience" for key, _ in pairs) > 1:
            raise ArticleError("audience is given twice; keep one")

    json.loads(raw, object_pairs_hook=check)


def _draft(row: dict[str, Any], line: int) -> Draft:
    beir = "_id" in row and "body" not in row
    body = row.get("text") if "body" not in row else row["body"]
    if not isinstance(body, str):
        raise ArticleError(
            f"the row has no text: expected a string under 'body' (or 'text'), got {shown(body)}"
        )
    refuse_misspelt_audience(row)
    audience: Audience | Unstated = audience_of_json(row.get("audience"))
    if beir and "audience" not in row:
        audience = UNSTATED
    return Draft(
        title=text_of_json(row.get("title"), "title") or "",
        body=body,
        format="beir" if beir else "jsonl",
        id=text_of_json(row.get("_id" if beir else "id"), "_id" if beir else "id"),
        part=f"#{line}",
        url=text_of_json(row.get("url"), "url"),
        audience=audience,
        updated=text_of_json(row.get("updated"), "updated"),
        line=line,
        fields=_fields(row),
    )


def _fields(row: Mapping[str, Any]) -> dict[str, FieldValue]:
    """Return the row's further scalars and lists of scalars."""
    fields: dict[str, FieldValue] = {}
    for name, value in row.items():
        if name in _KNOWN or value in (None, "", []):
            continue
        many = value if isinstance(value, list) else [value]
        kept = tuple(one for one in many if isinstance(one, (str, int, float)))
        if len(kept) == len(many) and sum(len(str(one)) for one in kept) <= _MAX_FIELD_CHARS:
            fields[name] = kept if isinstance(value, list) else kept[0]
    return fields
