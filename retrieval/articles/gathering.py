"""What one run reads from its sources, gathered.

Loaders say what a file holds; here ids are settled, default rights applied, limits kept,
and refusals, omissions and remarks gathered so that the rest goes on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path, PurePosixPath

from retrieval.articles.audience import Audience, Unstated
from retrieval.articles.checking import checked, with_safe_links
from retrieval.articles.failures import reading_failure
from retrieval.articles.folder_rights import FolderRights
from retrieval.articles.identity import Entry, Held, Identities
from retrieval.articles.isolation import IsolatedLoader, shared_child
from retrieval.articles.loader import (
    BadRow,
    Draft,
    Loader,
    LoaderOutput,
    Remark,
    Skipped,
    SourceFile,
)
from retrieval.articles.registry import LOADERS, QUICK, WITHOUT_RIGHTS, loader, module_of
from retrieval.articles.site_files import is_site_file
from retrieval.articles.sources import LEAVES, Source, walk
from retrieval.errors import ArticleError, SourceError
from retrieval.types import Article

__all__ = ["Gathering", "Loaded", "Read", "Rejected"]

Read = Callable[[Loader, SourceFile], Iterable[LoaderOutput]]
"""Has a loader read a file, or knows already what it would find."""

_EXAMPLES = 3
"""How many cases a warning names."""


@dataclass(frozen=True)
class Rejected:
    """A file or row that could not be used.

    Attributes:
        path: The file, as the user would name it.
        line: Counted from 1; None where lines mean nothing.
        reason: What is wrong and what to do.
        unclear_rights: Whether this leaves open who may read what the file holds.
    """

    path: str
    line: int | None
    reason: str
    unclear_rights: bool = field(default=False, compare=False)


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


@dataclass(frozen=True)
class _Place:
    """A file, as a run comes to it.

    Attributes:
        source: What it lies in.
        file: What the loader gets.
        shown: Its path as the user would name it.
        default: The audience of its folder, or why that can't be told.
        unclear: Whether a fault in it leaves open who may read it.
    """

    source: Source
    file: SourceFile
    shown: str
    default: Audience | ArticleError
    unclear: bool


class Gathering:
    """One run over several sources.

    Args:
        audience: The default where no folder sets one.
        strict: Raise at the first refusal.
        today: The day against which "expired" is judged.
        progress: Called with the number of files read so far.
        read: Reads a file with its loader.
    """

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
        """Take in one source.

        Raises:
            SourceError: It is missing, or holds no file that can be read.
            ArticleError: Something was refused and the run is strict.
        """

        def failed(relative: str, error: OSError) -> None:
            leaves = error.strerror == LEAVES
            reason = LEAVES if leaves else f"can't be read: {error.strerror}"
            self._reject(source.shown(relative), None, reason, unclear=leaves)

        def bad_settings(path: Path, error: ArticleError) -> None:
            self._reject(str(path), error.line, error.reason, unclear=True)

        rights = FolderRights(source, self._audience, bad_settings)
        readable = 0
        unsupported: list[str] = []
        refused_before = len(self._rejected)
        for relative, path in walk(source, failed):
            module = module_of(relative)
            if module is None:
                unsupported.append(relative)
                continue
            readable += 1
            real = path.resolve()
            if real in self._files:
                self._remark("a file lies in two sources and is taken from the first", relative)
                continue
            self._files.add(real)
            self._read_file(module, self._place(module, source, path, relative, rights))
            self._read_so_far += 1
            if self._progress is not None:
                self._progress(self._read_so_far)
        if unsupported:
            self._skipped["unsupported"] += len(unsupported)
            self.warnings.append(_unsupported(source, unsupported))
        if not readable and len(self._rejected) == refused_before:
            kinds = ", ".join(sorted(LOADERS))
            held = "only other files" if unsupported else "nothing"
            raise SourceError(
                f"source {source.given!r} holds {held}; expected articles ({kinds}): check the path"
            )

    def loaded(self, taken: Mapping[str, str], held: Held) -> Loaded:
        """Settle ids and return everything.

        Args:
            taken: Article id → source, of articles kept from elsewhere.
            held: Tells the (source, path) of an article in an index that exists.
        """
        articles = []
        for entry, settled in Identities(taken, held).settle(self._entries):
            if isinstance(settled, ArticleError):
                self._reject(entry.shown, entry.draft.line, settled.reason)
                continue
            if entry.draft.id not in (None, settled):
                self._remark(
                    "an id is stated by several articles: all but one are known by their path, or "
                    "by the id and their language",
                    f"{entry.place} is {settled}",
                )
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

    def _place(
        self, module: str, source: Source, path: Path, relative: str, rights: FolderRights
    ) -> _Place:
        default: Audience | ArticleError
        file = SourceFile(path, relative, self._today)
        try:
            settings = rights.settings(path)
            file, default = replace(file, rights=settings.rights), settings.audience
        except ArticleError as error:
            default = error
        unclear = module not in WITHOUT_RIGHTS
        return _Place(source, file, source.shown(relative), default, unclear)

    def _read_file(self, module: str, place: _Place) -> None:
        reader: Loader = (
            loader(module) if module in QUICK else IsolatedLoader(module, shared_child())
        )
        try:
            for found in self._by(reader, place.file):
                self._take(found, place)
        except ArticleError as error:
            if error.path:
                raise
            if module in ("json_export", "xml_export") and is_site_file(place.file.relative):
                self._skipped["site file"] += 1
                return
            unclear = place.unclear if error.unclear_rights is None else error.unclear_rights
            self._reject(place.shown, error.line, error.reason, unclear=unclear)
        except (
            OSError, ArithmeticError, AttributeError, LookupError, RecursionError, TypeError,
            ValueError,
        ) as error:  # fmt: skip
            # A net below the loaders: one strange file must not stop the others.
            self._reject(place.shown, None, reading_failure(error).reason, unclear=place.unclear)

    def _take(self, found: LoaderOutput, place: _Place) -> None:
        line = None if isinstance(found, Remark) else found.line
        where = place.shown if line is None else f"{place.shown}:{line}"
        if isinstance(found, BadRow):
            self._reject(place.shown, found.line, found.reason, unclear=place.unclear)
        elif isinstance(found, Skipped):
            self._skipped[found.kind] += 1
        elif isinstance(found, Remark):
            self._remark(found.about, found.example or where)
        elif not found.body.strip():
            self._skipped["empty"] += 1
            self._remark("an article is empty and was left out", where)
        else:
            try:
                draft = self._with_rights(checked(found), where, place.default)
            except ArticleError as error:
                self._reject(place.shown, found.line, error.reason, unclear=place.unclear)
                return
            if draft is not None:
                draft, remarks = with_safe_links(draft, where)
                for remark in remarks:
                    self._remark(remark.about, remark.example)
                self._entries.append(Entry(draft, place.source, place.file.relative, place.shown))

    def _with_rights(
        self, draft: Draft, where: str, default: Audience | ArticleError
    ) -> Draft | None:
        """Return the draft with an audience; None if who may read it can't be told."""
        if isinstance(draft.audience, Unstated):
            if isinstance(default, ArticleError):
                self._skipped["unclear audience"] += 1
                self._remark(
                    "an article was left out, as its folder's default can't be read", where
                )
                return None
            return replace(draft, audience=default)
        if draft.audience is None and isinstance(default, tuple):
            self._remark(
                "an article is public: its format has a place for an audience, so that the "
                "default does not reach it; state its audience if that is not meant",
                where,
            )
        return draft

    def _reject(self, path: str, line: int | None, reason: str, *, unclear: bool = False) -> None:
        if self._strict:
            raise ArticleError(reason, path=path, line=line)
        self._rejected.append(Rejected(path, line, reason, unclear))

    def _remark(self, about: str, example: str) -> None:
        self._remarks.setdefault(about, []).append(example)


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


def _unsupported(source: Source, names: Sequence[str]) -> str:
    """Name the kinds of files that are not read, the commonest first."""
    kinds = Counter(PurePosixPath(name).suffix.lower() or "without a suffix" for name in names)
    listed = [f"{count:,} {kind}" for kind, count in kinds.most_common()]
    return (
        f"{source.given}: {len(names):,} files are of kinds that are not read: "
        f"{_examples(listed, 12)} (such as {names[0]})"
    )


def _examples(names: Sequence[str], count: int = _EXAMPLES) -> str:
    more = f" and {len(names) - count:,} more" if len(names) > count else ""
    return ", ".join(names[:count]) + more
