"""`load_articles()`: from SOURCEs to articles, with everything that went wrong beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from types import MappingProxyType

from retrieval.articles.audience import Audience
from retrieval.articles.fields import shown
from retrieval.articles.gathering import Gathering, Loaded, Read, Rejected
from retrieval.articles.identity import Held, nowhere
from retrieval.articles.loader import Loader, LoaderOutput, SourceFile
from retrieval.articles.sources import resolve
from retrieval.errors import AccessError, SourceError

__all__ = ["Loaded", "Read", "Rejected", "load_articles"]


def load_articles(
    sources: Sequence[str | Path],
    *,
    audience: Audience = None,
    strict: bool = False,
    taken: Mapping[str, str] = MappingProxyType({}),
    held: Held = nowhere,
    progress: Callable[[int], None] | None = None,
    today: date | None = None,
    missing_ok: bool = False,
    read: Read | None = None,
) -> Loaded:
    """Read every article that the sources hold.

    Args:
        sources: Files and folders.
        audience: The default for formats with no place for an audience, where no
            `_frontdesk.toml` sets one.
        strict: Raise at the first file or row that is refused.
        taken: Article id → source, of articles that are kept from elsewhere. An id
            derived from a path steps aside by a prefix; a stated one is refused.
        held: Tells the (source, path) of an article in an index that exists: of several
            articles that state one id, the one that has it keeps it.
        progress: Called after every file with the number of files read so far.
        today: The day against which "expired" is judged; by default the current one.
        missing_ok: A missing or empty source holds nothing, with a warning, instead of
            raising.
        read: What reads a file with its loader; by default the loader itself.

    Raises:
        SourceError: A source is missing, or holds no file that can be read.
        ArticleError: Something was refused and `strict` is set.
        AccessError: `audience` holds something else than role names.
    """
    if audience is not None and not _is_audience(audience):
        raise AccessError(
            f"default audience {shown(audience)} is no tuple of role names; expected names such "
            "as ('staff', 'hr'), None for everyone, () for nobody"
        )
    gathering = Gathering(audience, strict, today or date.today(), progress, read or _by_loader)
    for source in resolve(sources):
        try:
            gathering.read(source)
        except SourceError as error:
            if not missing_ok:
                raise
            gathering.warnings.append(str(error))
    return gathering.loaded(taken, held)


def _by_loader(loader: Loader, file: SourceFile) -> Iterable[LoaderOutput]:
    return loader(file)


def _is_audience(audience: object) -> bool:
    return isinstance(audience, tuple) and all(
        isinstance(role, str) and role.strip() for role in audience
    )
