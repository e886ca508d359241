"""`.xml`: exports of other systems, told apart by their outermost element.

defusedxml parses, so that no entity, external file or document type gets through.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from retrieval.articles import confluence_space, servicenow
from retrieval.articles.loader import LoaderOutput, SourceFile
from retrieval.errors import ArticleError

__all__ = ["ROOTS", "load"]

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
        root: Element = fromstring(raw, forbid_dtd=True)
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
