"""Markdown with front matter, through HTML into the same text as every rich format.

markdown-it-py parses (CommonMark with tables, strike-through, definition lists, footnotes
and admonitions): it follows the specification, is maintained, and passes HTML through.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from html import unescape
from pathlib import PurePosixPath

from lxml.html import HtmlElement
from markdown_it import MarkdownIt
from mdit_py_plugins.admon import admon_plugin
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.footnote import footnote_plugin

from retrieval.articles.audience import RightsField
from retrieval.articles.dialects import plain_markdown
from retrieval.articles.fields import shown, timestamp, title_of_stem
from retrieval.articles.front_matter import FrontMatter, split_front_matter
from retrieval.articles.html_parsing import parse_html
from retrieval.articles.liquid import without_liquid
from retrieval.articles.loader import Draft, LoaderOutput, Remark, Skipped, SourceFile
from retrieval.articles.readable import drop_leading_title, plain, render
from retrieval.errors import ArticleError
from retrieval.types import FieldValue

__all__ = ["load", "markdown_text"]


def load(file: SourceFile) -> Iterator[LoaderOutput]:
    """Yield the file as one article."""
    rights = file.rights or RightsField()
    try:
        front, text = split_front_matter(file.read_article(), rights.name)
        fields = dict(front.fields)
        stated = {name: front.text(name) for name in ("id", "title", "url", "updated")}
        page = _html(text)
    except ArticleError as error:
        if error.unclear_rights is None:
            error.unclear_rights = _rights_unclear(file, rights)
        raise
    if _is_draft(fields):
        yield Skipped("draft")
        return
    audience, unknown = rights.audience(front.rights)
    yield from _remarks(front, rights, unknown, file.relative)
    # Site generators put a title into their pages as it stands, so "&amp;" is meant as "&".
    title = unescape(stated["title"] or "")
    title = title or _first_heading(page) or title_of_stem(PurePosixPath(file.relative).stem)
    yield Draft(
        title=title,
        body=drop_leading_title(render(page), title),
        format="markdown",
        id=stated["id"],
        other_id=file.relative,
        url=stated["url"],
        audience=audience,
        updated=stated["updated"] or _changed(fields),
        fields={name: value for name, value in fields.items() if name not in stated},
    )


def _rights_unclear(file: SourceFile, rights: RightsField) -> bool:
    """Tell whether a file that can't be used may restrict its article."""
    head = file.read_bytes()[:200_000].decode("utf-8", errors="surrogateescape")
    try:
        front, _ = split_front_matter(head, rights.name)
    except ArticleError:
        return True
    # What stands in a front matter with undecodable bytes can't be trusted.
    return front.present and (front.rights is not None or not _is_text(head))


def _is_text(head: str) -> bool:
    opened = head.split("\n---", 1)[0]
    return not any("\udc80" <= character <= "\udcff" for character in opened)


def _is_draft(fields: Mapping[str, FieldValue]) -> bool:
    """Tell what a site generator doesn't publish."""
    return fields.get("draft") is True or fields.get("published") is False


def _changed(fields: Mapping[str, FieldValue]) -> str | None:
    """Return the date of the last change by the names that site generators give it."""
    for name in ("lastmod", "last_modified_at", "last_updated", "ms.date"):
        value = fields.get(name)
        if isinstance(value, str):
            american = re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", value)
            if american:
                value = f"{american[3]}-{american[1]:>02}-{american[2]:>02}"
            if (found := timestamp(value)) is not None:
                return found
    return None


def _remarks(
    front: FrontMatter, rights: RightsField, unknown: Sequence[str], where: str
) -> Iterator[Remark]:
    if front.bare and not rights.roles:
        yield Remark(
            f"front matter states {rights.name!r} as a bare text, which is read as the name of "
            "the one role that may read: write it in brackets if that is meant, or say under "
            "[rights] in _frontdesk.toml what the field means",
            f"{where} {shown((front.rights or ('',))[0])}",
        )
    for value in unknown:
        yield Remark(
            f"a value of {rights.name!r} is not among the roles under [rights] in "
            "_frontdesk.toml, so it admits nobody",
            f"{where} {shown(value)}",
        )


def markdown_text(text: str) -> str:
    """Return Markdown without front matter as clean text.

    Raises:
        ArticleError: It can't be parsed.
    """
    return render(_html(text))


def _html(text: str) -> HtmlElement:
    text = without_liquid(plain_markdown(text.replace("\r\n", "\n").replace("\r", "\n")))
    try:
        return parse_html(_parser().render(text))
    except RecursionError as error:
        raise ArticleError("the Markdown is nested too deeply: simplify it") from error


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    return parser.use(deflist_plugin).use(footnote_plugin).use(admon_plugin)


def _first_heading(page: HtmlElement) -> str:
    """Return the text of the first heading of level 1: the title where none is stated."""
    heading = next(page.iter("h1"), None)
    return "" if heading is None else plain(heading)
