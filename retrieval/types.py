"""The words of `retrieval`: articles, passages, hits, and the seams between rooms.

Offsets are half-open `[start, end)` and count Unicode code points of an article's body.
Values are frozen: nothing that is handed out changes afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "INDEX_MARKER",
    "PUBLIC",
    "Article",
    "Encoder",
    "Engine",
    "Hit",
    "Matrix",
    "Passage",
    "Retriever",
    "Roles",
    "TokenEncoder",
    "Trace",
]

Roles = frozenset[str]
"""The asker's roles, as an identity provider or an operator vouches for them."""

PUBLIC: Roles = frozenset()
"""No roles: sees only articles without an audience."""

INDEX_MARKER = "frontdesk-kb.json"
"""The file that marks a folder as a knowledge base, which is no source of articles."""

Matrix = NDArray[np.float32]
"""(n, dim) float32, rows of unit length."""


@dataclass(frozen=True)
class Article:
    """One authored document of a knowledge base, before it is cut into passages.

    Attributes:
        id: Stable and unique within a knowledge base.
        title: Never part of the body.
        body: The text that every offset counts in.
        url: Where a person reads the article, if the source says.
        audience: Who may read it: None is everyone, an empty tuple nobody, otherwise
            anyone who holds at least one of these roles.
        updated: ISO 8601 date or time of the last change, if the source says.
        source: The SOURCE (as given to `index`) that the article came from.
        path: The file inside the source, for messages.
        format: Name of the loader: "markdown", "html", "servicenow", ...
    """

    id: str
    title: str
    body: str
    url: str | None = None
    audience: tuple[str, ...] | None = None
    updated: str | None = None
    source: str = ""
    path: str = ""
    format: str = ""

    @cached_property
    def sha256(self) -> str:
        """Hex SHA-256 of the body in UTF-8: what a citation is checked against."""
        return sha256(self.body.encode("utf-8")).hexdigest()


@dataclass(frozen=True)
class Passage:
    """A contiguous slice of one article: the unit indexed, retrieved and read.

    Attributes:
        id: Unique within a knowledge base: `article_id#start-end`.
        article_id: The article it is cut from.
        start: First code point of the slice in the article's body.
        end: One past the last.
        text: `article.body[start:end]`, always.
        title: The article's title.
        headings: Section headings above the passage, outermost first, without the title.
            They are kept beside the text: never inside it, never inside the offsets.
        table_header: The header row of the table that the passage begins inside, below that
            row; empty if it begins elsewhere. Kept beside the text as headings are.
    """

    id: str
    article_id: str
    start: int
    end: int
    text: str
    title: str = ""
    headings: tuple[str, ...] = ()
    table_header: str = ""


@dataclass(frozen=True)
class Hit:
    """A passage with the score that one retriever gave it.

    Scores compare only within one list.
    """

    passage: Passage
    score: float


@dataclass(frozen=True)
class Trace:
    """How a list of hits came about, for `ask --trace`.

    Attributes:
        query: What was searched.
        terms: The lexical leg's terms after analysis, in order.
        expansions: Term or phrase of the query → what the synonym list added for it.
        legs: Name of a leg ("bm25", "dense") → its hits, best first.
        fused: The hits handed on, best first.
        fusion: How the legs were joined, in words a person can read.
    """

    query: str
    fused: tuple[Hit, ...]
    terms: tuple[str, ...] = ()
    expansions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    legs: Mapping[str, tuple[Hit, ...]] = field(default_factory=dict)
    fusion: str = ""


@runtime_checkable
class Retriever(Protocol):
    """Finds passages. The one seam that a search server has to fill."""

    def retrieve(self, query: str, k: int, *, roles: Roles = PUBLIC) -> list[Hit]:
        """Return at most `k` hits that someone with `roles` may read, best first.

        Rights are applied before scoring. Ties are broken by passage id. Nothing that
        matches, an empty query, or `k` of 0 give an empty list; a negative `k` raises
        ValueError.
        """
        ...


@runtime_checkable
class Engine(Retriever, Protocol):
    """A searchable knowledge base: what `qa` and `agent` hold, local or on a server."""

    @property
    def generation(self) -> str:
        """Name of the state of the knowledge base that answers."""
        ...

    @property
    def encoder_id(self) -> str:
        """Name and hash of the sentence encoder, for binding a calibration to it."""
        ...

    def article(self, article_id: str, *, roles: Roles = PUBLIC) -> Article | None:
        """Return the article, or None if it is absent or not for these roles."""
        ...

    def trace(self, query: str, k: int, *, roles: Roles = PUBLIC) -> Trace:
        """Retrieve as `retrieve` does and tell how; `trace.fused == retrieve(...)`."""
        ...

    def closeness(self, query: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return how near each text is to the query in meaning, (n,): -1 to 1.

        The cosine by the index's own sentence encoder, so that smaller parts than passages
        can be compared.
        """
        ...


class Encoder(Protocol):
    """Turns texts into unit vectors; prefixes, pooling and normalising are its own."""

    @property
    def id(self) -> str:
        """Name and content hash, as the manifest keeps it."""
        ...

    @property
    def dim(self) -> int:
        """Length of a vector."""
        ...

    def encode_queries(self, texts: Sequence[str]) -> Matrix:
        """Return one unit row per query, (n, dim) float32."""
        ...

    def encode_passages(self, texts: Sequence[str]) -> Matrix:
        """Return one unit row per passage text, (n, dim) float32."""
        ...


class TokenEncoder(Encoder, Protocol):
    """An encoder that also says where its tokens start, which passages are cut by."""

    def token_starts(self, text: str) -> NDArray[np.int64]:
        """Return the code-point offset at which each token starts, ascending."""
        ...
