"""Markdown with front matter, through HTML into the same text as every rich format.

markdown-it-py parses (CommonMark with tables, strike-through, definition lists, footnotes
and admonitions): it follows the specification, is maintained, and passes HTML through.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from html import unescape
from pathlib import PurePosixPath

from lxml.html import HtmlElement
from markdown_it import MarkdownIt
from mdit_py_plugins.admon import admon_plugin
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.footnote import footnote_plugin

from retrieval.articles.fields import title_of_stem
from retrieval.articles.front_matter import split_front_matter
from retrieval.articles.liquid import without_liquid
from retrieval.articles.loader import Draft, LoaderOutput, SourceFile
from retrieval.articles.readable import drop_leading_title, parse_html, plain, render
from retrieval.errors import ArticleError

__all__ = ["load", "markdown_text"]

_GITHUB_ALERT = re.compile(r"^([ \t]*>[ \t]*)\[!(\w+)\][ \t]*$", re.MULTILINE)
_CONTAINER = re.compile(r"^[ \t]*:{3,}[ \t]*(?:\w+[ \t]*)?(.*)$", re.MULTILINE)


def load(file: SourceFile) -> Iterator[LoaderOutput]:
    """Yield the file as one article."""
    front, text = split_front_matter(file.read_article())
    page = _html(text)
    # Site generators put a title into their pages as it stands, so "&amp;" is meant as "&".
    stated = unescape(front.title or "")
    title = stated or _first_heading(page) or title_of_stem(PurePosixPath(file.relative).stem)
    body = drop_leading_title(render(page), title)
    yield Draft(
        title=title,
        body=body,
        format="markdown",
        id=front.id,
        url=front.url,
        audience=front.audience,
        updated=front.updated,
    )


def markdown_text(text: str) -> str:
    """Return Markdown without front matter as clean text.

    Raises:
        ArticleError: It can't be parsed.
    """
    return render(_html(text))


def _html(text: str) -> HtmlElement:
    text = without_liquid(text.replace("\r\n", "\n").replace("\r", "\n"))
    text = _GITHUB_ALERT.sub(lambda match: f"{match[1]}{match[2].capitalize()}:", text)
    if ":::" in text:
        text = _CONTAINER.sub(r"\1", text)
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
