"""Confluence: pages as its REST API lists them, and what all of its exports share.

`{"results": [...]}` of version 1 or 2, or a single page. Read restrictions: groups become
roles by their names, users become `user:NAME`. A page also has the restrictions of the
pages above it, as far as those are in the same file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from retrieval.articles.audience import Audience
from retrieval.articles.confluence_storage import storage_text
from retrieval.articles.fields import shown, text_of_json, timestamp
from retrieval.articles.loader import BadRow, Draft, LoaderOutput, Remark, Skipped, SourceFile
from retrieval.articles.readable import drop_leading_title, readable
from retrieval.articles.restrictions import both, resolved
from retrieval.errors import ArticleError

__all__ = ["Page", "audience_of", "drafts_of_json", "page_drafts", "recognises_json"]

_BODIES = ("export_view", "view", "styled_view", "storage", "editor2", "editor")
_STATUSES = {"draft": "draft", "archived": "retired", "trashed": "retired", "deleted": "retired"}
_UNRESOLVED = (
    "a Confluence restriction names a group or user that the export doesn't tell, "
    "so it admits nobody"
)


@dataclass
class Page:
    """A page, whichever export it comes from.

    Attributes:
        id: Confluence's number.
        title: Its title.
        body: Light Markdown.
        url: Where it is read.
        updated: When it last changed.
        parents: Ids of the pages above it.
        restriction: Its own read restriction; None if there is none.
        remarks: What there is to say about that.
        number: Its place in the export, for messages.
    """

    id: str | None
    title: str
    body: str
    url: str | None = None
    updated: str | None = None
    parents: tuple[str, ...] = ()
    restriction: Audience = None
    remarks: list[Remark] = field(default_factory=list)
    number: int = 0


def audience_of(names: Sequence[str | None], example: str) -> tuple[Audience, list[Remark]]:
    """Return the audience of a read restriction with its subjects' names."""
    if not names:
        return (), [
            Remark("a Confluence read restriction names nobody: nobody may read it", example)
        ]
    found = resolved(names, _UNRESOLVED, example)
    return found.audience, list(found.remarks)


def page_drafts(
    pages: Sequence[Page], restricted: Mapping[str, Audience], parents: Mapping[str, Sequence[str]]
) -> Iterator[LoaderOutput]:
    """Yield articles, each with the restrictions of the pages above it, too.

    Args:
        pages: Those to become articles.
        restricted: Page id → its own restriction, for all pages of the export.
        parents: Page id → ids directly above it, likewise.
    """
    for page in pages:
        above: list[Audience] = []
        pending, seen = list(page.parents), set[str]()
        while pending:
            parent = pending.pop()
            if parent not in seen:
                seen.add(parent)
                above.append(restricted.get(parent))
                pending.extend(parents.get(parent, ()))
        audience = both([page.restriction, *above])
        yield from page.remarks
        if audience == () and page.restriction != () and () not in above:
            yield Remark(
                "a Confluence page and the pages above it are restricted to different groups: "
                "nobody may read it",
                page.id or page.title,
            )
        yield Draft(
            title=page.title,
            body=page.body,
            format="confluence",
            id=page.id,
            part=f"#{page.number}",
            url=page.url,
            audience=audience,
            updated=page.updated,
        )


def recognises_json(export: Mapping[str, Any]) -> bool:
    """Tell Confluence's JSON by its pages' keys."""
    return any(
        isinstance(row, dict) and "body" in row and ("title" in row or "status" in row)
        for row in _rows(export)
    ) or (export.get("results") == [] and "_links" in export)


def _rows(export: Mapping[str, Any]) -> Sequence[Any]:
    rows = export.get("results")
    if isinstance(rows, dict):  # version 2 with several kinds: {"page": {"results": [...]}}
        rows = rows.get("results")
    page = export.get("page")
    if rows is None and isinstance(page, dict):
        rows = page.get("results")
    if isinstance(rows, list):
        return rows
    return [export] if isinstance(export.get("body"), dict) else []


def drafts_of_json(export: Mapping[str, Any], file: SourceFile) -> Iterator[LoaderOutput]:  # noqa: ARG001
    """Yield the pages of an export."""
    links = export.get("_links")
    base = str(links.get("base") or "") if isinstance(links, dict) else ""
    pages: list[Page] = []
    restricted: dict[str, Audience] = {}
    parents: dict[str, Sequence[str]] = {}
    for number, row in enumerate(_rows(export), 1):
        if not isinstance(row, dict):
            yield BadRow(f"page {number} is {shown(row)}; expected an object")
            continue
        try:
            page_id = text_of_json(row.get("id"), "id")
            example = page_id or f"page {number}"
            restriction, remarks = _restriction(row, example)
            if page_id is not None:
                restricted[page_id] = restriction
                parents[page_id] = _parents(row)
            left_out = _STATUSES.get(str(row.get("status") or "current").lower(), "")
            if row.get("type") in ("comment", "attachment"):
                continue
            if left_out:
                yield Skipped(left_out)
                continue
            title = text_of_json(row.get("title"), "title") or ""
            body = drop_leading_title(_body(row), title)
            pages.append(
                Page(
                    id=page_id,
                    title=title,
                    body=body,
                    url=_url(row, base),
                    updated=_updated(row),
                    parents=_parents(row),
                    restriction=restriction,
                    remarks=remarks,
                    number=number,
                )
            )
        except ArticleError as error:
            yield BadRow(f"page {number} ({shown(row.get('id'))}): {error.reason}")
    yield from page_drafts(pages, restricted, parents)


def _body(row: Mapping[str, Any]) -> str:
    """Return the page's text from the most finished form that the export has."""
    bodies = row.get("body")
    if isinstance(bodies, dict):
        for name in _BODIES:
            form = bodies.get(name)
            value = form.get("value") if isinstance(form, dict) else None
            if isinstance(value, str) and value.strip():
                return storage_text(value) if name in ("storage", "editor2") else readable(value)
        held = [name for name in _BODIES if isinstance(bodies.get(name), dict)]
        if any(isinstance(bodies[name].get("value"), str) for name in held):
            return ""
    raise ArticleError(
        "it has no body; export with expand=body.storage (or body-format=storage in version 2)"
    )


def _parents(row: Mapping[str, Any]) -> tuple[str, ...]:
    ancestors = row.get("ancestors")
    ids = [
        str(above.get("id"))
        for above in (ancestors if isinstance(ancestors, list) else ())
        if isinstance(above, dict)
    ]
    if row.get("parentId") is not None:
        ids.append(str(row["parentId"]))
    return tuple(ids)


def _restriction(row: Mapping[str, Any], example: str) -> tuple[Audience, list[Remark]]:
    """Return the page's own read restriction.

    It is kept as `restrictions.read.restrictions.{group,user}.results`, in answers of the
    restriction resource without the outer `restrictions`, and where it was not expanded the
    page has no such key, or only tells where to ask.
    """
    if row.get("restrictions") is None:
        return None, [
            Remark(
                "Confluence pages without 'restrictions' are taken as unrestricted; export with "
                "expand=restrictions.read.restrictions.group,restrictions.read.restrictions.user "
                "to keep their rights",
                example,
            )
        ]
    outer = row["restrictions"]
    read = outer.get("read") if isinstance(outer, dict) else None
    inner = read.get("restrictions") if isinstance(read, dict) else None
    if not isinstance(inner, dict):
        return (), [
            Remark(
                "a Confluence page's restrictions can't be read, so nobody may read it; expand "
                "restrictions.read.restrictions.group and .user in the export",
                example,
            )
        ]
    names: list[str | None] = []
    for kind in ("group", "user"):
        subjects = inner.get(kind)
        if subjects is None:
            continue
        results = subjects.get("results") if isinstance(subjects, dict) else subjects
        if not isinstance(results, list):
            names.append(None)
            continue
        names.extend(_subject(kind, subject) for subject in results)
        size = subjects.get("size") if isinstance(subjects, dict) else None
        if isinstance(size, int) and size > len(results):
            names.append(None)
    return audience_of(names, example) if names else (None, [])


def _subject(kind: str, subject: Any) -> str | None:
    if not isinstance(subject, dict):
        return None
    if kind == "group":
        name = subject.get("name")
        return name if isinstance(name, str) else None
    for key in ("username", "accountId", "userKey", "publicName"):
        name = subject.get(key)
        if isinstance(name, str) and name.strip():
            return f"user:{name}"
    return None


def _url(row: Mapping[str, Any], base: str) -> str | None:
    links = row.get("_links")
    if not isinstance(links, dict):
        return None
    base = str(links.get("base") or base)
    path = links.get("webui") or links.get("tinyui")
    return base + path if base and isinstance(path, str) else None


def _updated(row: Mapping[str, Any]) -> str | None:
    version, history = row.get("version"), row.get("history")
    last = history.get("lastUpdated") if isinstance(history, dict) else None
    for holder, key in ((version, "when"), (version, "createdAt"), (last, "when")):
        if isinstance(holder, dict) and isinstance(holder.get(key), str):
            return timestamp(holder[key])
    return None
