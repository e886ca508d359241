"""Which articles of the last generation outlive a file that could not be read this time.

A file that was fine yesterday and is broken today (cut off, in a wrong encoding, with a
slip in its front matter) should not silence its article: the version that was indexed
stays until the file is mended, and the run says so and ends with exit code 1.

Nobody may come to see more by that, so a version is kept only if all of this holds:

- the file as a whole was refused. Of a file that gave some articles, what is missing may
  just as well have been deleted;
- what is wrong leaves no doubt about who may read it: of a format that says so in the file, the
  part that does could be read, and restricts nothing;
- the default audience for its place, if there is one, is the audience that it has.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from pathlib import Path, PurePosixPath

from retrieval.articles import Loaded
from retrieval.articles.folder_defaults import FolderDefaults
from retrieval.articles.sources import resolve
from retrieval.errors import ArticleError
from retrieval.index.generation import Generation
from retrieval.types import Article

__all__ = ["kept_despite_refusal"]


def kept_despite_refusal(
    old: Generation,
    loaded: Loaded,
    sources: Sequence[str | Path],
    audience: tuple[str, ...] | None,
) -> list[Article]:
    """Return the articles of `old` to keep although their file was refused.

    Args:
        old: The generation that answers now.
        loaded: What the run read.
        sources: What it read from, as the user named it.
        audience: The default audience of the run.
    """
    places, unclear = _refused(loaded, unclear=False), _refused(loaded, unclear=True)
    by_path = {str(source.path): source for source in resolve(sources)}
    defaults = {
        path: FolderDefaults(source.root, audience, _ignore) for path, source in by_path.items()
    }
    read = {(article.source, article.path) for article in loaded.articles}
    taken = {article.id for article in loaded.articles}
    kept = []
    for row in range(len(old.ids)) if places else ():
        record = old.metadata(row)
        source, place = by_path.get(record["source"]), (record["source"], record["path"])
        if source is None or record["id"] in taken or place in read:
            continue
        if not _was_refused(Path(source.shown(record["path"])), places, unclear):
            continue
        folder = source.root / PurePosixPath(record["path"]).parent
        if _rights_stand(defaults[record["source"]], folder, old.audience(row)):
            kept.append(old.article(row))
    return kept


def _refused(loaded: Loaded, *, unclear: bool) -> set[Path]:
    """Return the files refused for their rights, or those refused for something else."""
    return {Path(each.path) for each in loaded.rejected if each.unclear_rights == unclear}


def _was_refused(shown: Path, places: Set[Path], unclear: Set[Path]) -> bool:
    """Say whether a file was refused, or a folder above it, and not for its rights."""
    return shown not in unclear and not places.isdisjoint({shown, *shown.parents})


def _rights_stand(defaults: FolderDefaults, folder: Path, audience: tuple[str, ...] | None) -> bool:
    try:
        default = defaults.audience(folder)
    except ArticleError:
        return False
    return default is None or default == audience


def _ignore(path: Path, error: ArticleError) -> None:
    """The run has told of it already."""
