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

from retrieval.encoding.bert import BertShape, PackedBert
from retrieval.encoding.bert.quantised import quantise, restore
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


def test_load_reads_weights_in_parts(
    tmp_path: Path, save_tiny: Callable[..., Path], sequences: Callable[..., Any]
) -> None:
    whole = save_tiny(tmp_path / "whole")
    parted = tmp_path / "parted"
    parted.mkdir()
    shutil.copy(whole / "config.json", parted)
    tensors = load_file(whole / "model.safetensors")
    for number in (1, 2):
        part = {name: tensors[name] for name in sorted(tensors)[number - 1 :: 2]}
        save_file(part, parted / f"model-{number:05}-of-00002.safetensors")
    ids, types = sequences([20, 7], 97)

    states, _ = PackedBert.load(parted, dtype="float32").forward(ids, types)

    assert torch.equal(states, PackedBert.load(whole, dtype="float32").forward(ids, types)[0])
    (parted / "model-00001-of-00002.safetensors").unlink()
    with pytest.raises(EncoderError, match=r"00001-of-00002.safetensors' is absent; expected 2"):
        PackedBert.load(parted)
    save_file(tensors, parted / "model-00001-of-00003.safetensors")
    with pytest.raises(EncoderError, match=r"is of another model|is absent"):
        PackedBert.load(parted)


def test_load_refuses_eight_bits_without_their_scales(
    tmp_path: Path, save_tiny: Callable[..., Path]
) -> None:
    save_tiny(tmp_path, hidden_size=64, num_attention_heads=4)
    tensors = load_file(tmp_path / "model.safetensors")
    name = "embeddings.word_embeddings.weight"
    tensors[f"{name}.int8"], _ = quantise(tensors.pop(name))
    save_file(tensors, tmp_path / "model.safetensors")
    with pytest.raises(
        EncoderError, match=r"int8' of shape \(97, 64\) has no scales of shape \(97"
    ):
        PackedBert.load(tmp_path)


@pytest.mark.parametrize("kind", ["bert", "mpnet"])
def test_forward_from_eight_bits_is_that_of_the_restored_weights(
    tmp_path: Path, kind: str, save_tiny: Callable[..., Path], sequences: Callable[..., Any]
) -> None:
    folder = save_tiny(tmp_path, kind=kind, hidden_size=64, num_attention_heads=4)
    tensors = load_file(folder / "model.safetensors")
    packed, restored = dict(tensors), dict(tensors)
    for name, tensor in tensors.items():
        if tensor.dim() == 2 and tensor.shape[1] % 64 == 0:
            numbers, scales = quantise(packed.pop(name))
            packed |= {f"{name}.int8": numbers, f"{name}.scale": scales}
            restored[name] = restore(numbers, scales)
    shape = BertShape.read(folder / "config.json")
    ids, types = sequences([40, 12], 97)

    found, _ = PackedBert(shape, packed, dtype="float32").forward(ids, types)

    exact, _ = PackedBert(shape, restored, dtype="float32").forward(ids, types)
    assert torch.equal(found, exact)
