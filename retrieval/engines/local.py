"""The local engine: an index on disk, searched in this process.

It holds one generation for as long as it lives and never sees a mixture of two. The
sentence encoder is loaded at the first query that needs it.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from retrieval.errors import EncoderError, StoreError
from retrieval.index import parts
from retrieval.index.generation import Generation, PassageTable
from retrieval.index.manifest import EncoderRecord, Manifest
from retrieval.index.store import IndexStore
from retrieval.search.access import checked_roles, visible
from retrieval.search.analysis import Analyser
from retrieval.search.fusion import Fusion
from retrieval.types import PUBLIC, Article, Encoder, Hit, Matrix, Roles, Trace

__all__ = ["RETRIEVERS", "LocalEngine", "RetrieverKind", "open_index"]

RetrieverKind = Literal["hybrid", "bm25", "dense"]
RETRIEVERS: tuple[RetrieverKind, ...] = ("hybrid", "bm25", "dense")


class _TracingRetriever(Protocol):
    """What an engine needs of its retriever: both methods of `Engine` that search."""

    def retrieve(self, query: str, k: int, *, roles: Roles = PUBLIC) -> list[Hit]: ...

    def trace(self, query: str, k: int, *, roles: Roles = PUBLIC) -> Trace: ...


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

    @property
    def passages(self) -> PassageTable:
        """Every passage, whoever may read it: for whoever runs the index, not for askers."""
        return self._generation.passages

    def article(self, article_id: str, *, roles: Roles = PUBLIC) -> Article | None:
        """Return the article, or None if it is absent or not for these roles."""
        held = checked_roles(roles)
        row = self._generation.row(article_id)
        if row is None or not visible(self._generation.audience(row), held):
            return None
        return self._generation.article(row)

    def retrieve(self, query: str, k: int, *, roles: Roles = PUBLIC) -> list[Hit]:
        """See types.Retriever."""
        return self._retriever().retrieve(query, k, roles=roles)

    def trace(self, query: str, k: int, *, roles: Roles = PUBLIC) -> Trace:
        """See types.Engine."""
        return self._retriever().trace(query, k, roles=roles)

    def closeness(self, query: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """See types.Engine."""
        if not texts:
            return np.zeros(0, dtype=np.float32)
        vector = self._encoder.encode_queries([query])[0]
        cosines: NDArray[np.float32] = self._encoder.encode_passages(texts) @ vector
        return cosines

    def _retriever(self) -> _TracingRetriever:
        # Built once, by whichever thread comes first; the others wait for it.
        with self._lock:
            return self._built

    @cached_property
    def _built(self) -> _TracingRetriever:
        from retrieval.search.bm25 import lexical_index
        from retrieval.search.hybrid import Bm25Retriever, DenseRetriever, HybridRetriever

        generation = self._generation
        manifest = generation.manifest
        if self._kind == "bm25":
            return Bm25Retriever(
                passages=generation.passages,
                audiences=generation.audiences,
                lexical=lexical_index(generation.terms),
                analyser=Analyser.from_settings(manifest.analyser),
                synonyms=generation.synonyms,
                id_rank=generation.id_rank,
            )
        from retrieval.search.dense import DenseIndex

        graph = generation.folder / parts.GRAPH
        dense = DenseIndex(
            generation.vectors, hnsw_path=graph if parts.GRAPH in manifest.parts else None
        )
        if self._kind == "dense":
            return DenseRetriever(
                passages=generation.passages,
                audiences=generation.audiences,
                dense=dense,
                encoder=self._encoder,
                id_rank=generation.id_rank,
            )
        return HybridRetriever(
            passages=generation.passages,
            audiences=generation.audiences,
            lexical=lexical_index(generation.terms),
            analyser=Analyser.from_settings(manifest.analyser),
            dense=dense,
            encoder=self._encoder,
            fusion=_fusion(manifest),
            synonyms=generation.synonyms,
            id_rank=generation.id_rank,
        )


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
