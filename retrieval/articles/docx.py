"""DOCX through mammoth, which reads Word's styles as meaning rather than looks.

mammoth (BSD) turns styles into headings, lists and tables; the result goes the way of all
HTML. It doesn't keep the numbers of a list, and a screenshot between two steps would start
the count again, so `docx_numbering` writes each number beside its paragraph first.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import PurePosixPath

import mammoth  # type: ignore[import-untyped]
from lxml.html import HtmlElement

from retrieval.articles.audience import UNSTATED
from retrieval.articles.docx_numbering import NUMBERED, Package, open_package
from retrieval.articles.fields import shown, timestamp, title_of_stem
from retrieval.articles.html_parsing import parse_html
from retrieval.articles.loader import Draft, LoaderOutput, SourceFile
from retrieval.articles.readable import drop_leading_title, plain, render
from retrieval.errors import ArticleError

__all__ = ["load"]

_STYLES = """
p[style-name='Title'] => h1.title:fresh
p[style-name='Subtitle'] => p:fresh
p[style-name='HTML Preformatted'] => pre:separator('\\n')
p[style-name='Code'] => pre:separator('\\n')
p[style-name='Source Code'] => pre:separator('\\n')
p[style-name='Preformatted Text'] => pre:separator('\\n')
p[style-name='macro'] => pre:separator('\\n')
"""
_JUNK_TITLE = re.compile(
    r"(?i)\s*(untitled|document\s*\d*|word document|microsoft word.*|title)?\s*"
)


def load(file: SourceFile) -> Iterator[LoaderOutput]:
    """Yield the file as one article."""
    try:
        with file.path.open("rb") as stream:
            package = open_package(stream)
            result = mammoth.convert_to_html(
                package.stream,
                style_map=_STYLES,
                include_embedded_style_map=False,
                convert_image=mammoth.images.img_element(lambda _image: {"src": ""}),
                external_file_access=False,
            )
    except ArticleError:
        raise
    except zipfile.BadZipFile as error:
        raise ArticleError(
            "the file is no DOCX (not a ZIP archive); save it from the word processor as .docx"
        ) from error
    except Exception as error:
        # mammoth meets broken files with whatever error the breakage leads to.
        raise ArticleError(
            f"the DOCX can't be read ({type(error).__name__}: {shown(str(error))}); "
            "open it and save it anew"
        ) from error
    page = parse_html(result.value)
    _set_numbers(page)
    title = _title(page, package) or title_of_stem(PurePosixPath(file.relative).stem)
    yield Draft(
        title=title,
        body=drop_leading_title(render(page), title),
        format="docx",
        audience=UNSTATED,
        updated=timestamp(package.updated),
    )


def _set_numbers(page: HtmlElement) -> None:
    """Move the numbers written beside paragraphs into their list items; drop note arrows."""
    for item in page.iter("li"):
        found = NUMBERED.match(item.text or "")
        if found:
            item.text = (item.text or "")[found.end() :]
            item.set("value", found[2])
            parent = item.getparent()
            if found[1] == "a" and parent is not None:
                parent.set("type", "a")
    for element in list(page.iter()):
        for name in ("text", "tail"):
            text = getattr(element, name)
            if text and "\ue000" in text:
                # A numbered paragraph that mammoth made no list item: a numbered heading.
                setattr(element, name, NUMBERED.sub("", text))
    for link in list(page.iter("a")):
        if (link.get("href") or "").startswith(("#footnote-ref", "#endnote-ref")):
            link.drop_tree()


def _title(page: HtmlElement, package: Package) -> str:
    headings = list(page.iter("h1"))
    for heading in headings:
        if "title" in (heading.get("class") or "").split() and plain(heading):
            return plain(heading)
    if len(headings) == 1 and plain(headings[0]):
        return plain(headings[0])
    return "" if _JUNK_TITLE.fullmatch(package.title) else package.title.strip()
