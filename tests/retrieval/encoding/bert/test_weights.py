"""Weights in files of every kind: kept, or refused by name."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from retrieval.encoding.bert import PackedBert
from retrieval.errors import EncoderError


def test_load_reads_prefixed_half_precision_and_keeps_the_rest(
    tmp_path: Path,
    save_tiny: Callable[..., Path],
    sequences: Callable[..., Any],
    references: Callable[..., list[torch.Tensor]],
) -> None:
    plain = save_tiny(tmp_path / "plain")
    prefixed = tmp_path / "prefixed"
    prefixed.mkdir()
    shutil.copy(plain / "config.json", prefixed)
    tensors = load_file(plain / "model.safetensors")
    renamed = {f"bert.{name}": tensor.half() for name, tensor in tensors.items()}
    renamed["qa_outputs.weight"] = torch.ones(2, 24).half()
    renamed["qa_outputs.bias"] = torch.ones(2).half()
    save_file(renamed, prefixed / "model.safetensors")

    model = PackedBert.load(prefixed, dtype="float32")

    assert set(model.extra) == {"qa_outputs.weight", "qa_outputs.bias"}
    assert model.extra["qa_outputs.weight"].dtype is torch.float32
    assert model.hidden_size == 24
    assert model.max_length == 64
    ids, types = sequences([20], 97)
    # Half precision keeps about three digits of each weight.
    torch.testing.assert_close(
        model.forward(ids, types)[0], references(plain, ids, types)[0], atol=2e-2, rtol=0
    )


def test_load_names_absent_weights(tmp_path: Path, save_tiny: Callable[..., Path]) -> None:
    save_tiny(tmp_path)
    (tmp_path / "model.safetensors").unlink()
    with pytest.raises(EncoderError, match=r"model.safetensors' is absent"):
        PackedBert.load(tmp_path)


def test_load_names_broken_weights(tmp_path: Path, save_tiny: Callable[..., Path]) -> None:
    save_tiny(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"\x05\x00")
    with pytest.raises(EncoderError, match=r"cannot read '.*model.safetensors'"):
        PackedBert.load(tmp_path)


def test_load_names_both_shapes_where_files_differ(
    tmp_path: Path, save_tiny: Callable[..., Path]
) -> None:
    save_tiny(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text(encoding="utf-8"))
    config["intermediate_size"] = 41
    (tmp_path / "config.json").write_text(json.dumps(config), encoding="utf-8")
    with pytest.raises(
        EncoderError,
        match=r"'encoder.layer.0.intermediate.dense.weight' has shape \(40, 24\), but "
        r"config.json asks for \(41, 24\)",
    ):
        PackedBert.load(tmp_path)


def test_load_names_a_missing_tensor(tmp_path: Path, save_tiny: Callable[..., Path]) -> None:
    save_tiny(tmp_path)
    tensors = load_file(tmp_path / "model.safetensors")
    del tensors["encoder.layer.1.output.dense.bias"]
    save_file(tensors, tmp_path / "model.safetensors")
    with pytest.raises(EncoderError, match=r"'encoder.layer.1.output.dense.bias' is absent"):
        PackedBert.load(tmp_path)
