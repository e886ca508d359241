"""Confluence's XML space export: `entities.xml`, a dump of the tables behind the pages.

The archive is unpacked by the user. Objects are `Page` (and `BlogPost`), `BodyContent` with
the storage format, and `ContentPermissionSet` with its `ContentPermission`s for rights.
Former versions of a page point to the present one and are passed over.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from retrieval.articles.audience import Audience
from retrieval.articles.confluence import Page, audience_of, page_drafts
from retrieval.articles.confluence_storage import storage_text
from retrieval.articles.fields import timestamp
from retrieval.articles.loader import BadRow, LoaderOutput, Remark, Skipped, SourceFile
from retrieval.articles.readable import drop_leading_title
from retrieval.articles.restrictions import both
from retrieval.errors import ArticleError

__all__ = ["drafts_of_xml"]


class _Entity:
    """One `<object>`: its id and properties."""

    def __init__(self, element: Element) -> None:
        self.id = _text(element.find("id"))
        self._properties = {
            found.get("name") or "": found for found in element if found.tag == "property"
        }
        self._collections = {
            found.get("name") or "": found for found in element if found.tag == "collection"
        }

    def text(self, name: str) -> str:
        """A plain property."""
        return _text(self._properties.get(name))

    def reference(self, name: str) -> str:
        """The id of the object that a property points to."""
        found = self._properties.get(name)
        return "" if found is None else _text(found.find("id"))

    def members(self, name: str) -> list[str]:
        """The ids of the objects in a collection."""
        found = self._collections.get(name)
        return [] if found is None else [_text(member) for member in found.iter("id")]


def drafts_of_xml(root: Element, file: SourceFile) -> Iterator[LoaderOutput]:  # noqa: ARG001
    """Yield the pages of an export."""
    kinds: dict[str, list[_Entity]] = defaultdict(list)
    for element in root.iterfind("object"):
        kinds[element.get("class") or ""].append(_Entity(element))
    bodies = {entity.reference("content"): entity.text("body") for entity in kinds["BodyContent"]}
    by_id = {entity.id: entity.text("body") for entity in kinds["BodyContent"]}
    restricted, remarks = _restrictions(kinds)
    entities = [*kinds["Page"], *kinds["BlogPost"]]
    parents = {entity.id: [entity.reference("parent")] for entity in entities}
    pages: list[Page] = []
    for number, entity in enumerate(entities, 1):
        if entity.reference("originalVersion"):
            continue
        status = entity.text("contentStatus") or "current"
        if status != "current":
            yield Skipped("draft" if status == "draft" else "retired")
            continue
        title = entity.text("title")
        storage = bodies.get(entity.id) or next(
            (by_id[member] for member in entity.members("bodyContents") if member in by_id), ""
        )
        try:
            body = drop_leading_title(storage_text(storage), title) if storage.strip() else ""
        except ArticleError as error:
            yield BadRow(f"page {entity.id} ({title[:80]!r}): {error.reason}")
            continue
        pages.append(
            Page(
                id=entity.id or None,
                title=title,
                body=body,
                updated=timestamp(entity.text("lastModificationDate")),
                parents=tuple(parents[entity.id]),
                restriction=restricted.get(entity.id),
                remarks=remarks.get(entity.id, []),
                number=number,
            )
        )
    yield from page_drafts(pages, restricted, parents)


def _restrictions(
    kinds: dict[str, list[_Entity]],
) -> tuple[dict[str, Audience], dict[str, list[Remark]]]:
    """Return page id → audience of its view restrictions, and what to say about them."""
    users = {
        user.id: user.text("name") or user.text("lowerName") for user in kinds["ConfluenceUserImpl"]
    }
    subjects: dict[str, list[str | None]] = defaultdict(list)
    for permission in kinds["ContentPermission"]:
        subject: str | None = permission.text("groupName") or None
        if subject is None:
            key = permission.reference("userSubject")
            name = permission.text("userName") or users.get(key, "")
            subject = f"user:{name}" if name else None
        subjects[permission.reference("owningSet")].append(subject)
    restricted: dict[str, Audience] = {}
    remarks: dict[str, list[Remark]] = {}
    for permissions in kinds["ContentPermissionSet"]:
        if permissions.text("type").lower() not in ("view", ""):
            continue
        page = permissions.reference("owningContent")
        audience, said = audience_of(subjects.get(permissions.id, []), page)
        restricted[page] = both([restricted.get(page), audience])
        remarks.setdefault(page, []).extend(said)
    return restricted, remarks


def _text(element: Element | None) -> str:
    return "" if element is None else "".join(element.itertext()).strip()
