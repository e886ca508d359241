"""Zendesk Help Center: articles as its API lists them.

`{"articles": [...]}`, or one `{"article": {...}}`. An article has one id in all its languages: the
default locale keeps it, the others add theirs ("9001/de") where both are read. A
`user_segment_id` restricts an article; its name comes from `user_segments` in the same file (the
answer of `/user_segments.json`, merged in), and stands for nobody where it can't be found.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from retrieval.articles.audience import Audience
from retrieval.articles.fields import shown, text_of_json, timestamp
from retrieval.articles.loader import BadRow, Draft, LoaderOutput, Remark, Skipped, SourceFile
from retrieval.articles.readable import drop_leading_title, readable
from retrieval.articles.restrictions import resolved
from retrieval.errors import ArticleError
from retrieval.types import FieldValue

__all__ = ["drafts_of_json", "recognises_json"]


def recognises_json(export: Mapping[str, Any]) -> bool:
    """Tell Zendesk's JSON by its key."""
    return isinstance(export.get("articles"), list) or isinstance(export.get("article"), dict)


def drafts_of_json(export: Mapping[str, Any], file: SourceFile) -> Iterator[LoaderOutput]:  # noqa: ARG001
    """Yield the articles of an export."""
    articles = export.get("articles")
    rows: Sequence[Any] = articles if isinstance(articles, list) else [export.get("article")]
    segments = _segments(export)
    for number, row in enumerate(rows, 1):
        if not isinstance(row, dict):
            yield BadRow(f"article {number} is {shown(row)}; expected an object")
            continue
        try:
            yield from _found(row, number, segments)
        except ArticleError as error:
            yield BadRow(f"article {number} ({shown(row.get('id'))}): {error.reason}")


def _segments(export: Mapping[str, Any]) -> dict[str, str]:
    rows = export.get("user_segments")
    return {
        str(row.get("id")): str(row.get("name") or "")
        for row in (rows if isinstance(rows, list) else ())
        if isinstance(row, dict)
    }


def _found(
    row: Mapping[str, Any], number: int, segments: Mapping[str, str]
) -> Iterator[LoaderOutput]:
    if row.get("draft") not in (None, False):
        yield Skipped("draft")
        return
    article_id = text_of_json(row.get("id"), "id")
    title = text_of_json(row.get("title") or row.get("name"), "title") or ""
    html = text_of_json(row.get("body"), "body") or ""
    locale = text_of_json(row.get("locale"), "locale") or ""
    source = text_of_json(row.get("source_locale"), "source_locale") or ""
    example = article_id or f"article {number}"
    audience, remarks = _audience(row, segments, example)
    body = drop_leading_title(readable(html), title)
    yield from remarks
    yield Draft(
        title=title,
        body=body,
        format="zendesk",
        id=article_id,
        part=f"#{number}",
        url=text_of_json(row.get("html_url"), "html_url"),
        audience=audience,
        updated=timestamp(text_of_json(row.get("updated_at"), "updated_at")),
        other_id=f"{article_id}/{locale}" if article_id and locale else None,
        translation=bool(source) and locale != source,
        fields=_fields(row),
    )


def _fields(row: Mapping[str, Any]) -> dict[str, FieldValue]:
    """Return what is kept beside an article to filter by."""
    fields: dict[str, FieldValue] = {}
    for name in ("locale", "section_id", "promoted", "created_at", "author_id"):
        if isinstance(value := row.get(name), (str, int)) and value != "":
            fields[name] = value
    labels = row.get("label_names")
    if isinstance(labels, list) and (names := [name for name in labels if isinstance(name, str)]):
        fields["label_names"] = tuple(names)
    return fields


def _audience(
    row: Mapping[str, Any], segments: Mapping[str, str], example: str
) -> tuple[Audience, Sequence[Remark]]:
    many = row.get("user_segment_ids")
    ids = list(many) if isinstance(many, list) and many else []
    if not ids and isinstance(many, (str, int, dict)) and many:
        ids = [many]
    if not ids and row.get("user_segment_id") is not None:
        ids = [row["user_segment_id"]]
    if not ids:
        if "user_segment_id" in row or "user_segment_ids" in row:
            return None, ()
        return None, (
            Remark(
                "Zendesk articles without the field user_segment_id are taken as unrestricted; "
                "export that field to keep their rights",
                example,
            ),
        )
    found = resolved(
        [segments.get(str(segment)) for segment in ids],
        "a user segment's name is not in the export, so it admits nobody; add the answer of "
        "/api/v2/help_center/user_segments.json under user_segments",
        example,
    )
    return found.audience, found.remarks
