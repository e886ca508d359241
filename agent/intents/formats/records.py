"""What a loader is given and what it finds: the words between formats and `load_intents()`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePath
from typing import Protocol

from agent.errors import IntentError
from retrieval.articles.decoding import decode
from retrieval.errors import ArticleError

__all__ = [
    "OUT_OF_SCOPE_LABEL",
    "BadLine",
    "Labelled",
    "Loader",
    "Record",
    "Remark",
    "Skipped",
    "SourceFile",
    "Unreadable",
    "label_of",
]

OUT_OF_SCOPE_LABEL = "oos"
"""The label that means "none of the intents" in our own formats, as an empty one does."""


class Unreadable(IntentError):
    """A whole file can't be read; `line` is where it broke, 0 if unknown."""

    def __init__(self, reason: str, line: int = 0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line


@dataclass(frozen=True)
class SourceFile:
    """One file, read.

    Attributes:
        path: As the user would name it; inside an archive `export.zip/intents/x.json`.
        raw: Its bytes.
    """

    path: str
    raw: bytes

    @property
    def suffix(self) -> str:
        """Lower-case suffix with its dot, or nothing."""
        return PurePath(self.path).suffix.lower()

    @cached_property
    def text(self) -> str:
        """The text, without a byte-order mark.

        Raises:
            Unreadable: It is neither UTF-8 nor marked UTF-16.
        """
        try:
            return decode(self.raw)
        except ArticleError as error:
            raise Unreadable(error.reason, error.line or 0) from error

    @cached_property
    def lenient_text(self) -> str:
        """The same, but bytes that aren't UTF-8 become lone surrogates, for a line to be blamed.

        Raises:
            Unreadable: The file is no text of a known encoding at all.
        """
        try:
            return self.text
        except Unreadable as error:
            cause = error.__cause__
            marked = self.raw[:2] in (b"\xff\xfe", b"\xfe\xff")
            if cause is None or not isinstance(cause.__cause__, UnicodeDecodeError) or marked:
                raise
        return self.raw.decode("utf-8", errors="surrogateescape").removeprefix("\ufeff")


@dataclass(frozen=True)
class Labelled:
    """A labelled message; `intent` None is out of scope, `line` counts from 1, 0 if unknown."""

    text: str
    intent: str | None
    line: int = 0


@dataclass(frozen=True)
class BadLine:
    """Something that can't be used; the rest of the file can."""

    line: int
    reason: str


@dataclass(frozen=True)
class Skipped:
    """Left out on purpose and counted: "synonym", "test utterance", "other language", ..."""

    kind: str
    count: int = 1


@dataclass(frozen=True)
class Remark:
    """What the user should know, in a sentence; nothing is lost."""

    text: str
    line: int = 0


Record = Labelled | BadLine | Skipped | Remark


class Loader(Protocol):
    """What a format's module offers."""

    def recognises(self, file: SourceFile) -> bool:
        """Tell by content whether the file is of this format; never raises for foreign ones."""
        ...

    def load(self, file: SourceFile) -> Iterator[Record]:
        """Yield what the file holds, in its order.

        Raises:
            Unreadable: Nothing of it can be read.
        """
        ...


def label_of(name: str) -> str | None:
    """Return an intent's name as kept: trimmed, and None for out of scope.

    >>> label_of(" pay_bill "), label_of("oos"), label_of("")
    ('pay_bill', None, None)
    """
    trimmed = name.strip()
    return None if not trimmed or trimmed.casefold() == OUT_OF_SCOPE_LABEL else trimmed
