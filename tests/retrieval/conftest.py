"""Tiny things to search: five articles, a deterministic encoder, an exact vector index."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from retrieval.access import Audiences
from retrieval.analysis import Analyser
from retrieval.bm25 import lexical_index, lexical_text
from retrieval.hybrid import Bm25Retriever, DenseRetriever, HybridRetriever
from retrieval.synonyms import NO_SYNONYMS, Synonyms
from retrieval.term_counts import TermCounts
from retrieval.types import Article, Matrix, Passage

ARTICLES = (
    Article("vpn", "Connect to the VPN", "Open the VPN client. Sign in with your token."),
    Article("wifi", "Office Wi-Fi", "Choose the network Guest. The wi-fi password is on the wall."),
    Article("leave", "Paid time off", "Ask your manager for paid time off.", audience=("staff",)),
    Article("salary", "Salary bands", "Salary bands are set in May.", audience=("hr", "board")),
    Article("merger", "Merger", "Nobody may read about the merger.", audience=()),
)


class FakeEncoder:
    """Bags of hashed words: texts that share words are near, and nothing is downloaded."""

    id = "fake@000000000000"
    dim = 32

    def __init__(self) -> None:
        self.encoded: list[str] = []

    def encode_queries(self, texts: Sequence[str]) -> Matrix:
        return self.encode_passages(texts)

    def encode_passages(self, texts: Sequence[str]) -> Matrix:
        self.encoded += texts
        rows = np.zeros((len(texts), self.dim), np.float32)
        for row, text in enumerate(texts):
            for word in re.findall(r"\w+", text.lower()) or [""]:
                seed = int.from_bytes(sha256(word.encode()).digest()[:4], "little")
                rows[row] += np.random.default_rng(seed).standard_normal(self.dim)
            rows[row] /= np.linalg.norm(rows[row])
        return rows

    def token_starts(self, text: str) -> NDArray[np.int64]:
        return np.asarray([found.start() for found in re.finditer(r"\w+|[^\w\s]", text)], np.int64)


class ExactDense:
    """All cosines, sorted: what an index for vectors has to agree with."""

    def __init__(self, vectors: Matrix) -> None:
        self.vectors = vectors
        self.scored: set[int] = set()

    def search(
        self, vector: NDArray[np.float32], k: int, allowed: NDArray[np.bool_] | None
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        rows = np.arange(len(self.vectors)) if allowed is None else np.flatnonzero(allowed)
        scores = self.scores(vector, rows)
        order = np.lexsort((rows, -scores))[:k]
        return rows[order], scores[order]

    def scores(self, vector: NDArray[np.float32], rows: NDArray[np.int64]) -> NDArray[np.float32]:
        self.scored |= {int(row) for row in rows}
        # Row by row: equal vectors get equal scores, whatever stands around them.
        cosines = [np.dot(self.vectors[row], vector) for row in rows]
        return np.asarray(cosines, np.float32)


def passages_of(articles: Sequence[Article]) -> list[Passage]:
    """Take each article whole, as one passage."""
    return [
        Passage(
            f"{article.id}#0-{len(article.body)}",
            article.id,
            0,
            len(article.body),
            article.body,
            article.title,
        )
        for article in articles
    ]


LocalRetriever = Bm25Retriever | DenseRetriever | HybridRetriever
MakeRetriever = Callable[..., LocalRetriever]


def make_retriever(
    kind: str,
    articles: Sequence[Article] = ARTICLES,
    *,
    synonyms: Synonyms = NO_SYNONYMS,
    encoder: FakeEncoder | None = None,
    **options: object,
) -> LocalRetriever:
    """Index articles in memory for one kind of retriever."""
    passages = passages_of(articles)
    audiences = Audiences.of(article.audience for article in articles)
    analyser = Analyser()
    lexical = lexical_index(
        TermCounts.from_term_lists(analyser.terms(lexical_text(passage)) for passage in passages)
    )
    encoder = encoder or FakeEncoder()
    dense = ExactDense(encoder.encode_passages([lexical_text(passage) for passage in passages]))
    everything = {
        "passages": passages,
        "audiences": audiences,
        "lexical": lexical,
        "analyser": analyser,
        "synonyms": synonyms,
        "dense": dense,
        "encoder": encoder,
        **options,
    }
    wanted = {
        "bm25": (Bm25Retriever, ("lexical", "analyser", "synonyms")),
        "dense": (DenseRetriever, ("dense", "encoder")),
        "hybrid": (
            HybridRetriever,
            ("lexical", "analyser", "synonyms", "dense", "encoder", "fusion"),
        ),
    }[kind]
    retriever, names = wanted
    chosen = ("passages", "audiences", "id_rank", *names)
    made: LocalRetriever = retriever(
        **{name: everything[name] for name in chosen if name in everything}
    )
    return made


@pytest.fixture
def articles() -> tuple[Article, ...]:
    return ARTICLES


@pytest.fixture
def fake_encoder() -> FakeEncoder:
    return FakeEncoder()


@pytest.fixture(scope="session")
def retriever_for() -> MakeRetriever:
    return make_retriever


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep every test away from the user's cache."""
    monkeypatch.setenv("FRONTDESK_CACHE_DIR", str(tmp_path / "cache"))
