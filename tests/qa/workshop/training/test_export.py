"""The model folder that training leaves: loads with transformers, cuts nothing off."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from tokenizers import Tokenizer
from transformers import AutoModelForQuestionAnswering, AutoTokenizer

from qa.workshop.training.export import export_reader
from qa.workshop.training.recipe import Recipe
from qa.workshop.training.span_model import load_span_model

RECIPE = Recipe(read_max_tokens=96, read_stride_tokens=24, max_answer_tokens=12)


def test_export_reader_writes_what_transformers_loads(tiny_bert: Path, tmp_path: Path) -> None:
    _, weights = load_span_model(
        tiny_bert,
        dropout=0.0,
        train_word_embeddings=False,
        seed=1,
        dtype=torch.float32,
        device=torch.device("cpu"),
    )
    (tmp_path / "README.md").write_text("kept", encoding="utf-8")
    export_reader(weights, tiny_bert, tmp_path, recipe=RECIPE, null_threshold=1.23456)
    model = AutoModelForQuestionAnswering.from_pretrained(tmp_path)
    assert model.dtype == torch.float16
    found = dict(model.named_parameters())
    assert found.keys() == weights.keys()
    for name, tensor in weights.items():
        assert torch.equal(found[name], tensor.half())
    assert json.loads((tmp_path / "reader.json").read_text("utf-8")) == {
        "format": 1,
        "name": "bert",
        "max_tokens": 96,
        "stride_tokens": 24,
        "max_answer_tokens": 12,
        "null_threshold": 1.2346,
    }
    assert (tmp_path / "README.md").read_text("utf-8") == "kept"
    assert not (tmp_path / "training.json").exists()
    assert not list(tmp_path.glob(".unfinished-*"))
    assert (tmp_path / "model.safetensors").stat().st_mode & 0o777 == 0o644


def test_export_reader_ships_a_tokenizer_that_cuts_nothing_off(
    tiny_bert: Path, tmp_path: Path
) -> None:
    _, weights = load_span_model(
        tiny_bert,
        dropout=0.0,
        train_word_embeddings=False,
        seed=1,
        dtype=torch.float32,
        device=torch.device("cpu"),
    )
    export_reader(
        weights, tiny_bert, tmp_path, recipe=RECIPE, null_threshold=0.0, report={"steps": 1}
    )
    text = "word " * 300
    shipped = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    assert len(shipped.encode(text).ids) == 302
    assert len(AutoTokenizer.from_pretrained(tmp_path)(text)["input_ids"]) == 302
    assert json.loads((tmp_path / "training.json").read_text("utf-8")) == {"steps": 1}
