"""What a loader finds in a file: drafts, bad rows, skipped articles, remarks.

A loader is a plain function from a `SourceFile` to an iterator of these values. It opens
nothing but its file, decides nothing about ids or defaults of rights, and raises
`ArticleError` when the file as a whole can't be used. `loading.py` does the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from retrieval.articles.audience import Audience, RightsField, Unstated
from retrieval.articles.decoding import decode
from retrieval.errors import ArticleError
from retrieval.types import FieldValue, Place

__all__ = [
    "MAX_ARTICLE_CHARS",
    "MAX_FILE_BYTES",
    "BadRow",
    "Draft",
    "Loader",
    "LoaderOutput",
    "Remark",
    "Skipped",
    "SourceFile",
    "WatchedFile",
]

MAX_ARTICLE_CHARS = 20_000_000
"""Longest body of one article, in code points: some twenty thick novels."""

MAX_FILE_BYTES = 1_000_000_000
"""Largest file that is read into memory as a whole (exports, CSV)."""


@dataclass(frozen=True)
class Draft:
    """An article as its file gives it, before ids and default rights are settled.

    Attributes:
        title: Empty where the file gives none.
        body: The text that offsets will count in.
        format: Name of the loader.
        id: As the file states it; None to derive one from the path.
        part: Added to a path-derived id where one file holds many articles: "#3".
        url: Where a person reads it.
        audience: `UNSTATED` if the format has no place for it.
        updated: As the file states it.
        line: Where the article starts, counted from 1, for messages.
        other_id: What to call it where another article states the same id.
        translation: Whether the id belongs to another one first: this is a translation of it.
        fields: Further metadata.
        places: Where parts of the body stand in the file.
    """

    title: str
    body: str
    format: str
    id: str | None = None
    part: str = ""
    url: str | None = None
    audience: Audience | Unstated = None
    updated: str | None = None
    line: int | None = None
    other_id: str | None = None
    translation: bool = False
    fields: Mapping[str, FieldValue] = field(default_factory=dict)
    places: tuple[Place, ...] = ()


@dataclass(frozen=True)
class BadRow:
    """One row or record that can't be used; the others of its file go on."""

    reason: str
    line: int | None = None


@dataclass(frozen=True)
class Skipped:
    """An article left out on purpose: "draft", "retired", "expired", "empty", ..."""

    kind: str
    line: int | None = None


@dataclass(frozen=True)
class Remark:
    """Something to tell the user; remarks with one `about` are told once, with a count.

    Attributes:
        about: What is remarked, as a sentence that makes sense for many articles.
        example: The case at hand: an article's id, a value.
    """

    about: str
    example: str = ""


LoaderOutput = Draft | BadRow | Skipped | Remark


@dataclass(frozen=True)
class SourceFile:
    """One file of a source, handed to a loader.

    Attributes:
        path: Where it is.
        relative: Its path inside the source, in POSIX form.
        today: The day against which "expired" is judged.
        rights: Which field of front matter says who may read, as `_frontdesk.toml` has it.
    """

    path: Path
    relative: str
    today: date
    rights: RightsField | None = None

    def read_bytes(self, limit: int = MAX_FILE_BYTES) -> bytes:
        """Return the whole file.

        Raises:
            ArticleError: It is larger than `limit` bytes.
        """
        size = self.path.stat().st_size
        if size > limit:
            raise ArticleError(
                f"the file has {size:,} bytes; at most {limit:,} are read: "
                "split it into smaller files"
            )
        return self.path.read_bytes()

    def read_text(self, limit: int = MAX_FILE_BYTES) -> str:
        """Return the whole file decoded, without a byte-order mark, line ends untouched.

        Raises:
            ArticleError: It is too large, or neither UTF-8 nor UTF-16 with a mark.
        """
        return decode(self.read_bytes(limit))

    def read_article(self) -> str:
        """Return the text of a file that is a single article.

        Raises:
            ArticleError: As `read_text`, and for a text too long for one article.
        """
        # A code point takes at most four bytes: a larger file is too long unread.
        limit = 4 * MAX_ARTICLE_CHARS
        size = self.path.stat().st_size
        text = decode(self.path.read_bytes()) if size <= limit else ""
        if size > limit or len(text) > MAX_ARTICLE_CHARS:
            held = f"{size:,} bytes" if size > limit else f"{len(text):,} characters"
            raise ArticleError(
                f"the article has {held}; at most {MAX_ARTICLE_CHARS:,} characters are taken "
                "in as one article: split it into several"
            )
        return text


@dataclass(frozen=True)
class WatchedFile(SourceFile):
    """Notices whether a loader's work depends on the day."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "_asked", False)

    @property
    def asked(self) -> bool:
        """Whether the day was asked for."""
        return bool(object.__getattribute__(self, "_asked"))

    def __getattribute__(self, name: str) -> Any:
        if name == "today":
            object.__setattr__(self, "_asked", True)
        return object.__getattribute__(self, name)


Loader = Callable[[SourceFile], Iterator[LoaderOutput]]
