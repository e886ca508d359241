"""Bring a knowledge base up to date with its SOURCEs.

The knowledge base becomes equal to the sources given: what is new is added, what changed is
replaced, what is gone vanishes; what stayed the same is neither cut nor encoded again.
With `add`, articles of other sources stay. Everything is worked out first, then written
aside and switched in; on any error the last good generation stands.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from retrieval.articles import Loaded, load_articles
from retrieval.articles.sources import resolve, walk
from retrieval.errors import IndexingError, NewerIndex, SourceError, StoreError
from retrieval.index.building import write_generation
from retrieval.index.changes import Changes, compare
from retrieval.index.confirmation import check_confirmed, listed, loosened, widened
from retrieval.index.fresh import Plan, Progress, no_progress
from retrieval.index.generation import Generation
from retrieval.index.keeping import kept_despite_refusal
from retrieval.index.manifest import Manifest, SourceRecord
from retrieval.index.remembering import FileMemory
from retrieval.index.report import IndexOptions, IndexReport
from retrieval.index.settings import EncoderChoice, chosen_chunking, chosen_synonyms, why_anew
from retrieval.index.store import IndexStore
from retrieval.search.fusion import DEFAULT_FUSION
from retrieval.search.synonyms import Synonyms
from retrieval.types import Article, TokenEncoder

__all__ = ["IndexOptions", "IndexReport", "bring_up_to_date"]

_DEFAULT_OPTIONS = IndexOptions()


def bring_up_to_date(
    sources: Sequence[str | Path],
    kb: str | Path,
    options: IndexOptions = _DEFAULT_OPTIONS,
    *,
    encoder: TokenEncoder | None = None,
    progress: Progress = no_progress,
) -> IndexReport:
    """Make a knowledge base equal to its sources.

    Args:
        sources: Files and folders of articles.
        kb: The directory; made if absent.
        options: How.
        encoder: A loaded encoder, instead of the one that `options` or the index name.
        progress: Shows how far the slow steps are.

    Raises:
        SourceError: A source is missing or empty and there is no index to compare with, or
            the synonyms can't be read.
        ArticleError: `options.strict` is set and something can't be read.
        ConfirmationNeeded: Much would be removed; nothing was changed.
        IndexLocked: Another writer is at work; nothing was changed.
        IndexingError: It can't be done as asked; nothing was changed.
        StoreError: The directory holds something else.
        EncoderError: The encoder can't be loaded.
    """
    began = time.perf_counter()
    if not sources:
        raise IndexingError("no source was given: name a file or folder of articles")
    synonyms = None if options.synonyms is None else Synonyms.load(options.synonyms)
    store = IndexStore(kb)
    _check_places(sources, store.path)
    if not store.path.exists() and not options.yes:
        _check_sources(sources)
    store.prepare()
    with store.lock():
        store.sweep()
        report = _Run(store, sources, options, encoder, progress).bring_up_to_date(synonyms)
    return replace(report, took_s=time.perf_counter() - began)


def _check_places(sources: Sequence[str | Path], kb: Path) -> None:
    """Refuse to read the index as articles.

    Raises:
        SourceError: A source is the knowledge base's folder, or lies in it.
    """
    folder = kb.resolve()
    for source in sources:
        if Path(source).resolve().is_relative_to(folder):
            raise SourceError(
                f"source {str(source)!r} lies in the knowledge base {str(kb)!r}: name the folder "
                "of the articles, and another folder with --kb"
            )


def _check_sources(sources: Sequence[str | Path]) -> None:
    """Refuse missing sources before anything is made on disk.

    Raises:
        SourceError: A source doesn't exist or can't be looked at.
    """
    for source in resolve(sources):
        next(iter(walk(source, _ignore)), None)


class _Run:
    """One run, under the lock."""

    def __init__(
        self,
        store: IndexStore,
        sources: Sequence[str | Path],
        options: IndexOptions,
        encoder: TokenEncoder | None,
        progress: Progress,
    ) -> None:
        self._store = store
        self._sources = sources
        self._given = [str(source.path) for source in resolve(sources)]
        self._options = options
        self._progress = progress
        self._warnings: list[str] = []
        self._rebuilt: str | None = None
        self._old, self._known = self._opened()
        known_encoder = None if self._known is None else self._known.encoder
        self._memory = FileMemory(self._old, keep_unread=options.add)
        self._encoder = EncoderChoice(encoder, options.encoder, known_encoder)

    def bring_up_to_date(self, synonyms: Synonyms | None) -> IndexReport:
        """Read, compare, ask, write and switch."""
        others = self._others()
        loaded, missing = self._loaded(others)
        kept = self._kept(loaded)
        articles = [*loaded.articles, *kept, *others]
        if not articles and (self._known is None or not self._known.articles):
            raise _nothing(loaded)
        chunking, known_settings = chosen_chunking(self._options, self._known)
        if not known_settings:
            self._warnings.append("passages are cut by this version's settings from now on")
        self._rebuilt = self._rebuilt or why_anew(self._old, chunking, self._encoder)
        changes = compare(self._old, articles, reuse=self._rebuilt is None)
        self._confirm(changes, missing, loaded)
        plan = Plan(
            name=self._store.next_name(),
            previous=self._previous(),
            changes=changes,
            old=self._old,
            chunking=chunking,
            fusion=self._options.fusion or DEFAULT_FUSION,
            synonyms=chosen_synonyms(synonyms, self._options, self._old),
            encoder_name=self._encoder.name,
            encoder=self._encoder.load,
            sources=self._records(articles),
            skipped=loaded.skipped,
            rejected=len(loaded.rejected),
            memory=self._memory,
        )
        if self._old is not None and self._changes_nothing(plan, self._old):
            return self._report(self._old.manifest, plan, loaded, kept, built=False, encoded=0)
        plan = replace(plan, changes=self._of_one_encoder(changes, articles))
        try:
            with self._store.building(plan.name) as folder:
                written = write_generation(folder, plan, self._progress)
            self._store.clean_up()
        except OSError as error:
            raise _unwritable(self._store.path, error) from error
        return self._report(
            written.manifest, plan, loaded, kept, built=True, encoded=written.encoded
        )

    # What there is

    def _opened(self) -> tuple[Generation | None, Manifest | None]:
        """Open the current generation; of a damaged one, take what its manifest still tells.

        Raises:
            NewerIndex: A newer Frontdesk wrote it; it is not ours to replace.
            IndexingError: It is damaged, and the run was to keep part of it.
        """
        if not self._store.exists():
            return None, None
        try:
            old = self._store.open()
        except NewerIndex:
            raise
        except StoreError as error:
            if self._options.add:
                raise IndexingError(
                    f"articles of other sources can't be kept (--add): {error}"
                ) from error
            self._rebuilt = "the last generation can't be read"
            self._warnings.append(
                f"{error}. Everything was built anew from the sources; give --synonyms again if "
                "there were any"
            )
            try:
                return None, self._store.manifest(self._store.current())
            except StoreError:
                return None, None
        return old, old.manifest

    def _previous(self) -> str | None:
        """Name the generation that a rollback should reach: the last good one."""
        if self._old is not None:
            return self._old.name
        if self._known is not None:
            return self._known.previous
        older = self._store.generations() if self._store.exists() else []
        return older[-1] if older else None

    # What there shall be

    def _others(self) -> list[Article]:
        """Return the articles of sources that are not given, if they are to stay."""
        old = self._old
        if old is None or not self._options.add:
            return []
        rows = range(len(old.ids))
        return [old.article(row) for row in rows if old.metadata(row)["source"] not in self._given]

    def _loaded(self, others: Sequence[Article]) -> tuple[Loaded, SourceError | None]:
        """Read the sources; a missing or empty one is told beside what the others hold."""
        taken = {article.id: article.source for article in others}
        try:
            return self._read(taken, missing_ok=False), None
        except SourceError as error:
            if self._known is None and not self._options.yes:
                raise
            return self._read(taken, missing_ok=True), error

    def _read(self, taken: Mapping[str, str], *, missing_ok: bool) -> Loaded:
        options = self._options
        with self._progress("Reading articles") as advance:
            total = 0 if self._progress is no_progress else _count_files(self._sources)
            return load_articles(
                self._sources,
                audience=options.audience,
                strict=options.strict,
                taken=taken,
                held=self._place_of,
                missing_ok=missing_ok,
                read=self._memory.read,
                progress=lambda done: advance(done, max(done, total)),
            )

    def _place_of(self, article_id: str) -> tuple[str, str] | None:
        """Return the source and path of an article of the last generation."""
        row = None if self._old is None else self._old.row(article_id)
        if self._old is None or row is None:
            return None
        record = self._old.metadata(row)
        return record["source"], record["path"]

    def _kept(self, loaded: Loaded) -> list[Article]:
        """Return what stays of the last generation although its file can't be read now."""
        if self._old is None:
            return []
        kept = kept_despite_refusal(self._old, loaded, self._sources, self._options.audience)
        if kept:
            self._warnings.append(
                f"{len(kept)} articles stay as they were indexed last, since their files can't be "
                f"read now: {listed([article.id for article in kept])}"
            )
        return kept

    def _confirm(self, changes: Changes, missing: SourceError | None, loaded: Loaded) -> None:
        """Stop unless what the run would do is harmless, or confirmed.

        Raises:
            ConfirmationNeeded: Lists what the run would do.
        """
        known, old = self._known, self._old
        if known is None or self._options.yes:
            return
        # What only moved, as in a folder that was renamed, is not lost.
        removed = tuple(name for name in changes.removed if name not in changes.moved)
        if old is None:
            # Damaged, but its manifest still tells what there was.
            present = {entry.article.id for entry in changes.entries}
            removed = tuple(name for name in known.articles if name not in present)
        default_left_out = old is not None and self._options.audience is None
        check_confirmed(
            known,
            changes,
            given=self._given,
            removed=removed,
            missing=missing,
            public=widened(old, loaded.articles) if old is not None and default_left_out else [],
            looser=[] if old is None else loosened(old, changes.entries),
        )

    def _records(self, articles: Sequence[Article]) -> tuple[SourceRecord, ...]:
        """Describe every source, in the order of paths."""
        counts = dict.fromkeys(self._given, 0)
        for article in articles:
            counts[article.source] = counts.get(article.source, 0) + 1
        before = {} if self._known is None else {r.path: r.audience for r in self._known.sources}
        return tuple(
            SourceRecord(
                path, count, self._options.audience if path in self._given else before.get(path)
            )
            for path, count in sorted(counts.items())
        )

    def _of_one_encoder(self, changes: Changes, articles: Sequence[Article]) -> Changes:
        """Make sure that what is taken over and what is encoded now share an encoder.

        A folder of the same name may hold another model than it did.
        """
        if self._old is None or self._rebuilt is not None or not changes.fresh:
            return changes
        self._rebuilt = self._encoder.why_other(self._old.manifest.encoder)
        return changes if self._rebuilt is None else compare(self._old, articles, reuse=False)

    # Outcome

    def _changes_nothing(self, plan: Plan, old: Generation) -> bool:
        return (
            not plan.changes
            and self._rebuilt is None
            and plan.synonyms == old.synonyms
            and plan.fusion.settings == dict(old.manifest.fusion)
            and plan.sources == old.manifest.sources
        )

    def _report(
        self,
        manifest: Manifest,
        plan: Plan,
        loaded: Loaded,
        kept: Sequence[Article],
        *,
        built: bool,
        encoded: int,
    ) -> IndexReport:
        return IndexReport(
            generation=manifest.generation,
            built=built,
            articles=len(manifest.articles),
            passages=manifest.passages,
            added=plan.changes.added,
            edited=plan.changes.edited,
            removed=plan.changes.removed,
            unchanged=plan.changes.unchanged,
            encoded=encoded,
            kept=tuple(article.id for article in kept),
            rebuilt=self._rebuilt,
            skipped=loaded.skipped,
            rejected=loaded.rejected,
            warnings=(*self._warnings, *loaded.warnings),
        )


def _count_files(sources: Sequence[str | Path]) -> int:
    count = 0
    for source in resolve(sources):
        try:
            count += sum(1 for _ in walk(source, _ignore))
        except SourceError:
            continue
    return count


def _ignore(relative: str, error: OSError) -> None:
    """Reading the sources will tell."""


def _nothing(loaded: Loaded) -> IndexingError:
    """Word why there is nothing to index."""
    why = [
        f"{bad.path}{'' if bad.line is None else f':{bad.line}'}: {bad.reason}"
        for bad in loaded.rejected
    ]
    why += [f"{count} left out: {reason}" for reason, count in loaded.skipped.items()]
    why += loaded.warnings
    listing = "".join(f"\n  - {line}" for line in why[:20])
    return IndexingError(
        f"there is nothing to index: the sources hold no article that can be used{listing}\n"
        "Nothing was changed. Mend the files, or name other sources"
    )


def _unwritable(kb: Path, error: OSError) -> IndexingError:
    """Word that the index can't be written."""
    try:
        free = f", where {shutil.disk_usage(kb).free / 1e6:,.0f} MB are free"
    except OSError:
        free = ""
    return IndexingError(
        f"the index can't be written to {error.filename or str(kb)!r}{free} "
        f"({error.strerror or error}): free some space or choose another --kb. The index that was "
        "there before stands, and what was half written is removed"
    )
