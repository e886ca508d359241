"""A random BERT reader and a random attention-flow reader, and a folder of the second."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny_models import save_tiny_bidaf

from qa.bidaf.reader import BidafReader
from qa.reading.bert import BertReader
from qa.reading.span_reader import SpanReader


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
