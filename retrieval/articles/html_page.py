"""HTML pages: the article's part of the page, without the site around it.

`<main>` or the only `<article>` is taken where there is one. The title is the page's one
level-1 heading, else `<title>`. The url is the canonical link, if it is absolute.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from lxml.html import HtmlElement

from retrieval.articles import confluence_pages
from retrieval.articles.audience import UNSTATED
from retrieval.articles.decoding import decode
from retrieval.articles.fields import timestamp, title_of_stem
from retrieval.articles.html_parsing import parse_html
from retrieval.articles.html_site import strip_site
from retrieval.articles.loader import MAX_ARTICLE_CHARS, Draft, LoaderOutput, SourceFile
from retrieval.articles.readable import drop_leading_title, plain, render
from retrieval.errors import ArticleError

__all__ = ["load"]

_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_UPDATED = (
    "article:modified_time",
    "last-modified",
    "dcterms.modified",
    "dc.date.modified",
    "datemodified",
    "date",
)


def load(file: SourceFile) -> Iterator[LoaderOutput]:
    """Yield the page as one article; pages of Confluence's HTML export are known by sight."""
    text = _text(file)
    if len(text) > 2 * MAX_ARTICLE_CHARS:
        raise ArticleError(
            f"the page has {len(text):,} characters of HTML; at most {2 * MAX_ARTICLE_CHARS:,} "
            "are taken in as one article: split it into several"
        )
    root = parse_html(text)
    if confluence_pages.recognises(root):
        yield from confluence_pages.drafts(root, file)
        return
    content = _content(root)
    title = _title(root, content) or title_of_stem(PurePosixPath(file.relative).stem)
    strip_site(content)
    url, updated = _url(root), _updated(root)
    yield Draft(
        title=title,
        body=drop_leading_title(render(content), title),
        format="html",
        url=url,
        audience=UNSTATED,
        updated=updated,
    )


def _text(file: SourceFile) -> str:
    """Return the page decoded: by its mark, by the charset it declares, or as UTF-8."""
    raw = file.read_bytes(4 * MAX_ARTICLE_CHARS)
    declared = _CHARSET.search(raw[:4096])
    if declared is None or raw.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        return decode(raw)
    name = declared[1].decode("ascii", errors="replace")
    try:
        codec = codecs.lookup(name)
        if codec.name.startswith(("utf-8", "utf-16", "utf-32")) or not _is_text_codec(codec):
            return decode(raw)
        # Browsers read "iso-8859-1" as Windows-1252, and pages are written for browsers.
        latin = codec.name in ("iso8859-1", "ascii")
        return raw.decode("cp1252" if latin else codec.name)
    except (LookupError, ValueError) as error:
        try:
            return decode(raw)
        except ArticleError:
            raise ArticleError(
                f"the page declares the charset {name!r}, but is not written in it ({error}); "
                "save it as UTF-8"
            ) from error


def _is_text_codec(codec: codecs.CodecInfo) -> bool:
    return bool(getattr(codec, "_is_text_encoding", True))


def _content(root: HtmlElement) -> HtmlElement:
    """Return the element that holds the article."""
    mains = [*root.iter("main"), *root.iterfind(".//*[@role='main']")]
    articles = list(root.iter("article"))
    for candidate in (*mains, *(articles if len(articles) == 1 else [])):
        if candidate.text_content().strip():
            return candidate
    body = root.find("body")
    return root if body is None else body


def _title(root: HtmlElement, content: HtmlElement) -> str:
    headings = [text for text in map(plain, content.iter("h1")) if text] or [
        text for text in map(plain, root.iter("h1")) if text
    ]
    if len(set(headings)) == 1:
        return headings[0]
    title = root.find(".//title")
    return "" if title is None else plain(title)


def _url(root: HtmlElement) -> str | None:
    for link in root.iter("link"):
        address = link.get("href") or ""
        if "canonical" in (link.get("rel") or "").lower().split() and "://" in address:
            return address
    return None


def _updated(root: HtmlElement) -> str | None:
    stated: dict[str, str] = {}
    for meta in root.iter("meta"):
        name = (meta.get("property") or meta.get("name") or meta.get("itemprop") or "").lower()
        if name in _UPDATED and (value := timestamp(meta.get("content"))) is not None:
            stated.setdefault(name, value)
    return next((stated[name] for name in _UPDATED if name in stated), None)
