"""Pages of Confluence's HTML space export.

They hold no rights, so the folder's default applies. `index.html`, which only lists the
pages, is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from lxml.html import HtmlElement

from retrieval.articles.audience import UNSTATED
from retrieval.articles.fields import title_of_stem
from retrieval.articles.loader import Draft, LoaderOutput, Skipped, SourceFile
from retrieval.articles.readable import drop_leading_title, plain, render

__all__ = ["drafts", "recognises"]

_PAGE_ID = re.compile(r"(?:^|_)(\d{3,})$")
_MODIFIED = re.compile(r"last (?:modified|updated).*? on ([A-Za-z]{3,9}\.? \d{1,2}, \d{4})", re.S)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def recognises(root: HtmlElement) -> bool:
    """Tell whether a page is from Confluence's HTML export."""
    return _by_id(root, "main-content") is not None and (
        _by_id(root, "title-heading") is not None or _by_id(root, "breadcrumb-section") is not None
    )


def drafts(root: HtmlElement, file: SourceFile) -> Iterator[LoaderOutput]:
    """Yield the page's article."""
    stem = PurePosixPath(file.relative).stem
    content = _by_id(root, "main-content")
    if content is None or stem == "index":
        yield Skipped("index")
        return
    heading = _by_id(root, "title-text")
    title = "" if heading is None else plain(heading)
    # The heading reads "Space : Page"; the space's name stands in the breadcrumbs, too.
    crumbs = _by_id(root, "breadcrumbs")
    space = "" if crumbs is None else plain(next(crumbs.iter("a"), crumbs))
    title = title.removeprefix(f"{space} : ") if space else title.partition(" : ")[2] or title
    title = title.strip() or title_of_stem(stem)
    updated = _modified(root)
    page_id = _PAGE_ID.search(stem)
    yield Draft(
        title=title,
        body=drop_leading_title(render(content), title),
        format="confluence",
        id=page_id[1] if page_id else None,
        audience=UNSTATED,
        updated=updated,
    )


def _by_id(root: HtmlElement, name: str) -> HtmlElement | None:
    return root.get_element_by_id(name, None)


def _modified(root: HtmlElement) -> str | None:
    metadata = root.find(".//div[@class='page-metadata']")
    found = None if metadata is None else _MODIFIED.search(plain(metadata))
    if found is None:
        return None
    month, day, year = found[1].replace(",", "").split()
    name = month[:3].lower()
    if name not in _MONTHS:
        return None
    return f"{year}-{_MONTHS.index(name) + 1:02}-{int(day):02}"
