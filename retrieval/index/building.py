"""Fill the folder of a new generation: cut, analyse and encode what is fresh, copy the rest.

Rows of the new generation are either taken from the old one or made anew; nothing that is
taken over is cut, analysed or encoded again.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from importlib import metadata
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from retrieval.errors import EncoderError, IndexingError
from retrieval.index import parts
from retrieval.index.changes import Changes, describe
from retrieval.index.generation import Generation
from retrieval.index.manifest import EncoderRecord, Manifest, Part, SourceRecord
from retrieval.index.parts import ArticleColumn, PassageColumn
from retrieval.index.remembering import FileMemory
from retrieval.passages.chunking import ChunkSettings, cut
from retrieval.search.analysis import Analyser
from retrieval.search.bm25 import lexical_text
from retrieval.search.fusion import Fusion
from retrieval.search.synonyms import Synonyms
from retrieval.search.term_counts import TermCounts
from retrieval.system.durable import digests, files_under
from retrieval.types import Article, Matrix, Passage, TokenEncoder

__all__ = ["GRAPH_LIMIT", "Plan", "Progress", "Written", "no_progress", "write_generation"]

Progress = Callable[[str], AbstractContextManager[Callable[[int, int], None]]]
"""Opens a bar for a named step; what it yields is called with (done, total)."""

_TEXTS_AT_ONCE = 1024
"""Enough for an encoder to sort by length; few enough for a bar that moves."""

_ROWS_AT_ONCE = 8192
_BYTES_PER_TERM = 8

GRAPH_LIMIT = 100_000
"""Passages above which the vectors get a graph; `retrieval.search.dense` says why."""


def no_progress(step: str) -> AbstractContextManager[Callable[[int, int], None]]:  # noqa: ARG001
    """Show nothing."""
    return nullcontext(lambda *_: None)


@dataclass(frozen=True)
class Plan:
    """Everything that a new generation is made from.

    Attributes:
        name: Of the new generation.
        previous: The generation that a rollback will go back to.
        changes: Its articles, and what of them is taken over.
        old: What is taken over from.
        chunking: How articles are cut.
        fusion: How the legs will be joined.
        synonyms: Used by the lexical leg.
        encoder_name: What the encoder is loaded by.
        encoder: Loads the encoder; called only when something has to be cut or encoded.
        sources: Where the articles come from.
        skipped: Reason → how many were left out.
        rejected: How many files or rows could not be read.
        memory: What the source files held.
    """

    name: str
    previous: str | None
    changes: Changes
    old: Generation | None
    chunking: ChunkSettings
    fusion: Fusion
    synonyms: Synonyms
    encoder_name: str
    encoder: Callable[[], TokenEncoder]
    sources: tuple[SourceRecord, ...]
    skipped: Mapping[str, int]
    rejected: int
    memory: FileMemory


@dataclass(frozen=True)
class Written:
    """What was written.

    Attributes:
        manifest: Of the new generation.
        encoded: How many passages were encoded.
    """

    manifest: Manifest
    encoded: int


@dataclass(frozen=True)
class _Fresh:
    """Passages that the old generation does not have.

    Attributes:
        passages: Of each fresh article, in order.
        terms: Counts, a row per passage.
        vectors: (passages, dim).
        encoded: How many of the vectors were computed rather than found.
        encoder: Of the vectors.
    """

    passages: list[list[Passage]]
    terms: TermCounts
    vectors: Matrix
    encoded: int
    encoder: EncoderRecord


def write_generation(folder: Path, plan: Plan, progress: Progress = no_progress) -> Written:
    """Write all parts of a generation and its manifest into an empty folder.

    Args:
        folder: Exists and is empty.
        plan: What to write.
        progress: Shows how far the slow steps are.

    Raises:
        IndexingError: There isn't enough room on the disk.
        EncoderError: The encoder can't be loaded or gives no usable vectors.
        OSError: Something can't be written.
    """
    old, analyser = plan.old, Analyser()
    fresh = _fresh(folder, plan, analyser, progress)
    heading_codes: dict[tuple[str, ...], int] = {}
    audience_codes: dict[tuple[str, ...] | None, int] = {}
    articles: list[list[int]] = []
    tables: list[NDArray[np.int64]] = []
    origins: list[NDArray[np.int64]] = []
    ids: list[str] = []
    fresh_articles, fresh_rows, body_end, line_end, passages = 0, 0, 0, 0, 0

    with (
        (folder / parts.BODIES).open("wb") as bodies,
        (folder / parts.ARTICLE_LINES).open("wb") as lines,
    ):
        for row, entry in enumerate(plan.changes.entries):
            article = entry.article
            if entry.origin is None or old is None:
                body = article.body.encode("utf-8")
                cut_now = fresh.passages[fresh_articles]
                table = _table_of(cut_now, article.body, body, heading_codes)
                # Rows of the fresh passages are counted downwards from -1.
                origin = -1 - np.arange(fresh_rows, fresh_rows + len(table), dtype=np.int64)
                fresh_articles += 1
                fresh_rows += len(table)
            else:
                body = old.body_bytes(entry.origin)
                taken = old.passage_rows(entry.origin)
                origin = np.arange(taken.start, taken.stop, dtype=np.int64)
                table = old.passage_table()[taken.start : taken.stop].copy()
                table[:, PassageColumn.HEADINGS] = [
                    heading_codes.setdefault(old.heading_paths[code], len(heading_codes))
                    for code in table[:, PassageColumn.HEADINGS].tolist()
                ]
            table[:, PassageColumn.ARTICLE] = row
            line = json.dumps(describe(article), ensure_ascii=False).encode("utf-8") + b"\n"
            audience = audience_codes.setdefault(article.audience, len(audience_codes))
            articles.append(
                [body_end, body_end + len(body), line_end, line_end + len(line), passages, audience]
            )
            bodies.write(body)
            lines.write(line)
            body_end += len(body)
            line_end += len(line)
            passages += len(table)
            tables.append(table)
            origins.append(origin)
            starts, ends = table[:, PassageColumn.START], table[:, PassageColumn.END]
            ids += [
                f"{article.id}#{start}-{end}"
                for start, end in zip(starts.tolist(), ends.tolist(), strict=True)
            ]

    table = np.concatenate([*tables, np.zeros((0, len(PassageColumn)), np.int64)])
    order = sorted(range(len(ids)), key=ids.__getitem__)
    table[order, PassageColumn.ID_RANK] = np.arange(len(ids))
    origin = np.concatenate([*origins, np.zeros(0, np.int64)])
    article_table = np.asarray(articles, np.int64).reshape(-1, len(ArticleColumn))
    np.save(folder / parts.ARTICLES, article_table, allow_pickle=False)
    np.save(folder / parts.PASSAGES, table, allow_pickle=False)
    _write_json(
        folder / parts.TABLES,
        {
            "audiences": [
                None if audience is None else list(audience) for audience in audience_codes
            ],
            "headings": list(heading_codes),
        },
    )
    _write_json(folder / parts.SYNONYMS, plan.synonyms.to_json())
    hashes = [entry.article.sha256 for entry in plan.changes.entries]
    _write_json(folder / parts.FILES, plan.memory.to_json(hashes))
    _write_vectors(folder / parts.VECTORS, origin, plan.old, fresh)
    _write_graph(folder, len(table), progress)
    (folder / parts.TERMS).mkdir()
    _joined_terms(origin, plan.old, fresh.terms).save(folder / parts.TERMS)
    manifest = _manifest(folder, plan, analyser, fresh.encoder, len(table))
    content = manifest.to_json()
    (folder / parts.MANIFEST).write_bytes(content)
    (folder / parts.MANIFEST_DIGEST).write_text(sha256(content).hexdigest(), "ascii")
    return Written(manifest, fresh.encoded)


def _fresh(folder: Path, plan: Plan, analyser: Analyser, progress: Progress) -> _Fresh:
    """Cut, analyse and encode the articles that can't be taken over."""
    entries = plan.changes.fresh
    if not entries and plan.old is not None:
        record = plan.old.manifest.encoder
        nothing = TermCounts.from_term_lists([])
        return _Fresh([], nothing, np.zeros((0, record.dim), np.float32), 0, record)
    from retrieval.encoding.encoder import embedding_text

    encoder = plan.encoder()
    record = EncoderRecord(plan.encoder_name, encoder.id, encoder.dim)
    passages = []
    with progress("Cutting articles") as advance:
        for done, entry in enumerate(entries, 1):
            passages.append(cut(entry.article, encoder.token_starts, plan.chunking))
            advance(done, len(entries))
    terms = TermCounts.from_term_lists(
        analyser.terms(lexical_text(passage)) for of_one in passages for passage in of_one
    )
    texts = [embedding_text(passage) for of_one in passages for passage in of_one]
    _check_room(folder, plan, len(texts), terms, encoder.dim)
    known = _known_vectors(plan, encoder, [entry.article for entry in entries], embedding_text)
    wanted = [text for text in dict.fromkeys(texts) if text not in known]
    places = {text: row for row, text in enumerate(wanted)}
    computed = np.empty((len(wanted), encoder.dim), np.float32)
    with progress("Encoding passages") as advance:
        for start in range(0, len(wanted), _TEXTS_AT_ONCE):
            batch = wanted[start : start + _TEXTS_AT_ONCE]
            computed[start : start + len(batch)] = _encoded(encoder, batch)
            advance(start + len(batch), len(wanted))
    vectors = np.empty((len(texts), encoder.dim), np.float32)
    for row, text in enumerate(texts):
        vectors[row] = computed[places[text]] if text in places else known[text]
    return _Fresh(passages, terms, vectors, len(wanted), record)


def _known_vectors(
    plan: Plan,
    encoder: TokenEncoder,
    articles: Sequence[Article],
    embedding_text: Callable[[Passage], str],
) -> dict[str, NDArray[np.float32]]:
    """Find vectors of the passages that an edited article still has: text → vector."""
    old = plan.old
    if old is None or old.manifest.encoder.id != encoder.id:
        return {}
    known: dict[str, NDArray[np.float32]] = {}
    for article in articles:
        row = old.row(article.id)
        if row is not None:
            for passage_row in old.passage_rows(row):
                text = embedding_text(old.passages[passage_row])
                known[text] = old.vectors[passage_row]
    return known


def _encoded(encoder: TokenEncoder, texts: list[str]) -> Matrix:
    vectors = encoder.encode_passages(texts)
    expected = (len(texts), encoder.dim)
    if vectors.shape != expected or not bool(np.isfinite(vectors).all()):
        raise EncoderError(
            f"the encoder {encoder.id!r} gave vectors of shape {vectors.shape} that can't be "
            f"used, expected {expected} finite numbers: choose another with --encoder"
        )
    return vectors


def _check_room(folder: Path, plan: Plan, fresh_passages: int, terms: TermCounts, dim: int) -> None:
    """Refuse before the long work of encoding what could not be written after it.

    Raises:
        IndexingError: The disk hasn't enough room.
    """
    taken_over = 0 if plan.old is None else plan.old.size_bytes()
    bodies = sum(len(entry.article.body) for entry in plan.changes.fresh)
    row_bytes = 4 * dim + 8 * len(PassageColumn)
    needed = taken_over + bodies + fresh_passages * row_bytes + len(terms.counts) * _BYTES_PER_TERM
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise IndexingError(
            f"the disk is too full for the index: {str(folder.parent)!r} needs about "
            f"{needed / 1e6:,.0f} MB and {free / 1e6:,.0f} MB are free; free some space or choose "
            "another --kb. The index that was there before stands"
        )


def _table_of(
    passages: Sequence[Passage], body: str, encoded: bytes, headings: dict[tuple[str, ...], int]
) -> NDArray[np.int64]:
    """Return the rows of passages.npy for one article, without its row number."""
    table = np.zeros((len(passages), len(PassageColumn)), np.int64)
    ends = [passage.end for passage in passages]
    starts = [passage.start for passage in passages]
    table[:, PassageColumn.START] = starts
    table[:, PassageColumn.END] = ends
    headers = [_header_span(passage, body) for passage in passages]
    offsets = {*starts, *ends, *(offset for header in headers for offset in header)}
    byte_at = _byte_offsets(body, encoded, sorted(offsets))
    table[:, PassageColumn.BYTE_START] = [byte_at[start] for start in starts]
    table[:, PassageColumn.BYTE_END] = [byte_at[end] for end in ends]
    table[:, PassageColumn.HEADER_BYTE_START] = [byte_at[start] for start, _ in headers]
    table[:, PassageColumn.HEADER_BYTE_END] = [byte_at[end] for _, end in headers]
    table[:, PassageColumn.HEADINGS] = [
        headings.setdefault(passage.headings, len(headings)) for passage in passages
    ]
    return table


def _header_span(passage: Passage, body: str) -> tuple[int, int]:
    """Return where the header row of the table that a passage begins inside stands."""
    if not passage.table_header:
        return 0, 0
    start = body.rindex(passage.table_header, 0, passage.start)
    return start, start + len(passage.table_header)


def _byte_offsets(body: str, encoded: bytes, offsets: Sequence[int]) -> dict[int, int]:
    """Return where in UTF-8 each of some ascending code-point offsets lies."""
    if len(encoded) == len(body):
        return {offset: offset for offset in offsets}
    found, before, at = {}, 0, 0
    for offset in offsets:
        at += len(body[before:offset].encode("utf-8"))
        found[offset] = at
        before = offset
    return found


def _write_vectors(
    path: Path, origin: NDArray[np.int64], old: Generation | None, fresh: _Fresh
) -> None:
    """Write vectors.npy in the order of the new rows.

    Through plain writes: on a full disk a mapped file would kill the process instead of
    raising an error.
    """
    shape = (len(origin), fresh.encoder.dim)
    with path.open("wb") as file:
        header = {"descr": "<f4", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(file, header)
        for rows in _slices(origin):
            file.write(_gathered(rows, old, fresh, shape[1]).astype("<f4", copy=False).data)


def _write_graph(folder: Path, passages: int, progress: Progress) -> None:
    """Build the graph that finds neighbours where there are too many to look at them all."""
    if passages <= GRAPH_LIMIT:
        return
    from retrieval.search.dense import build_hnsw

    vectors = np.load(folder / parts.VECTORS, mmap_mode="r", allow_pickle=False)
    with progress("Linking vectors"):
        build_hnsw(vectors, folder / parts.GRAPH)


def _slices(origin: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    for start in range(0, len(origin), _ROWS_AT_ONCE):
        yield origin[start : start + _ROWS_AT_ONCE]


def _gathered(
    rows: NDArray[np.int64], old: Generation | None, fresh: _Fresh, dim: int
) -> NDArray[np.float32]:
    taken = rows >= 0
    vectors = np.empty((len(rows), dim), np.float32)
    if old is not None and bool(taken.any()):
        vectors[taken] = old.vectors[rows[taken]]
    vectors[~taken] = fresh.vectors[-1 - rows[~taken]]
    return vectors


def _joined_terms(
    origin: NDArray[np.int64], old: Generation | None, fresh: TermCounts
) -> TermCounts:
    """Return the term counts in the order of the new rows."""
    if old is None:
        return fresh
    taken = origin >= 0
    old_rows = origin[taken]
    joined = TermCounts.concat([old.terms.take(old_rows), fresh])
    places = np.empty(len(origin), np.int64)
    places[taken] = np.arange(len(old_rows))
    places[~taken] = len(old_rows) + (-1 - origin[~taken])
    return joined.take(places)


def _manifest(
    folder: Path, plan: Plan, analyser: Analyser, encoder: EncoderRecord, passages: int
) -> Manifest:
    written = list(files_under(folder))
    named = {
        path.relative_to(folder).as_posix(): Part(path.stat().st_size, sha)
        for path, sha in zip(written, digests(written), strict=True)
    }
    formats: dict[str, int] = {}
    for entry in plan.changes.entries:
        formats[entry.article.format] = formats.get(entry.article.format, 0) + 1
    return Manifest(
        generation=plan.name,
        previous=plan.previous,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        frontdesk=_version(),
        chunking=asdict(plan.chunking),
        analyser=analyser.settings,
        fusion=plan.fusion.settings,
        encoder=encoder,
        passages=passages,
        formats=dict(sorted(formats.items())),
        sources=plan.sources,
        skipped=dict(sorted(plan.skipped.items())),
        rejected=plan.rejected,
        parts=named,
        articles={entry.article.id: entry.article.sha256 for entry in plan.changes.entries},
    )


def _version() -> str:
    try:
        return metadata.version("frontdesk")
    except metadata.PackageNotFoundError:
        return "unknown"


def _write_json(path: Path, value: object) -> None:
    path.write_bytes(json.dumps(value, ensure_ascii=False).encode("utf-8"))
