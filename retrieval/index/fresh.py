"""What a new generation can't take over: articles cut, analysed and encoded anew."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from retrieval.errors import EncoderError, IndexingError
from retrieval.index.changes import Changes
from retrieval.index.generation import Generation
from retrieval.index.manifest import EncoderRecord, SourceRecord
from retrieval.index.parts import PassageColumn
from retrieval.index.remembering import FileMemory
from retrieval.passages.chunking import ChunkSettings, cut
from retrieval.search.analysis import Analyser
from retrieval.search.bm25 import lexical_text
from retrieval.search.fusion import Fusion
from retrieval.search.synonyms import Synonyms
from retrieval.search.term_counts import TermCounts
from retrieval.types import Article, Matrix, Passage, TokenEncoder

__all__ = ["Fresh", "Plan", "Progress", "made_anew", "no_progress"]

Progress = Callable[[str], AbstractContextManager[Callable[[int, int], None]]]
"""Opens a bar for a named step; what it yields is called with (done, total)."""

_TEXTS_AT_ONCE = 1024
"""Enough for an encoder to sort by length; few enough for a bar that moves."""

_BYTES_PER_TERM = 8


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
class Fresh:
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


def made_anew(folder: Path, plan: Plan, analyser: Analyser, progress: Progress) -> Fresh:
    """Cut, analyse and encode the articles that can't be taken over.

    Raises:
        IndexingError: There isn't enough room on the disk.
        EncoderError: The encoder can't be loaded or gives no usable vectors.
    """
    entries = plan.changes.fresh
    if not entries and plan.old is not None:
        record = plan.old.manifest.encoder
        nothing = TermCounts.from_term_lists([])
        return Fresh([], nothing, np.zeros((0, record.dim), np.float32), 0, record)
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
    return Fresh(passages, terms, vectors, len(wanted), record)


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
