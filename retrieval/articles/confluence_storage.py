"""Confluence's storage format, made plain HTML.

Storage format is XHTML with `ac:` and `ri:` elements for macros, links, tasks and layouts
(Atlassian, "Confluence Storage Format"). CDATA and self-closed elements are written out
first, after which the lenient HTML parser takes it, unbalanced tags and named entities
included; an XML parser would refuse those, and would have to be guarded.
"""

from __future__ import annotations

import re
from html import escape

from lxml.html import Element, HtmlElement

from retrieval.articles.html_parsing import parse_html
from retrieval.articles.readable import render

__all__ = ["storage_text"]

_CDATA_END = re.compile(r"\]\] ?>(?=\s*</ac:)")
_SELF_CLOSED = re.compile(r"<((?:ac|ri):[\w-]+)([^<>]*)/>")

_CODE = frozenset(("code", "noformat", "codeblock", "paste-code-macro"))
_SILENT = frozenset(
    (
        "toc",
        "children",
        "pagetree",
        "recently-updated",
        "contentbylabel",
        "attachments",
        "gallery",
        "livesearch",
        "pagetreesearch",
        "anchor",
        "profile-picture",
        "widget",
        "html",
        "rss",
        "contributors",
        "change-history",
        "blog-posts",
        "content-report-table",
        "drawio",
        "gliffy",
        "viewpdf",
        "view-file",
        "multimedia",
        "iframe",
        "include",
        "excerpt-include",
        "detailssummary",
        "tasks-report-macro",
        "create-from-template",
        "labels-list",
        "index",
        "search",
        "spaces",
        "listlabels",
        "navmap",
        "popular-labels",
        "related-labels",
        "userlister",
    )
)
"""Macros that show something else than the page's own words."""


def storage_text(storage: str) -> str:
    """Return a page in storage format as light Markdown.

    Raises:
        ArticleError: It can't be parsed.
    """
    html = _SELF_CLOSED.sub(r"<\1\2></\1>", _without_cdata(storage))
    root = parse_html(f"<div>{html}</div>")
    # Inside out, so that a macro finds the ones inside it already plain.
    for element in reversed(list(root.iter())):
        tag = element.tag
        if isinstance(tag, str) and tag.startswith(("ac:", "ri:")):
            _plain(element, tag.partition(":")[2])
    return render(root)


def _without_cdata(storage: str) -> str:
    """Return storage format with its CDATA sections escaped instead.

    Inside the CDATA of a space export, Confluence writes the end of a section as "]] >".
    """
    before, *sections = storage.split("<![CDATA[")
    pieces = [before]
    for section in sections:
        end = _CDATA_END.search(section) or re.search(r"\]\]>", section)
        text = section[: end.start()] if end else section
        pieces.append(escape(text, quote=False) + (section[end.end() :] if end else ""))
    return "".join(pieces)


def _plain(element: HtmlElement, name: str) -> None:
    if name in ("structured-macro", "macro"):
        _macro(element, (element.get("ac:name") or "").lower())
    elif name == "task-list":
        element.tag = "ul"
    elif name == "task":
        done = "".join(e.text or "" for e in element if e.get("data-kind") == "status")
        body = [child for child in element if child.get("data-kind") == "task-body"]
        _become(element, "li", body)
        element.text = ("[x] " if done.strip() == "complete" else "[ ] ") + (element.text or "")
    elif name in ("task-status", "task-body"):
        element.set("data-kind", "status" if name == "task-status" else name)
        element.tag = "span" if name == "task-body" else "i"
    elif name == "link":
        _link(element)
    elif name == "image":
        _picture(element)
    elif name in ("parameter", "default-parameter"):
        element.set("data-kind", "parameter")
        element.tag = "i"
    elif name == "plain-text-body":
        element.tag = "pre"
        element.set("data-kind", "body")
    elif name == "rich-text-body":
        element.tag = "div"
        element.set("data-kind", "body")
    elif name in ("plain-text-link-body", "link-body"):
        element.tag = "span"
        element.set("data-kind", "link-body")
    elif name in ("layout", "layout-section", "layout-cell", "adf-content"):
        element.tag = "div"
    elif name in ("placeholder", "task-id", "task-uuid", "adf-fallback", "adf-attribute"):
        _remove(element)
    elif name == "emoticon":
        fallback = element.get("ac:emoji-fallback") or ""
        element.tag = "span"
        element.text = fallback if fallback and not fallback.startswith(":") else ""
    elif name in ("page", "blog-post", "attachment", "user", "url", "space", "shortcut"):
        _resource(element, name)
    else:
        element.tag = "span"


def _macro(element: HtmlElement, name: str) -> None:
    parameters = {
        child.get("ac:name") or "": (child.text_content() or "").strip()
        for child in element
        if child.get("data-kind") == "parameter"
    }
    bodies = [child for child in element if child.get("data-kind") == "body"]
    if name in _CODE:
        for body in bodies:
            body.tag = "pre"
        _become(element, "div", bodies)
    elif name == "status":
        _become(element, "span", [])
        element.text = parameters.get("title") or parameters.get("") or ""
    elif name == "jira":
        _become(element, "span", [])
        element.text = parameters.get("key", "")
    elif name in _SILENT:
        _remove(element)
    else:
        # Panels, notes, expanders, excerpts, columns and whatever else has words of its own.
        title = "" if name in ("excerpt", "details") else parameters.get("title", "")
        _become(element, "div", bodies)
        if title:
            heading = Element("p")
            heading.text = title
            element.insert(0, heading)


def _link(element: HtmlElement) -> None:
    bodies = [child for child in element if child.get("data-kind") == "link-body"]
    if bodies:
        _become(element, "span", bodies)
        return
    text = next((child.get("data-text") or "" for child in element if child.get("data-text")), "")
    text = text or element.get("ac:anchor") or ""
    _become(element, "span", [])
    element.text = text


def _picture(element: HtmlElement) -> None:
    alt = element.get("ac:alt") or element.get("ac:title") or ""
    captions = [child for child in element if child.tag == "span" and child.text_content().strip()]
    picture = Element("img", alt=alt)
    _become(element, "span", captions)
    element.insert(0, picture)


def _resource(element: HtmlElement, name: str) -> None:
    """Note what a link without words of its own would show."""
    title = element.get("ri:content-title") or element.get("ri:filename") or ""
    element.set("data-text", title or (element.get("ri:value") or "" if name == "url" else ""))
    element.tag = "i"
    element.text = ""


def _become(element: HtmlElement, tag: str, kept: list[HtmlElement]) -> None:
    """Turn an element into a plain one that holds only `kept`."""
    for child in list(element):
        if child not in kept:
            _remove(child)
        elif tag != "span" or child.tag != "pre":
            child.tail = None
    element.tag = tag
    element.text = None
    kind = element.get("data-kind")
    element.attrib.clear()  # as a whole: names in broken markup can't be named one by one
    if kind is not None:
        element.set("data-kind", kind)


def _remove(element: HtmlElement) -> None:
    if element.getparent() is not None:
        element.drop_tree()
