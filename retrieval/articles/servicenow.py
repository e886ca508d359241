"""ServiceNow `kb_knowledge`: JSON and XML exports.

JSON: the Table API's `{"result": [...]}` and JSONv2's `{"records": [...]}`, with plain
values, display values or both. XML: the list export (`<unload>`), XMLv2 (`<xml>`) and the
Table API (`<response>`). Fields are those of the table's dictionary.

Rights: `can_read_user_criteria` names user criteria, by sys_id or, in exports with display
values, by name. Ids are resolved by `user_criteria` records in the same file. `roles` is the
older restriction. `cannot_read_user_criteria` excludes people, which an audience can't say,
so it leaves nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from html import escape
from typing import Any
from urllib.parse import quote, urlsplit
from xml.etree.ElementTree import Element

from retrieval.articles.audience import Audience
from retrieval.articles.fields import shown, timestamp
from retrieval.articles.loader import BadRow, Draft, LoaderOutput, Remark, Skipped, SourceFile
from retrieval.articles.mediawiki import wiki_html
from retrieval.articles.readable import drop_leading_title, readable
from retrieval.articles.restrictions import both, resolved
from retrieval.errors import ArticleError

__all__ = ["drafts_of_json", "drafts_of_xml", "recognises_json"]

_SYS_ID = re.compile(r"[0-9a-f]{32}")
_PUBLISHED = frozenset(("published", "pending_retirement", "pending retirement", ""))
_RETIRED = frozenset(("retired", "outdated"))
_FIELDS = {
    "category": "kb_category", "knowledge_base": "kb_knowledge_base", "language": "language",
    "type": "article_type",
}  # fmt: skip
"""What is kept as metadata → the export's field."""

_PUBLIC_ROLE = "public"
"""The role that ServiceNow gives everyone, signed in or not."""


_TEMPLATE_PARTS = {
    name: place
    for place, name in enumerate(
        ("kb_introduction", "kb_issue", "kb_symptoms", "kb_environment", "kb_cause", "kb_question",
         "kb_answer", "kb_explanation", "kb_instructions", "kb_steps", "kb_resolution")
    )
}  # fmt: skip
"""In which order the parts of an article by a template are read; others follow."""

_TEMPLATE_LINKS = frozenset(("kb_knowledge_base", "kb_category", "kb_template"))


class _Record:
    """One row: its fields as stored and as displayed."""

    def __init__(self, stored: dict[str, str], displayed: dict[str, str], link: str = "") -> None:
        self._stored = stored
        self._displayed = displayed
        self.link = link

    @property
    def names(self) -> list[str]:
        """The fields there are, in the export's order."""
        return list(dict.fromkeys((*self._stored, *self._displayed)))

    def has(self, name: str) -> bool:
        return name in self._stored or name in self._displayed

    def stored(self, name: str) -> str:
        """The field's own value, or what is displayed where only that was exported."""
        return (self._stored.get(name) or self._displayed.get(name) or "").strip()

    def displayed(self, name: str) -> str:
        """What is displayed, or the value."""
        return (self._displayed.get(name) or self._stored.get(name) or "").strip()


def recognises_json(export: Mapping[str, Any]) -> bool:
    """Tell ServiceNow's JSON by the rows' fields."""
    rows = _rows(export)
    if rows is None:
        return False
    # An empty `result` or `records` is ServiceNow's, too: a query that found nothing.
    return not rows or any(
        isinstance(row, dict) and ("short_description" in row or "kb_knowledge_base" in row)
        for row in rows
    )


def _rows(export: Mapping[str, Any]) -> Sequence[Any] | None:
    for key in ("result", "records"):
        rows = export.get(key)
        if isinstance(rows, dict):
            return [rows]
        if isinstance(rows, list):
            return rows
    return None


def drafts_of_json(export: Mapping[str, Any], file: SourceFile) -> Iterator[LoaderOutput]:
    """Yield the articles of a JSON export."""
    criteria = {}
    for row in export.get("user_criteria") or ():
        if isinstance(row, dict):
            record = _record_of_json(row)
            criteria[record.stored("sys_id")] = record.displayed("name")
    for number, row in enumerate(_rows(export) or (), 1):
        if isinstance(row, dict):
            yield from _found(_record_of_json(row), number, criteria, file.today)
        else:
            yield BadRow(f"record {number} is {shown(row)}; expected an object")


def _record_of_json(row: Mapping[str, Any]) -> _Record:
    stored: dict[str, str] = {}
    displayed: dict[str, str] = {}
    link = ""
    for name, value in row.items():
        if isinstance(value, dict):
            if isinstance(value.get("link"), str):
                link = value["link"]
            if value.get("value") is not None:
                stored[name] = str(value["value"])
            if value.get("display_value") is not None:
                displayed[name] = str(value["display_value"])
        elif isinstance(value, list):
            stored[name] = ",".join(str(item) for item in value if item is not None)
        elif isinstance(value, (str, int, float, bool)):
            stored[name] = str(value)
        elif value is None:
            stored[name] = ""
    return _Record(stored, displayed, link)


def drafts_of_xml(root: Element, file: SourceFile) -> Iterator[LoaderOutput]:
    """Yield the articles of an XML export."""
    criteria = {
        _text(row.find("sys_id")): _text(row.find("name")) for row in root.iter("user_criteria")
    }
    rows = [
        *root.findall("kb_knowledge"),
        *(root.findall("result") if root.tag == "response" else ()),
    ]
    if not rows:
        if len(root):
            raise ArticleError(
                f"the XML holds no <kb_knowledge> records but <{root[0].tag[:80]}>; export the "
                "table kb_knowledge"
            )
        return
    for number, row in enumerate(rows, 1):
        if (row.get("action") or "").upper() == "DELETE":
            yield Skipped("retired")
            continue
        stored = {field.tag: _text(field) for field in row}
        displayed = {
            field.tag: field.get("display_value") or ""
            for field in row
            if field.get("display_value")
        }
        yield from _found(_Record(stored, displayed), number, criteria, file.today)


def _text(element: Element | None) -> str:
    return "" if element is None else "".join(element.itertext()).strip()


def _found(
    record: _Record, number: int, criteria: Mapping[str, str], today: date
) -> Iterator[LoaderOutput]:
    name = record.stored("number") or record.stored("sys_id")
    example = name or f"record {number}"
    reason = _left_out(record, today)
    if reason:
        yield Skipped(reason)
        return
    expiry = record.stored("valid_to")
    if expiry and _date(expiry) is None:
        yield Remark(
            "a date under valid_to is not ISO 8601, so the article is taken as valid; export "
            "without display values",
            f"{example} {shown(expiry)}",
        )
    title = record.displayed("short_description")
    try:
        body = drop_leading_title(readable(_html(record)), title)
    except ArticleError as error:
        yield BadRow(f"record {number} ({example}): {error.reason}")
        return
    audience, remarks = _audience(record, criteria, example)
    yield from remarks
    yield Draft(
        title=title,
        body=body,
        format="servicenow",
        id=name or None,
        part=f"#{number}",
        url=_url(record),
        audience=audience,
        updated=timestamp(record.stored("sys_updated_on"), utc=True),
        fields={
            field: record.displayed(name)
            for field, name in _FIELDS.items()
            if record.displayed(name) and not _SYS_ID.fullmatch(record.displayed(name))
        },
    )


def _html(record: _Record) -> str:
    """Return the article's text, wherever its kind keeps it."""
    wiki = record.stored("wiki")
    if wiki and (record.stored("article_type").lower() == "wiki" or not record.stored("text")):
        return wiki_html(wiki)
    if record.stored("text"):
        return record.stored("text")
    # An article by a template keeps each part in a field of its own: kb_issue, kb_resolution, ...
    parts = [(name, record.stored(name)) for name in record.names if name.startswith("kb_")]
    known = sorted(parts, key=lambda part: _TEMPLATE_PARTS.get(part[0], len(_TEMPLATE_PARTS)))
    return "".join(
        f"<h2>{escape(name[3:].replace('_', ' ').capitalize())}</h2>{text}"
        for name, text in known
        if text and name not in _TEMPLATE_LINKS and not _SYS_ID.fullmatch(text)
    )


def _left_out(record: _Record, today: date) -> str:
    state = record.stored("workflow_state").lower()
    if state in _RETIRED or record.stored("active").lower() in ("false", "0"):
        return "retired"
    if state not in _PUBLISHED:
        return "draft"
    expiry = _date(record.stored("valid_to"))
    return "expired" if expiry is not None and expiry < today else ""


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def _audience(
    record: _Record, criteria: Mapping[str, str], example: str
) -> tuple[Audience, list[Remark]]:
    remarks: list[Remark] = []
    restrictions: list[Audience] = []
    if not record.has("can_read_user_criteria"):
        remarks.append(
            Remark(
                "ServiceNow records without the field can_read_user_criteria are taken as "
                "unrestricted; export that field to keep their rights",
                example,
            )
        )
    names = _names(record, "can_read_user_criteria", criteria)
    if names:
        found = resolved(
            names,
            "a user criterion is known by its sys_id only, so it admits nobody; export display "
            "values, or the user_criteria records with the articles",
            example,
        )
        restrictions.append(found.audience)
        remarks.extend(found.remarks)
    roles = [role for role in _names(record, "roles", {}, ids=False) if role]
    if roles and _PUBLIC_ROLE not in roles:
        restrictions.append(tuple(dict.fromkeys(roles)))
    if _split(record.stored("cannot_read_user_criteria")):
        restrictions.append(())
        remarks.append(
            Remark(
                "cannot_read_user_criteria excludes people, which roles can't express: nobody "
                "may read the article",
                example,
            )
        )
    audience = both(restrictions)
    if audience == () and len(restrictions) > 1 and () not in restrictions:
        remarks.append(
            Remark("roles and user criteria have no name in common: nobody may read it", example)
        )
    return audience, remarks


def _names(
    record: _Record, field: str, criteria: Mapping[str, str], *, ids: bool = True
) -> list[str | None]:
    """Return the names in a list field, None for an id that stands for no known one."""
    stored = _split(record.stored(field))
    displayed = _split(record.displayed(field))
    if len(stored) == 1 and displayed:
        displayed = [record.displayed(field)]
    elif len(displayed) != len(stored):
        displayed = stored  # a name with a comma in it: only the ids can be trusted
    names: list[str | None] = []
    for value, name in zip(stored, displayed, strict=True):
        is_id = ids and _SYS_ID.fullmatch(name) is not None
        names.append(criteria.get(value) or None if is_id else name)
    return names


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _url(record: _Record) -> str | None:
    """Return the article's address, if the export tells the instance."""
    number = record.stored("number")
    try:
        parts = urlsplit(record.link)
    except ValueError:
        return None
    if not number or parts.scheme != "https" or not parts.netloc:
        return None
    return f"https://{parts.netloc}/kb_view.do?sysparm_article={quote(number)}"
