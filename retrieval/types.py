"""The words of `retrieval`: articles, passages, hits, and the seams between rooms.

Offsets are half-open `[start, end)` and count Unicode code points of an article's body.
Values are frozen: nothing that is handed out changes afterwards.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar, runtime_checkable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "INDEX_MARKER",
    "PUBLIC",
    "Article",
    "Encoder",
    "Engine",
    "FieldValue",
    "Hit",
    "Matrix",
    "Page",
    "Passage",
    "Place",
    "Retriever",
    "Roles",
    "Scalar",
    "TokenEncoder",
    "Trace",
]

Roles = frozenset[str]
"""The asker's roles, as an identity provider or an operator vouches for them."""

PUBLIC: Roles = frozenset()
"""No roles: sees only articles without an audience."""

INDEX_MARKER = "frontdesk-kb.json"
"""The file that marks a folder as a knowledge base, which is no source of articles."""

T = TypeVar("T")

if TYPE_CHECKING:
    Matrix = NDArray[np.float32]
else:
    Matrix = Any  # numpy isn't loaded for its name alone: whoever only reads files needs none
"""(n, dim) float32, rows of unit length."""


Scalar = str | int | float | bool
"""One value of an article's metadata."""

FieldValue = Scalar | tuple[Scalar, ...]
"""What one field of an article's metadata holds."""


@dataclass(frozen=True)
class Place:
    """Where part of an article stands in its file, from `start` to the next place's start.

    Attributes:
        start: Offset in the article's body.
        page: Page of a PDF, counted from 1.
        slide: Slide of a presentation, counted from 1.
        sheet: Name of a spreadsheet's sheet.
        cell: The sheet's cell that the first cell of a table row comes from: "A7".
    """

    start: int
    page: int | None = None
    slide: int | None = None
    sheet: str | None = None
    cell: str | None = None


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
        fields: Further metadata that the source states, by name: what `where` looks at.
        places: Where parts of it stand in a file with pages, slides or cells, by ascending start.
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
    fields: Mapping[str, FieldValue] = field(default_factory=dict, hash=False)
    places: tuple[Place, ...] = ()

    def place(self, offset: int) -> dict[str, int | str] | None:
        """Return where a point of the body stands in the file, None where that isn't known.

        Example:
            >>> Article("a", "A", "One. Two.", places=(Place(0, page=1), Place(5, page=2))).place(7)
            {'page': 2}
        """
        number = bisect_right(self.places, offset, key=lambda place: place.start) - 1
        if number < 0:
            return None
        place = self.places[number]
        found = {"page": place.page, "slide": place.slide, "sheet": place.sheet}
        known = {name: value for name, value in found.items() if value is not None}
        if place.cell is not None:
            # Between two cells of a row stands a bar; one of a cell's own is escaped.
            moved = len(_CELL_BAR.findall(self.body, place.start, offset + 1)) - 1
            known["cell"] = _moved_right(place.cell, max(moved, 0))
        return known or None

    @cached_property
    def sha256(self) -> str:
        """Hex SHA-256 of the body in UTF-8: what a citation is checked against."""
        return sha256(self.body.encode("utf-8")).hexdigest()


_CELL_BAR = re.compile(r"(?<!\\)\|")


def _moved_right(cell: str, columns: int) -> str:
    """Return the cell so many columns right of another: two right of "Z7" is "AB7"."""
    letters = cell.rstrip("0123456789")
    number = columns
    for power, letter in enumerate(reversed(letters)):
        number += (ord(letter) - 64) * 26**power
    name = ""
    while number > 0:
        number, rest = divmod(number - 1, 26)
        name = chr(65 + rest) + name
    return name + cell[len(letters) :]


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
class Page(Generic[T]):
    """Part of a list that may be long.

    Attributes:
        items: This part.
        total: How many there are in all for this asker.
    """

    items: tuple[T, ...] = ()
    total: int = 0


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

    def retrieve(
        self, query: str, k: int, *, roles: Roles = PUBLIC, where: Sequence[str] = ()
    ) -> list[Hit]:
        """Return at most `k` hits that someone with `roles` may read, best first.

        Rights are applied before scoring, and so is `where`: conditions on the article's
        fields, all of which must hold (see `retrieval.search.conditions`). Ties are broken by
        passage id. Nothing that matches, an empty query, or `k` of 0 give an empty list; a
        negative `k` raises ValueError.
        """
        ...


@runtime_checkable
class Engine(Retriever, Protocol):
    """A searchable knowledge base: what `qa` and `agent` hold, local or on a server.

    What has a body here is a default: an engine need not have it (see `engines.adapting`).
    """

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

    def articles(
        self,
        *,
        roles: Roles = PUBLIC,
        where: Sequence[str] = (),
        offset: int = 0,
        limit: int = 100,
    ) -> Page[Article]:
        """Return the articles from `offset` on, at most `limit`, in an order that stays.

        Only those that these roles may read and that meet the conditions, which are all that
        the page's total counts. By default there are none to be listed.
        """
        return Page()

    def passages(
        self,
        *,
        article_id: str | None = None,
        roles: Roles = PUBLIC,
        offset: int = 0,
        limit: int = 100,
    ) -> Page[Passage]:
        """Return the passages, of one article or of all, as `articles` does."""
        return Page()

    def trace(
        self, query: str, k: int, *, roles: Roles = PUBLIC, where: Sequence[str] = ()
    ) -> Trace:
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
