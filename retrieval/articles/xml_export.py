"""`.xml`: exports of other systems, told apart by their outermost element.

defusedxml parses, so that no entity, external file or document type gets through.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from retrieval.articles import confluence_space, servicenow
from retrieval.articles.loader import LoaderOutput, SourceFile
from retrieval.errors import ArticleError

__all__ = ["ROOTS", "load"]

_FORBIDDEN = re.compile(
    rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]"
    rb"|&#(?:0*(?:[0-8]|1[124-9]|2[0-9]|3[01])|[xX]0*(?:[0-8bBcCeEfF]|1[0-9a-fA-F]));"
)
"""Control characters, written out or as numbers, that no XML document may hold."""

ROOTS: dict[str, Callable[[Element, SourceFile], Iterator[LoaderOutput]]] = {
    "unload": servicenow.drafts_of_xml,
    "xml": servicenow.drafts_of_xml,
    "response": servicenow.drafts_of_xml,
    "hibernate-generic": confluence_space.drafts_of_xml,
}
"""Outermost element → what reads the export."""


def load(file: SourceFile) -> Iterator[LoaderOutput]:
    """Yield the articles of an export."""
    raw = file.read_bytes()
    try:
        root = _parsed(raw)
    except ParseError as error:
        line = error.position[0] if getattr(error, "position", None) else None
        raise ArticleError(f"not valid XML: {error}", line=line) from error
    except DefusedXmlException as error:
        raise ArticleError(
            f"the XML declares a document type or entities ({type(error).__name__}), which no "
            "export does and which can do harm"
        ) from error
    except (ValueError, LookupError, UnicodeError) as error:
        raise ArticleError(f"the XML can't be decoded: {error}; save it as UTF-8") from error
    drafts = ROOTS.get(root.tag)
    if drafts is None:
        raise ArticleError(
            f"the XML is of no known export: its outermost element is <{root.tag[:80]}>; looked "
            "for ServiceNow's <unload>, <xml> or <response> and Confluence's <hibernate-generic>"
        )
    yield from drafts(root, file)


def _parsed(raw: bytes) -> Element:
    """Parse an export; characters that XML can't hold, which some contain, are left out."""
    try:
        return fromstring(raw, forbid_dtd=True)
    except ParseError:
        cleaned = b"" if b"\0" in raw[:4] else _FORBIDDEN.sub(b"", raw)
        if len(cleaned) in (0, len(raw)):
            raise
        return fromstring(cleaned, forbid_dtd=True)
