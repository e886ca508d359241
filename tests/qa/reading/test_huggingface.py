"""Readers of other architectures through transformers."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from qa.errors import ReaderError
from qa.reading.bert import BertReader
from qa.reading.huggingface import HuggingFaceReader
from qa.registry import load_reader
from qa.types import Reader
from retrieval.types import Passage

Cut = Callable[..., Passage]
TEXT = "The desk in Riverton opens at 8:30 on weekdays and at 10:00 on Saturdays. " * 3


@pytest.fixture(scope="module")
def distilled(tmp_path_factory: pytest.TempPathFactory, tiny_bert: Path) -> Path:
    """Save a tiny random DistilBERT: a kind that our own run-time doesn't know."""
    import torch
    from transformers import DistilBertConfig, DistilBertForQuestionAnswering

    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("distilled")
    config = DistilBertConfig(
        vocab_size=30522, dim=16, n_layers=1, n_heads=2, hidden_dim=32, max_position_embeddings=128
    )
    DistilBertForQuestionAnswering(config).save_pretrained(folder)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(tiny_bert / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def passages() -> list[Passage]:
    bodies = [TEXT, "Short: at noon.", "caf\u00e9 e\u0301tude \U0001f469\u200d\U0001f467 at 9\r\n"]
    return [
        Passage(f"a{n}#4-{4 + len(body)}", f"a{n}", 4, 4 + len(body), body)
        for n, body in enumerate(bodies)
    ]


def test_load_reader_falls_back_to_transformers(distilled: Path, passages: list[Passage]) -> None:
    reader = load_reader(distilled)
    assert isinstance(reader, HuggingFaceReader)
    assert isinstance(reader, Reader)
    assert reader.id.startswith(f"{distilled.name}@")
    reading = reader.read("When does it open?", passages)
    assert reading.candidates
    for candidate in reading.candidates:
        passage = candidate.passage
        assert passage.start <= candidate.start < candidate.end <= passage.end
        assert candidate.text.strip() == candidate.text != ""


def test_reads_as_our_own_run_time_does(tiny_bert: Path, passages: list[Passage]) -> None:
    ours = BertReader.load(tiny_bert, dtype="float32")
    theirs = HuggingFaceReader.load(tiny_bert, name="tiny")
    # One window: with several, the two choose differently between overlapping ones.
    theirs._max_tokens = ours.settings.max_tokens
    theirs._stride_tokens = ours.settings.stride_tokens
    one = ours.read("When does it open?", passages[:2])
    other = theirs.read("When does it open?", passages[:2])
    assert [(c.start, c.end) for c in one.candidates] == [
        (c.start, c.end) for c in other.candidates
    ]
    np.testing.assert_allclose(
        [c.margin for c in one.candidates], [c.margin for c in other.candidates], atol=1e-3
    )


def test_read_takes_hostile_questions(distilled: Path, passages: list[Passage]) -> None:
    reader = load_reader(distilled)
    assert reader.read("  ", passages).candidates == ()
    assert reader.read("When?", []).candidates == ()
    assert reader.read("when does it open " * 2500, passages).candidates


def test_read_stops_at_a_deadline(distilled: Path, passages: list[Passage]) -> None:
    reading = load_reader(distilled).read("When?", passages, deadline_s=time.monotonic() - 1)
    assert reading.unread == tuple(passage.id for passage in passages)


def test_load_refuses_a_model_without_a_span_head(distilled: Path, tmp_path: Path) -> None:
    from transformers import DistilBertModel

    DistilBertModel.from_pretrained(distilled).save_pretrained(tmp_path)
    shutil.copy(distilled / "tokenizer.json", tmp_path)
    with pytest.raises(ReaderError, match="has no span head"):
        HuggingFaceReader.load(tmp_path, name="headless")


def test_load_refuses_what_transformers_can_not_read(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "distilbert"}', encoding="utf-8")
    with pytest.raises(ReaderError, match="transformers can't load"):
        load_reader(tmp_path)
