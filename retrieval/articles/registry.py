"""Which loader reads which file: the place to plug a format in.

A loader is one file with a `load(file: SourceFile) -> Iterator[LoaderOutput]`; its suffixes are
one line here. Loaders are imported on first use, so that a folder of Markdown doesn't
wait for a PDF library.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import PurePosixPath
from typing import cast

from retrieval.articles.loader import Loader

__all__ = ["LOADERS", "QUICK", "WITHOUT_RIGHTS", "loader", "loader_of", "module_of"]

LOADERS: Mapping[str, str] = {
    ".md": "markdown",
    ".markdown": "markdown",
    ".mdx": "markdown",
    ".html": "html_page",
    ".htm": "html_page",
    ".xhtml": "html_page",
    ".txt": "plain_text",
    ".text": "plain_text",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv_table",
    ".qna": "qna",
    ".pdf": "pdf",
    ".docx": "docx",
    ".xlsx": "xlsx",
    ".pptx": "pptx",
    ".eml": "email_message",
    ".json": "json_export",
    ".xml": "xml_export",
}
"""File suffix in lower case → module of this package that reads it."""


QUICK = frozenset(("csv_table", "jsonl", "plain_text"))
"""Loaders that take no longer than reading their file."""

WITHOUT_RIGHTS = frozenset(
    ("docx", "email_message", "html_page", "pdf", "plain_text", "pptx", "qna", "xlsx")
)
"""Loaders of formats with no place for an audience: a broken file leaves none unclear."""


def module_of(name: str) -> str | None:
    """Return the loader's module for a file name, or None if its suffix is unknown."""
    return LOADERS.get(PurePosixPath(name).suffix.lower())


def loader_of(name: str) -> Loader | None:
    """Return the loader for a file name, or None if its suffix is unknown."""
    module = module_of(name)
    return None if module is None else loader(module)


@cache
def loader(module: str) -> Loader:
    """Return the loader of a module."""
    return cast("Loader", import_module(f"retrieval.articles.{module}").load)
