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

__all__ = ["LOADERS", "loader_of"]

LOADERS: Mapping[str, str] = {
    ".md": "markdown",
    ".markdown": "markdown",
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
    ".json": "json_export",
    ".xml": "xml_export",
}
"""File suffix in lower case → module of this package that reads it."""


def loader_of(name: str) -> Loader | None:
    """Return the loader for a file name, or None if its suffix is unknown."""
    module = LOADERS.get(PurePosixPath(name).suffix.lower())
    return None if module is None else _loader(module)


@cache
def _loader(module: str) -> Loader:
    return cast("Loader", import_module(f"retrieval.articles.{module}").load)
