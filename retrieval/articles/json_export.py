"""`.json`: exports of other systems, told apart by their keys.

A further one is a module with `recognises` and `drafts`, and one line in `EXPORTS`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from retrieval.articles import confluence, servicenow, zendesk
from retrieval.articles.fields import shown
from retrieval.articles.loader import LoaderOutput, SourceFile
from retrieval.errors import ArticleError

__all__ = ["EXPORTS", "JsonExport", "load"]

_MAX_KEYS_SHOWN = 8


@dataclass(frozen=True)
class JsonExport:
    """A system whose JSON is understood.

    Attributes:
        name: For messages.
        shape: What its export looks like, for messages.
        recognises: Tells it from the others by the outermost object.
        drafts: Yields what it holds.
    """

    name: str
    shape: str
    recognises: Callable[[Mapping[str, Any]], bool]
    drafts: Callable[[Mapping[str, Any], SourceFile], Iterator[LoaderOutput]]


EXPORTS = (
    JsonExport(
        "ServiceNow",
        '{"result": [...]} or {"records": [...]} of kb_knowledge rows with "short_description"',
        servicenow.recognises_json,
        servicenow.drafts_of_json,
    ),
    JsonExport("Zendesk", '{"articles": [...]}', zendesk.recognises_json, zendesk.drafts_of_json),
    JsonExport(
        "Confluence",
        '{"results": [...]} of pages with "body"',
        confluence.recognises_json,
        confluence.drafts_of_json,
    ),
)


def load(file: SourceFile) -> Iterator[LoaderOutput]:
    """Yield the articles of an export."""
    text = file.read_text()
    try:
        export = json.loads(text)
    except json.JSONDecodeError as error:
        raise ArticleError(
            f"not valid JSON at column {error.colno}: {error.msg}", line=error.lineno
        ) from error
    except (ValueError, RecursionError) as error:
        raise ArticleError(f"not usable JSON: {error}") from error
    if isinstance(export, dict):
        for known in EXPORTS:
            if known.recognises(export):
                try:
                    yield from known.drafts(export, file)
                except RecursionError as error:
                    raise ArticleError("the export is nested too deeply") from error
                return
    looked_for = "; ".join(f"{known.name} {known.shape}" for known in EXPORTS)
    held = (
        f"the keys {shown(list(export)[:_MAX_KEYS_SHOWN])}"
        if isinstance(export, dict)
        else (f"a {type(export).__name__}")
    )
    raise ArticleError(
        f"the JSON is of no known export: it holds {held}; looked for {looked_for}. "
        "Articles of your own go in a .jsonl file, one object a line"
    )
