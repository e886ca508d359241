"""A random BERT reader and a random attention-flow reader, and a folder of the second."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from qa.bidaf.reader import BidafReader
from qa.reading.bert import BertReader
from qa.reading.span_reader import SpanReader

WORDS = ["when", "where", "does", "the", "desk", "open", "at", "in", "on", "is", "it", "opens"]


def save_tiny_bidaf(folder: Path) -> Path:
    """Write a random attention-flow reader."""
    import torch
    from safetensors.torch import save_file

    from qa.bidaf.glove import GloveBidaf
    from qa.bidaf.model import BidafSizes
    from qa.bidaf.words import WordTokenizer

    torch.manual_seed(3)
    sizes = BidafSizes(hidden=8, word=10, character=4, filters=6, dropout=0.0)
    vectors = torch.randn(len(WORDS), 10)
    network = GloveBidaf(sizes, WordTokenizer(WORDS), vectors)
    folder.mkdir(parents=True)
    save_file({**network.state_dict(), "vectors": vectors}, folder / "model.safetensors")
    config = {"model_type": "frontdesk-bidaf", "embedding": "glove", **asdict(sizes)}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    (folder / "vocabulary.txt").write_text("".join(f"{w}\n" for w in WORDS), encoding="utf-8")
    settings = {"format": 1, "name": "bidaf", "max_tokens": 96, "stride_tokens": 24}
    (folder / "reader.json").write_text(json.dumps(settings), encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def tiny_bidaf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a random attention-flow reader; not to be changed."""
    return save_tiny_bidaf(tmp_path_factory.mktemp("tiny-flow") / "bidaf")


@pytest.fixture(scope="session")
def bert(tiny_bert: Path) -> SpanReader:
    """Return a random BERT reader."""
    return BertReader.load(tiny_bert, dtype="float32")


@pytest.fixture(scope="session")
def bidaf(tiny_bidaf: Path) -> SpanReader:
    """Return a random attention-flow reader."""
    return BidafReader.load(tiny_bidaf)


@pytest.fixture(params=["bert", "bidaf"])
def reader(request: pytest.FixtureRequest) -> SpanReader:
    """Return each of them in turn."""
    found: SpanReader = request.getfixturevalue(request.param)
    return found
