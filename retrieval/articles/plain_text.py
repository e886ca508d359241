"""Plain text: the body is the file, exactly; the title is the file's name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from retrieval.articles.audience import UNSTATED
from retrieval.articles.fields import title_of_stem
from retrieval.articles.loader import Draft, LoaderOutput, SourceFile

__all__ = ["load"]


def load(file: SourceFile) -> Iterator[LoaderOutput]:
    """Yield the file as one article."""
    title = title_of_stem(PurePosixPath(file.relative).stem)
    yield Draft(title=title, body=file.read_article(), format="text", audience=UNSTATED)
