"""`load_articles()`: from SOURCEs to articles, with everything that went wrong beside them.

Loaders say what a file holds; here ids are settled, default rights applied, limits kept,
and refusals, omissions and remarks gathered so that the rest goes on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path, PurePosixPath
from types import MappingProxyType

from retrieval.articles.fields import safe_url, shown, timestamp
from retrieval.articles.folder_defaults import FolderDefaults
from retrieval.articles.identity import Entry, Identities
from retrieval.articles.loader import (
    MAX_ARTICLE_CHARS,
    Audience,
    BadRow,
    Draft,
    Loader,
    LoaderOutput,
    Remark,
    Skipped,
    SourceFile,
    Unstated,
)
from retrieval.articles.registry import LOADERS, loader_of
from retrieval.articles.sources import Source, resolve, walk
from retrieval.errors import AccessError, ArticleError, SourceError
from retrieval.types import Article

__all__ = ["Loaded", "Read", "Rejected", "load_articles"]

Read = Callable[[Loader, SourceFile], Iterable[LoaderOutput]]
"""Has a loader read a file, or knows already what it would find."""

UNFORESEEN = "the loader failed on the file in a way that was not foreseen"
"""Starts the reason of a rejection that is a defect of a loader."""

_EXAMPLES = 3
"""How many cases a warning names."""


@dataclass(frozen=True)
class Rejected:
    """A file or row that could not be used.

    Attributes:
        path: The file, as the user would name it.
        line: Counted from 1; None where lines mean nothing.
        reason: What is wrong and what to do.
    """

    path: str
    line: int | None
    reason: str


@dataclass(frozen=True)
class Loaded:
    """What sources hold.

    Attributes:
        articles: In the order of sources, then paths, then positions in a file.
        rejected: Bad files and rows; the rest was loaded.
        skipped: Why articles were left out on purpose → how many: "draft", "retired",
            "expired", "empty", "unsupported" (files), "unclear audience", ...
        warnings: What the user should know, in sentences.
    """

    articles: tuple[Article, ...]
    rejected: tuple[Rejected, ...] = ()
    skipped: Mapping[str, int] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


def load_articles(
    sources: Sequence[str | Path],
    *,
    audience: Audience = None,
    strict: bool = False,
    taken: Mapping[str, str] = MappingProxyType({}),
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
    reading = _Reading(audience, strict, today or date.today(), progress, read or _by_loader)
    for source in resolve(sources):
        try:
            reading.read(source)
        except SourceError as error:
            if not missing_ok:
                raise
            reading.warnings.append(str(error))
    return reading.loaded(taken)


class _Reading:
    """One run over several sources: the gathering parts of `load_articles`."""

    def __init__(
        self,
        audience: Audience,
        strict: bool,
        today: date,
        progress: Callable[[int], None] | None,
        read: Read,
    ) -> None:
        self._by = read
        self._audience = audience
        self._strict = strict
        self._today = today
        self._progress = progress
        self._entries: list[Entry] = []
        self._files: set[Path] = set()
        self._read_so_far = 0
        self._rejected: list[Rejected] = []
        self._skipped: Counter[str] = Counter()
        self._remarks: dict[str, list[str]] = {}
        self.warnings: list[str] = []

    def read(self, source: Source) -> None:
        """Take in one source."""

        def failed(relative: str, error: OSError) -> None:
            self._reject(source.shown(relative), None, f"can't be read: {error.strerror}")

        def bad_defaults(path: Path, error: ArticleError) -> None:
            self._reject(str(path), error.line, error.reason)

        defaults = FolderDefaults(source.root, self._audience, bad_defaults)
        readable = 0
        unsupported = []
        refused_before = len(self._rejected)
        for relative, path in walk(source, failed):
            loader = loader_of(relative)
            if loader is None:
                unsupported.append(relative)
                continue
            readable += 1
            real = path.resolve()
            if real in self._files:
                self._remark("a file lies in two sources and is taken from the first", relative)
                continue
            self._files.add(real)
            self._read_file(loader, source, SourceFile(path, relative, self._today), defaults)
            self._read_so_far += 1
            if self._progress is not None:
                self._progress(self._read_so_far)
        if unsupported:
            self._skipped["unsupported"] += len(unsupported)
            self.warnings.append(
                f"{source.given}: {len(unsupported)} files are of kinds that are not read: "
                f"{_examples(unsupported)}"
            )
        if not readable and len(self._rejected) == refused_before:
            kinds = ", ".join(sorted(LOADERS))
            held = "only other files" if unsupported else "nothing"
            raise SourceError(
                f"source {source.given!r} holds {held}; expected articles ({kinds}): check the path"
            )

    def loaded(self, taken: Mapping[str, str]) -> Loaded:
        """Settle ids and return everything."""
        articles = []
        for entry, settled in Identities(taken).settle(self._entries):
            if isinstance(settled, ArticleError):
                self._reject(entry.shown, entry.draft.line, settled.reason)
            else:
                articles.append(_article(entry, settled))
        for about, examples in self._remarks.items():
            named = _examples([example for example in examples if example])
            count = f" ({len(examples)} times)" if len(examples) > 1 else ""
            self.warnings.append(f"{about}{count}{': ' if named else ''}{named}")
        return Loaded(
            tuple(articles),
            tuple(self._rejected),
            dict(sorted(self._skipped.items())),
            tuple(self.warnings),
        )

    def _read_file(
        self, loader: Loader, source: Source, file: SourceFile, defaults: FolderDefaults
    ) -> None:
        shown_path = source.shown(file.relative)
        try:
            for found in self._by(loader, file):
                self._take(found, source, file, shown_path, defaults)
        except ArticleError as error:
            if error.path:
                raise
            self._reject(shown_path, error.line, error.reason)
        except OSError as error:
            self._reject(shown_path, None, f"can't be read: {error.strerror or error}")
        except (
            ArithmeticError,
            AttributeError,
            LookupError,
            RecursionError,
            TypeError,
            ValueError,
        ) as error:
            # A net below the loaders: one strange file must not stop the others.
            problem = f"{type(error).__name__}: {shown(str(error))}"
            self._reject(shown_path, None, f"{UNFORESEEN} ({problem}); please report it")

    def _take(
        self,
        found: LoaderOutput,
        source: Source,
        file: SourceFile,
        shown_path: str,
        defaults: FolderDefaults,
    ) -> None:
        where = shown_path if getattr(found, "line", None) is None else f"{shown_path}:{found.line}"  # type: ignore[union-attr]
        if isinstance(found, BadRow):
            self._reject(shown_path, found.line, found.reason)
        elif isinstance(found, Skipped):
            self._skipped[found.kind] += 1
        elif isinstance(found, Remark):
            self._remark(found.about, found.example or where)
        elif not found.body.strip():
            self._skipped["empty"] += 1
            self._remark("an article is empty and was left out", where)
        else:
            self._keep(found, source, file, shown_path, where, defaults)

    def _keep(
        self,
        draft: Draft,
        source: Source,
        file: SourceFile,
        shown_path: str,
        where: str,
        defaults: FolderDefaults,
    ) -> None:
        try:
            draft = _checked(draft)
        except ArticleError as error:
            self._reject(shown_path, draft.line, error.reason)
            return
        folder = source.root / PurePosixPath(file.relative).parent
        try:
            default = defaults.audience(folder)
        except ArticleError:
            if isinstance(draft.audience, Unstated):
                self._skipped["unclear audience"] += 1
                self._remark(
                    "an article was left out, as its folder's default can't be read", where
                )
                return
            default = None
        if isinstance(draft.audience, Unstated):
            draft = replace(draft, audience=default)
        elif draft.audience is None and default is not None:
            self._remark(
                "an article is public: its format has a place for an audience, so that the "
                "default does not reach it; state its audience if that is not meant",
                where,
            )
        if draft.url is not None and (url := safe_url(draft.url)) != draft.url:
            if url is None and draft.url.strip():
                self._remark("a url is neither http(s) nor mailto and was dropped", where)
            draft = replace(draft, url=url)
        if draft.updated is not None and (updated := timestamp(draft.updated)) != draft.updated:
            if updated is None:
                self._remark(
                    "a date under 'updated' is not ISO 8601 (2024-05-31) and was dropped",
                    f"{where} {shown(draft.updated)}",
                )
            draft = replace(draft, updated=updated)
        self._entries.append(Entry(draft, source, file.relative, shown_path))

    def _reject(self, path: str, line: int | None, reason: str) -> None:
        if self._strict:
            raise ArticleError(reason, path=path, line=line)
        self._rejected.append(Rejected(path, line, reason))

    def _remark(self, about: str, example: str) -> None:
        self._remarks.setdefault(about, []).append(example)


def _by_loader(loader: Loader, file: SourceFile) -> Iterable[LoaderOutput]:
    return loader(file)


def _is_audience(audience: object) -> bool:
    return isinstance(audience, tuple) and all(
        isinstance(role, str) and role.strip() for role in audience
    )


def _checked(draft: Draft) -> Draft:
    """Return the draft with tidy strings, or refuse it."""
    if len(draft.body) > MAX_ARTICLE_CHARS:
        raise ArticleError(
            f"the article has {len(draft.body):,} characters; at most {MAX_ARTICLE_CHARS:,} are "
            "taken in as one article: split it into several"
        )
    if draft.id is not None and (
        not draft.id.strip() or draft.id != draft.id.strip() or not draft.id.isprintable()
    ):
        raise ArticleError(
            f"id is {shown(draft.id)}; expected one line of text without spaces around it"
        )
    for name, text in _texts(draft):
        if not text.isascii():
            try:
                text.encode("utf-8")
            except UnicodeEncodeError as error:
                raise ArticleError(
                    f"{name} holds half of a surrogate pair (U+{ord(text[error.start]):04X}) at "
                    f"character {error.start:,}, which is no text: fix the export"
                ) from error
    return replace(draft, title=" ".join(draft.title.split()))


def _texts(draft: Draft) -> Iterator[tuple[str, str]]:
    yield "body", draft.body
    yield "title", draft.title
    for name, value in (("id", draft.id), ("url", draft.url), ("updated", draft.updated)):
        if value is not None:
            yield name, value
    if isinstance(draft.audience, tuple):
        for role in draft.audience:
            yield "audience", role


def _article(entry: Entry, article_id: str) -> Article:
    draft = entry.draft
    return Article(
        id=article_id,
        title=draft.title,
        body=draft.body,
        url=draft.url,
        audience=None if isinstance(draft.audience, Unstated) else draft.audience,
        updated=draft.updated,
        source=str(entry.source.path),
        path=entry.relative,
        format=draft.format,
        fields=draft.fields,
        places=draft.places,
    )


def _examples(names: Sequence[str]) -> str:
    more = f" and {len(names) - _EXAMPLES:,} more" if len(names) > _EXAMPLES else ""
    return ", ".join(names[:_EXAMPLES]) + more
