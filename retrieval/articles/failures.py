"""What a loader's failure means for its file."""

from __future__ import annotations

from retrieval.articles.fields import shown
from retrieval.errors import ArticleError

__all__ = ["UNFORESEEN", "reading_failure"]

UNFORESEEN = "the loader failed on the file in a way that was not foreseen"
"""Starts the reason of a rejection that is a defect of a loader."""


def reading_failure(error: Exception) -> ArticleError:
    """Return why a file is refused: one strange file must not stop the others."""
    if isinstance(error, ArticleError):
        return error
    if isinstance(error, OSError):
        return ArticleError(f"can't be read: {error.strerror or error}")
    problem = f"{type(error).__name__}: {shown(str(error))}"
    return ArticleError(f"{UNFORESEEN} ({problem}); please report it")
