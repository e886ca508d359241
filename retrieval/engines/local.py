"""The local engine: an index on disk, searched in this process.

It holds one generation for as long as it lives and never sees a mixture of two. The
sentence encoder is loaded at the first query that needs it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from retrieval.errors import EncoderError, StoreError
from retrieval.index import parts
from retrieval.index.generation import Generation
from retrieval.index.manifest import EncoderRecord, Manifest
from retrieval.index.store import IndexStore
from retrieval.search.access import checked_roles, visible
from retrieval.search.analysis import Analyser
from retrieval.search.conditions import parse_conditions
from retrieval.search.fusion import Fusion
from retrieval.search.spelling import words_known_to
from retrieval.types import PUBLIC, Article, Encoder, Hit, Matrix, Page, Passage, Roles, Trace

if TYPE_CHECKING:
    from retrieval.search.hybrid import DenseLeg, HybridRetriever, LexicalLeg

__all__ = ["RETRIEVERS", "LocalEngine", "RetrieverKind", "open_index"]

RetrieverKind = Literal["hybrid", "bm25", "dense"]
T = TypeVar("T")

RETRIEVERS: tuple[RetrieverKind, ...] = ("hybrid", "bm25", "dense")


class _IndexEncoder:
    """The encoder that an index was built with, loaded when first used, by one thread."""

    def __init__(self, record: EncoderRecord) -> None:
        self._record = record
        self._lock = threading.Lock()
        self._encoder: Encoder | None = None

    @property
    def id(self) -> str:
        return self._record.id

    @property
    def dim(self) -> int:
        return self._record.dim

    def encode_queries(self, texts: Sequence[str]) -> Matrix:
        return self._loaded().encode_queries(texts)

    def encode_passages(self, texts: Sequence[str]) -> Matrix:
        return self._loaded().encode_passages(texts)

    def knows(self, word: str) -> bool:
        return words_known_to(self._loaded())(word)

    def _loaded(self) -> Encoder:
        with self._lock:
            if self._encoder is None:
                from retrieval.encoding.encoder import load_encoder

                try:
                    encoder = load_encoder(self._record.name)
                except EncoderError as error:
                    raise EncoderError(
                        f"the index was built with the encoder {self._record.id!r}, which can't "
                        f"be loaded: {error}. Put it back, or index again with --encoder"
                    ) from error
                _check_encoder(encoder, self._record)
                self._encoder = encoder
            return self._encoder


def _check_encoder(encoder: Encoder, record: EncoderRecord) -> None:
    """Refuse to search vectors of one encoder with another's.

    Raises:
        EncoderError: Their ids or the length of their vectors differ.
    """
    if encoder.id != record.id or encoder.dim != record.dim:
        raise EncoderError(
            f"the index was built with the encoder {record.id!r} ({record.dim} dimensions) and "
            f"would be searched with {encoder.id!r} ({encoder.dim} dimensions): their vectors "
            "don't compare. Use the encoder of the index, or index again with --encoder"
        )


class LocalEngine:
    """A knowledge base on disk as an Engine (see `retrieval.types.Engine`).

    Safe to share between threads.

    Args:
        generation: What is searched.
        encoder: A loaded encoder; by default the index's own, loaded when first needed.
        retriever: Which legs search.

    Raises:
        EncoderError: The encoder isn't the index's.
        StoreError: The retriever has no such name.
    """

    def __init__(
        self,
        generation: Generation,
        *,
        encoder: Encoder | None = None,
        retriever: RetrieverKind = "hybrid",
    ) -> None:
        if retriever not in RETRIEVERS:
            raise StoreError(
                f"the retriever is {retriever!r}, expected one of {', '.join(RETRIEVERS)}"
            )
        record = generation.manifest.encoder
        if encoder is not None:
            _check_encoder(encoder, record)
        self._generation = generation
        self._encoder: Encoder = encoder if encoder is not None else _IndexEncoder(record)
        self._kind: RetrieverKind = retriever
        self._lock = threading.Lock()

    @property
    def generation(self) -> str:
        """Name of the generation that answers."""
        return self._generation.name

    @property
    def encoder_id(self) -> str:
        """Name and hash of the index's encoder."""
        return self._generation.manifest.encoder.id

    @property
    def encoder(self) -> Encoder:
        """The index's encoder, to share with the engine of another generation."""
        return self._encoder

    @property
    def manifest(self) -> Manifest:
        """What the generation is made of."""
        return self._generation.manifest

    def article(self, article_id: str, *, roles: Roles = PUBLIC) -> Article | None:
        """Return the article, or None if it is absent or not for these roles."""
        held = checked_roles(roles)
        row = self._generation.row(article_id)
        if row is None or not visible(self._generation.audience(row), held):
            return None
        return self._generation.article(row)

    def articles(
        self,
        *,
        roles: Roles = PUBLIC,
        where: Sequence[str] = (),
        offset: int = 0,
        limit: int = 100,
    ) -> Page[Article]:
        """See types.Engine; in the order of ids."""
        generation = self._generation
        readable = generation.article_audiences.mask(roles)
        if where:
            readable = readable & generation.fields.articles(parse_conditions(where))
        return _page(np.flatnonzero(readable), offset, limit, generation.article)

    def passages(
        self,
        *,
        article_id: str | None = None,
        roles: Roles = PUBLIC,
        offset: int = 0,
        limit: int = 100,
    ) -> Page[Passage]:
        """See types.Engine; in the order of article ids, then of the text."""
        generation = self._generation
        if article_id is None:
            rows: Sequence[int] | NDArray[np.int64] = np.flatnonzero(
                generation.audiences.mask(roles)
            )
        else:
            readable = self.article(article_id, roles=roles) is not None
            row = generation.row(article_id) if readable else None
            rows = () if row is None else generation.passage_rows(row)
        return _page(rows, offset, limit, generation.passages.__getitem__)

    def retrieve(
        self, query: str, k: int, *, roles: Roles = PUBLIC, where: Sequence[str] = ()
    ) -> list[Hit]:
        """See types.Retriever."""
        return self._retriever().retrieve(query, k, roles=roles, where=where)

    def trace(
        self, query: str, k: int, *, roles: Roles = PUBLIC, where: Sequence[str] = ()
    ) -> Trace:
        """See types.Engine."""
        return self._retriever().trace(query, k, roles=roles, where=where)

    def closeness(self, query: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """See types.Engine."""
        if not texts:
            return np.zeros(0, dtype=np.float32)
        vector = self._encoder.encode_queries([query])[0]
        cosines: NDArray[np.float32] = self._encoder.encode_passages(texts) @ vector
        return cosines

    def _retriever(self) -> HybridRetriever:
        # Built once, by whichever thread comes first; the others wait for it.
        with self._lock:
            return self._built

    @cached_property
    def _built(self) -> HybridRetriever:
        from retrieval.search.hybrid import HybridRetriever

        generation = self._generation
        return HybridRetriever(
            passages=generation.passages,
            audiences=generation.audiences,
            lexical=None if self._kind == "dense" else self._lexical_leg(),
            dense=None if self._kind == "bm25" else self._dense_leg(),
            fusion=_fusion(generation.manifest),
            fields=lambda: generation.fields,
            id_rank=generation.id_rank,
        )

    def _lexical_leg(self) -> LexicalLeg:
        from retrieval.search.bm25 import lexical_index
        from retrieval.search.hybrid import LexicalLeg

        generation = self._generation
        analyser = Analyser.from_settings(generation.manifest.analyser)
        leg = LexicalLeg(lexical_index(generation.terms), analyser, generation.synonyms)
        # Without vectors nothing is asked of the encoder: it may not even be there.
        return leg if self._kind == "bm25" else replace(leg, knows=words_known_to(self._encoder))

    def _dense_leg(self) -> DenseLeg:
        from retrieval.search.article_means import ArticleMeans
        from retrieval.search.dense import DenseIndex
        from retrieval.search.hybrid import DenseLeg

        generation = self._generation
        graph = generation.folder / parts.GRAPH
        linked = parts.GRAPH in generation.manifest.parts
        index = DenseIndex(generation.vectors, hnsw_path=graph if linked else None)
        means = ArticleMeans(generation.vectors, generation.article_rows)
        return DenseLeg(index, self._encoder, means)


def _page(
    rows: Sequence[int] | NDArray[np.int64], offset: int, limit: int, read: Callable[[int], T]
) -> Page[T]:
    """Read the rows of one page.

    Raises:
        ValueError: A place or a number below 0.
    """
    if offset < 0 or limit < 0:
        raise ValueError(f"offset is {offset!r} and limit {limit!r}, expected 0 or more")
    return Page(tuple(read(int(row)) for row in rows[offset : offset + limit]), len(rows))


def _fusion(manifest: Manifest) -> Fusion:
    try:
        return Fusion.from_settings(manifest.fusion)
    except (TypeError, ValueError) as error:
        raise StoreError(
            f"the index names a fusion that this Frontdesk doesn't know "
            f"({dict(manifest.fusion)!r}: {error}): build it again with `frontdesk index`"
        ) from error


def open_index(
    kb: str | Path, *, encoder: Encoder | None = None, retriever: RetrieverKind = "hybrid"
) -> LocalEngine:
    """Open a knowledge base that `frontdesk index` built.

    Args:
        kb: Its directory.
        encoder: A loaded encoder to share; by default the index's own, loaded at the first
            query.
        retriever: Which legs search: "hybrid", "bm25" or "dense".

    Raises:
        StoreError: There is no index, or it is damaged or foreign.
        EncoderError: The encoder isn't the one that the index was built with.
    """
    return LocalEngine(IndexStore(kb).open(), encoder=encoder, retriever=retriever)
