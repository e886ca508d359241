"""Attention flow over a frozen encoder, from its embeddings to a folder that reads."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from transformers import AutoModel

from qa.bidaf.frozen import BertBidaf, FrozenBert
from qa.bidaf.model import BidafSizes, Words
from qa.bidaf.reader import BidafReader
from qa.errors import ReaderError, TrainingError
from qa.reading.windows import load_tokenizer, make_windows, special_tokens, stack_windows
from qa.registry import load_reader
from qa.workshop.training.bidaf import frozen_trainee
from qa.workshop.training.loop import TrainingFile, train_reader
from qa.workshop.training.recipe import Recipe
from retrieval.encoding.bert import PackedBert
from retrieval.types import Article, Passage

SIZES = BidafSizes(hidden=8, dropout=0.0)


def test_embeddings_are_the_mean_of_the_last_four_layers(tiny_bert: Path) -> None:
    tokenizer = load_tokenizer(tiny_bert)
    special = special_tokens(tokenizer)
    embedder = FrozenBert(PackedBert.load(tiny_bert, dtype="float32"), special).eval()
    question = tokenizer.encode("when does it open?", add_special_tokens=False).ids
    passage = [special.cls, *tokenizer.encode("room 12.", add_special_tokens=False).ids]
    n = max(len(question), len(passage))
    ids = torch.tensor([row + [0] * (n - len(row)) for row in (question, passage)])
    mask = torch.arange(n)[None] < torch.tensor([[len(question)], [len(passage)]])
    with torch.inference_mode():
        found = embedder(Words(ids, mask))

    reference = AutoModel.from_pretrained(
        tiny_bert, dtype=torch.float32, add_pooling_layer=False
    ).eval()
    for row, (inner, first) in enumerate(((question, 1), (passage[1:], 0))):
        framed = torch.tensor([[special.cls, *inner, special.sep]])
        with torch.inference_mode():
            layers = reference(framed, output_hidden_states=True).hidden_states[1:][-4:]
        mean = torch.stack(list(layers)).mean(dim=0)[0, first:-1]
        expected = torch.nn.functional.layer_norm(mean, mean.shape[-1:])
        torch.testing.assert_close(found[row, : len(expected)], expected, rtol=1e-4, atol=1e-4)
        assert not found[row, len(expected) :].any()


def test_passages_met_before_are_remembered_as_they_are(
    facts: list[tuple[str, str, str]], tiny_bert: Path
) -> None:
    network = BertBidaf(SIZES, "tiny", tiny_bert)
    special = special_tokens(network.tokenizer)
    windows = [
        make_windows(network.tokenizer, question, text, max_tokens=60, stride_tokens=5)[0]
        for question, text, _ in facts
    ]
    batch = stack_windows(windows, special)
    network.train()
    first, again = network.span_logits(batch), network.span_logits(batch)
    network.eval()
    fresh = network.span_logits(batch)
    for one, two, three in zip(first, again, fresh, strict=True):
        torch.testing.assert_close(one, two)
        torch.testing.assert_close(one, three)


def test_the_encoder_is_no_part_of_what_is_trained(tiny_bert: Path) -> None:
    network = BertBidaf(SIZES, "tiny", tiny_bert)
    names = [name for name, _ in network.named_parameters() if "embedder" in name]
    assert names == ["network.embedder.norm.weight", "network.embedder.norm.bias"]


def recipe(encoder: Path) -> Recipe:
    return Recipe(
        encoder=str(encoder),
        epochs=200,
        batch_size=4,
        learning_rate=5e-3,
        min_window_tokens=60,
        max_window_tokens=60,
        negative_share=0.0,
        held_out_articles=0,
        precision="float32",
        read_max_tokens=60,
        read_stride_tokens=10,
        hidden=16,
    )


def test_trained_network_reads_what_it_learned(
    facts: list[tuple[str, str, str]], squad: Path, tiny_bert: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    train_reader(recipe(tiny_bert), [TrainingFile(squad)], out, prepare=frozen_trainee)
    reader = load_reader(out)
    assert isinstance(reader, BidafReader)
    assert reader.id.startswith("bidaf-bert@")
    for number, (question, context, quote) in enumerate(facts):
        article = Article(f"a{number}", "", f"Note: {context}")
        passage = Passage("p", article.id, 6, 6 + len(context), context)
        best = reader.read(question, [passage]).candidates[0]
        assert best.text == quote == article.body[best.start : best.end]


def test_load_refuses_another_encoder(squad: Path, tiny_bert: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    short = replace(recipe(tiny_bert), epochs=1)
    train_reader(short, [TrainingFile(squad)], out, prepare=frozen_trainee)
    config = json.loads((out / "config.json").read_text())
    config["encoder_sha256"] = "0" * 64
    (out / "config.json").write_text(json.dumps(config))
    with pytest.raises(ReaderError, match=r"was trained on an encoder .*with the SHA-256 '0000"):
        load_reader(out)


def test_training_refuses_a_folder_without_an_encoder(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"can't be read with: .*tokenizer.json"):
        frozen_trainee(recipe(tmp_path), torch.device("cpu"))
