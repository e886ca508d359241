"""What bringing an index up to date would change, worked out before anything is written."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Any

from retrieval.index.generation import Generation
from retrieval.types import Article, Place

__all__ = ["Changes", "Entry", "compare", "describe"]


_Content = tuple[str, str, str]
"""An article's SHA-256, title and format: what its passages depend on."""


@dataclass(frozen=True)
class Entry:
    """One article of the generation to be built.

    Attributes:
        article: As it will be.
        origin: Row in the old generation of an article with the same body, title and format,
            whose passages, vectors and term counts are taken over; None to cut it anew.
    """

    article: Article
    origin: int | None


@dataclass(frozen=True)
class Changes:
    """The difference between a generation and the articles that shall replace it.

    Attributes:
        entries: Every article of the new state, in the order of ids.
        added: Ids that are new.
        edited: Ids whose text, title, rights or place changed.
        removed: Ids that will be gone.
        unchanged: How many articles stay as they are.
        moved: Those of the removed ones whose text an added one has, under another id.
    """

    entries: tuple[Entry, ...]
    added: tuple[str, ...]
    edited: tuple[str, ...]
    removed: tuple[str, ...]
    unchanged: int
    moved: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.added or self.edited or self.removed)

    @property
    def fresh(self) -> tuple[Entry, ...]:
        """Return the articles that have to be cut and encoded."""
        return tuple(entry for entry in self.entries if entry.origin is None)


def describe(article: Article) -> dict[str, Any]:
    """Return what is kept of an article beside its body, as JSON values.

    What an article doesn't have is left out, so that an index from before it was kept is the
    same still. Places are JSON in a string: whoever wants a passage's title needn't parse them.
    """
    record: dict[str, Any] = {
        "id": article.id,
        "title": article.title,
        "url": article.url,
        "audience": None if article.audience is None else list(article.audience),
        "updated": article.updated,
        "source": article.source,
        "path": article.path,
        "format": article.format,
    }
    if article.fields:
        record["fields"] = {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in sorted(article.fields.items())
        }
    if article.places:
        record["places"] = json.dumps([place_values(place) for place in article.places])
    return record


def place_values(place: Place) -> list[int | str | None]:
    """Return a place as a list without the empty values at its end."""
    values: list[int | str | None] = list(astuple(place))
    while values and values[-1] is None:
        values.pop()
    return values


def compare(old: Generation | None, articles: Sequence[Article], *, reuse: bool = True) -> Changes:
    """Compare the articles of a new state with a generation.

    An article that only moved (another id, the same text) is taken over too.

    Args:
        old: The generation that answers now, if there is one.
        articles: All articles of the new state; ids are unique.
        reuse: Whether anything may be taken over; False cuts and encodes everything.
    """
    ordered = sorted(articles, key=lambda article: article.id)
    if old is None:
        entries = tuple(Entry(article, None) for article in ordered)
        return Changes(entries, tuple(article.id for article in ordered), (), (), 0)
    known = old.manifest.articles
    elsewhere = _by_content(old) if reuse else {}
    added = tuple(article.id for article in ordered if article.id not in known)
    edited = tuple(article.id for article in ordered if _was_edited(article, old))
    kept = {article.id for article in ordered}
    removed = tuple(article_id for article_id in old.ids if article_id not in kept)
    entries = tuple(Entry(article, elsewhere.get(_content(article))) for article in ordered)
    unchanged = len(ordered) - len(added) - len(edited)
    texts = {article.sha256 for article in ordered if article.id not in known}
    moved = frozenset(article_id for article_id in removed if known[article_id] in texts)
    return Changes(entries, added, edited, removed, unchanged, moved)


def _was_edited(article: Article, old: Generation) -> bool:
    row = old.row(article.id)
    if row is None:
        return False
    same_body = old.manifest.articles[article.id] == article.sha256
    return not same_body or old.metadata(row) != describe(article)


def _content(article: Article) -> _Content:
    return article.sha256, article.title, article.format


def _by_content(old: Generation) -> dict[_Content, int]:
    """Return the row of every body, title and format: what the cut depends on."""
    rows = {}
    for row, sha in enumerate(old.manifest.articles.values()):
        record = old.metadata(row)
        rows[sha, record["title"], record["format"]] = row
    return rows
