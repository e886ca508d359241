"""Tiny things to search: five articles, a deterministic encoder, an exact vector index."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tiny_models import write_tiny_encoder

from retrieval.search.access import Audiences
from retrieval.search.analysis import Analyser
from retrieval.search.bm25 import LexicalIndex, lexical_index, lexical_text
from retrieval.search.conditions import FieldTable
from retrieval.search.hybrid import DenseLeg, HybridRetriever, LexicalLeg, VectorIndex
from retrieval.search.spelling import words_known_to
from retrieval.search.synonyms import NO_SYNONYMS, Synonyms
from retrieval.search.term_counts import TermCounts
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


MakeRetriever = Callable[..., HybridRetriever]


def make_retriever(
    kind: str,
    articles: Sequence[Article] = ARTICLES,
    *,
    synonyms: Synonyms = NO_SYNONYMS,
    encoder: FakeEncoder | None = None,
    lexical: LexicalIndex | None = None,
    dense: VectorIndex | None = None,
    **options: Any,
) -> HybridRetriever:
    """Index articles in memory for one kind of retriever."""
    passages = options.pop("passages", passages_of(articles))
    analyser = Analyser()
    if lexical is None:
        lists = (analyser.terms(lexical_text(passage)) for passage in passages)
        lexical = lexical_index(TermCounts.from_term_lists(lists))
    encoder = encoder or FakeEncoder()
    dense = dense or ExactDense(encoder.encode_passages([lexical_text(each) for each in passages]))
    rows = np.arange(len(articles))
    knows = {} if kind == "bm25" else {"knows": words_known_to(encoder)}
    return HybridRetriever(
        passages=passages,
        audiences=options.pop("audiences", Audiences.of(each.audience for each in articles)),
        lexical=None if kind == "dense" else LexicalLeg(lexical, analyser, synonyms, **knows),
        dense=None if kind == "bm25" else DenseLeg(dense, encoder),
        fields=lambda: FieldTable([article.fields for article in articles], rows),
        **options,
    )


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


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A folder of six articles in Markdown and JSON Lines, two of them restricted."""
    folder = tmp_path / "source"
    (folder / "it").mkdir(parents=True)
    (folder / "vpn.md").write_text(
        "---\nid: vpn\ntitle: Connect to the VPN\n---\nOpen the VPN client.\n\n## Windows\n\n"
        "1. Open the start menu.\n2. Choose the client.\n\n## Mac\n\nOpen Launchpad – then café.\n",
        encoding="utf-8",
    )
    (folder / "it" / "wifi.md").write_text(
        "# Wi-Fi\n\nChoose Guest. Ask for 🔑.\n", encoding="utf-8"
    )
    (folder / "it" / "printers.md").write_text("# Printers\n\nThey are on floor 2.\n", "utf-8")
    rows = (
        {"id": "leave", "title": "Leave", "body": "Ask for paid time off.", "audience": ["staff"]},
        {"id": "salary", "title": "Salary", "body": "Bands are set in May.", "audience": ["hr"]},
        {"id": "lunch", "title": "Lunch", "body": "Soup is served at noon.\nBread is free."},
    )
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (folder / "hr.jsonl").write_text(lines, encoding="utf-8")
    return folder


@pytest.fixture
def kb(tmp_path: Path) -> Path:
    return tmp_path / "kb"


@pytest.fixture(scope="session")
def tiny_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a real, tiny and senseless encoder: one layer of 16 dimensions."""
    folder = tmp_path_factory.mktemp("encoders") / "tiny"
    return write_tiny_encoder(folder, seed=0)
