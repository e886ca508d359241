"""When a run of `index` stops to ask: much would be lost, or shown to more people."""

from __future__ import annotations

from collections.abc import Sequence

from retrieval.errors import ConfirmationNeeded, SourceError
from retrieval.index.changes import Changes, Entry
from retrieval.index.generation import Generation
from retrieval.index.manifest import Manifest
from retrieval.types import Article

__all__ = ["check_confirmed", "check_rollback", "listed", "loosened", "widened"]

_MOST_REMOVED = 3
"""A run that removes more than one article in so many asks first."""

_MORE_READERS = "could be read by more people than now"

_LISTED = 20
"""How many articles a message names."""


def check_confirmed(
    known: Manifest,
    changes: Changes,
    *,
    given: Sequence[str],
    removed: Sequence[str],
    missing: SourceError | None,
    public: Sequence[str],
    looser: Sequence[str],
) -> None:
    """Stop a run that would remove much and was not confirmed.

    Args:
        known: Of the generation that answers now.
        changes: What the run would do.
        given: The sources of the run.
        removed: Ids of articles that would be gone.
        missing: What is wrong with a source that is missing or empty.
        public: Ids of articles that only leaving out `--audience` makes public.
        looser: Ids of articles that more people could read than before.

    Raises:
        ConfirmationNeeded: Lists what the run would do.
    """
    reasons = [] if missing is None else [str(missing)]
    alive = {entry.article.source for entry in changes.entries}
    for record in known.sources:
        emptied = record.articles and record.path in given and record.path not in alive
        if emptied and missing is None:
            reasons.append(
                f"source {record.path!r} gave {record.articles} articles before and none now"
            )
    total = len(known.articles)
    if len(removed) * _MOST_REMOVED > total:
        reasons.append(
            f"more than a third of the articles would be removed ({len(removed)} of {total})"
        )
    if public:
        reasons.append(
            f"{len(public)} articles that --audience restricted before would become public, since "
            f"it is not given now: {listed(public)}"
        )
    others = sorted(set(looser) - set(public))
    if others:
        reasons.append(f"{len(others)} articles {_MORE_READERS}: {listed(others)}")
    if not reasons:
        return
    listing = "".join(f"\n  - {name}" for name in removed[:_LISTED])
    if len(removed) > _LISTED:
        listing += f"\n  - and {len(removed) - _LISTED} more"
    raise ConfirmationNeeded(
        f"{'; '.join(reasons)}. This run would add {len(changes.added)}, replace "
        f"{len(changes.edited)} and remove {len(removed)} of {total} articles"
        f"{':' + listing if removed else '.'}\n"
        "Nothing was changed. If this is meant, run again with --yes"
    )


def check_rollback(left: Generation, target: Generation) -> None:
    """Stop a rollback to a generation that shows articles to more people.

    Raises:
        ConfirmationNeeded: Lists them.
    """
    names = []
    for row, article_id in enumerate(target.ids):
        now = left.row(article_id)
        if now is not None and _is_looser(left.audience(now), target.audience(row)):
            names.append(article_id)
    if names:
        raise ConfirmationNeeded(
            f"in generation {target.name}, {len(names)} articles {_MORE_READERS}: {listed(names)}. "
            "Nothing was changed. If this is meant, run again with --yes"
        )


def loosened(old: Generation, entries: Sequence[Entry]) -> list[str]:
    """Return the articles that someone may read who may not read them now.

    An article that only moved (another id, the same text) is compared with what it was.
    """
    found = []
    for entry in entries:
        row = old.row(entry.article.id)
        row = entry.origin if row is None else row
        if row is not None and _is_looser(old.audience(row), entry.article.audience):
            found.append(entry.article.id)
    return found


def _is_looser(before: tuple[str, ...] | None, now: tuple[str, ...] | None) -> bool:
    return before is not None and (now is None or not set(now) <= set(before))


def widened(old: Generation, articles: Sequence[Article]) -> list[str]:
    """Return the articles that become public because `--audience` was left out this time."""
    restricted = {record.path for record in old.manifest.sources if record.audience is not None}
    found = []
    for article in articles:
        if article.source in restricted and article.audience is None:
            row = old.row(article.id)
            if row is not None and old.audience(row) is not None:
                found.append(article.id)
    return found


def listed(names: Sequence[str]) -> str:
    """Name some and count the others."""
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + more
