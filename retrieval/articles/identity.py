"""Ids of articles: stated ones are kept, the others come from paths.

A path-derived id gets its source's name in front where it would clash with one of another
source. A stated id that several articles use stays with one of them; the others take the id that
their loader gave them for that case, or are refused, naming both places.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from retrieval.articles.fields import shown
from retrieval.articles.loader import Draft
from retrieval.articles.sources import Source
from retrieval.errors import ArticleError

__all__ = ["Entry", "Held", "Identities", "nowhere"]

Held = Callable[[str], tuple[str, str] | None]
"""Tells the source and path of an article in an index that exists, by its id."""


def nowhere(article_id: str) -> None:
    """Know no index."""


@dataclass(frozen=True)
class Entry:
    """A draft with the place it comes from.

    Attributes:
        draft: The article so far.
        source: Where it comes from.
        relative: POSIX path of its file inside the source.
        shown: The file as the user would name it.
    """

    draft: Draft
    source: Source
    relative: str
    shown: str

    @property
    def derived_id(self) -> str:
        """The id from the path, and the part of the file."""
        return self.relative + self.draft.part

    @property
    def place(self) -> str:
        """Where the article stands, for messages."""
        return self.shown if self.draft.line is None else f"{self.shown}:{self.draft.line}"


class Identities:
    """Hands out ids, each once.

    Args:
        taken: Id → source of articles outside this run.
        held: Tells the (source, path) of an article in an index that exists.
    """

    def __init__(self, taken: Mapping[str, str], held: Held = nowhere) -> None:
        self._taken = taken
        self._held = held

    def settle(self, entries: Sequence[Entry]) -> Iterator[tuple[Entry, str | ArticleError]]:
        """Yield every entry with its id, or with why it can't have one, in order."""
        stated: dict[str, Entry] = {}
        sources_of: dict[str, set[str]] = {}
        for entry in entries:
            if entry.draft.id is None:
                sources_of.setdefault(entry.derived_id, set()).add(str(entry.source.path))
                continue
            rival = stated.setdefault(entry.draft.id, entry)
            if self._claim(entry) < self._claim(rival):
                stated[entry.draft.id] = entry
        given: dict[str, Entry] = {}
        for entry in entries:
            article_id = entry.draft.id
            if article_id is None:
                article_id = entry.derived_id
                if (
                    len(sources_of[article_id]) > 1
                    or article_id in self._taken
                    or article_id in stated
                ):
                    article_id = f"{entry.source.name}/{article_id}"
            elif self._steps_aside(entry, stated[article_id]):
                article_id = entry.draft.other_id or article_id
            owner = stated.get(article_id)
            other = given.get(article_id) or (None if owner is entry else owner)
            if other is not None:
                yield entry, _used_twice(article_id, other.place)
            elif article_id in self._taken:
                yield entry, _used_twice(article_id, self._taken[article_id])
            else:
                given[article_id] = entry
                yield entry, article_id

    def _steps_aside(self, entry: Entry, owner: Entry) -> bool:
        """Tell whether an article takes its other id: it is not its owner's copy by mistake."""
        other = entry.draft.other_id
        if other is None or (owner is entry and entry.draft.id not in self._taken):
            return False
        if other != entry.relative:
            return True
        here, there = PurePosixPath(entry.relative), PurePosixPath(owner.relative)
        return (here.parent, here.suffix) != (there.parent, there.suffix)

    def _claim(self, entry: Entry) -> tuple[bool, bool]:
        """Rank those who state one id: who has it already comes first, a translation last."""
        holds = self._held(entry.draft.id or "") == (str(entry.source.path), entry.relative)
        return not holds, entry.draft.translation


def _used_twice(article_id: str, place: str) -> ArticleError:
    return ArticleError(
        f"id {shown(article_id)} is already used by {place}; ids must be unique: change one of them"
    )
