"""Broken HTML to a tree, however it is written.

lxml parses, because it is the fastest lenient parser with a tree that can be pruned in place.
"""

from __future__ import annotations

import re

from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring

from retrieval.errors import ArticleError

__all__ = ["parse_html"]

_CONTROL = re.compile("[\x01-\x08\x0b\x0e-\x1f\ufffe\uffff]")
_CHARACTER_NUMBER = re.compile(r"&#(?:[xX]([0-9a-fA-F]{1,8})|([0-9]{1,8}))(?![0-9a-fA-F]);?")


def parse_html(text: str) -> HtmlElement:
    """Return the document element of a page or a fragment, however broken it is.

    Raises:
        ArticleError: Nothing can be made of it, or it nests so deeply that text is lost.
    """
    # A text may claim an encoding; it is decoded already, so the claim must not count.
    parser = HTMLParser(encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True)
    source = _without_controls(text).encode("utf-8", errors="replace")
    try:
        root = document_fromstring(source, parser=parser)
    except (etree.LxmlError, ValueError, AssertionError) as error:
        if "empty" in str(error):  # nothing but closing tags or comments
            return document_fromstring(b"<html><body></body></html>")
        raise ArticleError(f"the HTML can't be parsed: {error}") from error
    for entry in parser.error_log:
        if entry.type_name == "ERR_RESOURCE_LIMIT" or "xcessive depth" in entry.message:
            raise ArticleError(
                f"the HTML is nested too deeply ({entry.message.strip()}): simplify it",
                line=entry.line,
            )
    return root


def _without_controls(text: str) -> str:
    """Return HTML without characters that a tree can't hold, written out or as numbers."""
    text = _CONTROL.sub("", text.replace("\0", "\ufffd").replace("\f", " "))
    return _CHARACTER_NUMBER.sub(_character, text) if "&#" in text else text


def _character(reference: re.Match[str]) -> str:
    number = int(reference[2], 10) if reference[2] else int(reference[1], 16)
    if 0x80 <= number < 0xA0:
        # Written by programs that meant Windows-1252, and read so by browsers.
        return bytes([number]).decode("cp1252", errors="ignore")
    bad = number < 0x110000 and _CONTROL.fullmatch(chr(number))
    return "" if bad else reference[0]
