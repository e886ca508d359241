"""The packed forward pass against transformers' own, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from retrieval.encoding.bert import PackedBert, Precision, has_fast_bfloat16, packing
from retrieval.errors import EncoderError


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"num_attention_heads": 1, "num_hidden_layers": 1},
        {"hidden_size": 32, "num_attention_heads": 8, "intermediate_size": 17},
        {"type_vocab_size": 5, "vocab_size": 31, "layer_norm_eps": 1e-6},
        {"hidden_act": "gelu_new"},
        {"hidden_act": "relu"},
        {"kind": "mpnet"},
        {"kind": "mpnet", "num_attention_heads": 8, "layer_norm_eps": 1e-5},
    ],
)
def test_forward_agrees_with_transformers_on_random_models(
    tmp_path: Path,
    changes: dict[str, object],
    save_tiny: Callable[..., Path],
    sequences: Callable[..., Any],
    references: Callable[..., list[torch.Tensor]],
) -> None:
    folder = save_tiny(tmp_path, **changes)
    model = PackedBert.load(folder, dtype="float32")
    longest = model.max_length
    ids, types = sequences([5, longest, 1, 17, 16, 16], model.shape.vocabulary)
    # 1 is MPNet's padding, which transformers gives no place of its own.
    ids = [[n + (n == 1) for n in one] for one in ids]

    states, lengths = model.forward(ids, types)

    assert lengths == [5, longest, 1, 17, 16, 16]
    for found, expected in zip(
        torch.split(states, lengths), references(folder, ids, types), strict=True
    ):
        torch.testing.assert_close(found, expected, atol=1e-4, rtol=0)


def test_forward_agrees_with_transformers_on_minilm(
    minilm: PackedBert,
    minilm_folder: Path,
    sequences: Callable[..., Any],
    references: Callable[..., list[torch.Tensor]],
) -> None:
    # Long enough for several chunks and several groups within a chunk.
    ids, types = sequences([512, 300, 299, 180, 33, 12, 3, 2, 200, 200], 30522)

    states, lengths = minilm.forward(ids, types)

    for found, expected in zip(
        torch.split(states, lengths), references(minilm_folder, ids, types), strict=True
    ):
        torch.testing.assert_close(found, expected, atol=1e-4, rtol=0)


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-4), ("bfloat16", 0.2)])
def test_forward_of_long_mpnet_agrees_with_transformers(
    tmp_path: Path,
    dtype: Precision,
    tolerance: float,
    save_tiny: Callable[..., Path],
    sequences: Callable[..., Any],
    references: Callable[..., list[torch.Tensor]],
) -> None:
    # Beyond the farthest bucket, in attention at once and in blocks, alone and in groups.
    folder = save_tiny(tmp_path, kind="mpnet", max_position_embeddings=302)
    model = PackedBert.load(folder, dtype=dtype)
    ids, types = sequences([300, 290, 250, 250, 40, 33, 7], 95)
    ids = [[n + 2 for n in one] for one in ids]

    states, lengths = model.forward(ids, types)

    for found, expected in zip(
        torch.split(states, lengths), references(folder, ids, types), strict=True
    ):
        torch.testing.assert_close(found, expected, atol=tolerance, rtol=0)


def test_attentions_of_mpnet_are_those_of_transformers(
    tmp_path: Path, save_tiny: Callable[..., Path]
) -> None:
    transformers = pytest.importorskip("transformers")
    folder = save_tiny(tmp_path, kind="mpnet")
    ids = list(range(3, 40))
    model = transformers.MPNetModel.from_pretrained(folder, attn_implementation="eager").eval()
    with torch.inference_mode():
        output = model(torch.tensor([ids]), output_attentions=True)

    found = PackedBert.load(folder, dtype="float32").attentions(ids)

    torch.testing.assert_close(found, torch.cat(output.attentions), atol=1e-5, rtol=0)


def test_forward_of_a_batch_equals_one_by_one(
    minilm: PackedBert, sequences: Callable[..., Any]
) -> None:
    ids, types = sequences([40, 7, 41, 39, 200, 8, 8], 30522, seed=1)

    states, lengths = minilm.forward(ids, types)

    for i, found in enumerate(torch.split(states, lengths)):
        alone, _ = minilm.forward([ids[i]], [types[i]])
        torch.testing.assert_close(found, alone, atol=1e-5, rtol=0)


@pytest.mark.parametrize("precision", ["minilm", "half"])
@pytest.mark.parametrize("lengths", [(9,), (16,), (75, 75, 75), (40, 38, 30, 7, 7)])
def test_forward_with_spare_rows_equals_forward_without(
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    precision: str,
    lengths: tuple[int, ...],
    sequences: Callable[..., Any],
) -> None:
    model: PackedBert = request.getfixturevalue(precision)
    ids, types = sequences(lengths, 30522, seed=2)
    found, _ = model.forward(ids, types)
    monkeypatch.setattr(packing, "rounded", lambda rows: rows)

    exact, _ = model.forward(ids, types)

    if precision == "half" and has_fast_bfloat16():
        assert torch.equal(found, exact)
    else:
        # In float32 libraries choose another order of summing by the number of rows; emulated
        # bfloat16 (three digits) may do so, too.
        tolerance = 2e-5 if precision == "minilm" else 0.1
        torch.testing.assert_close(found, exact, atol=tolerance, rtol=0)


def test_attentions_show_no_spare_rows(minilm: PackedBert) -> None:
    assert minilm.attentions(list(range(2000, 2021))).shape[-2:] == (21, 21)


def test_forward_in_bfloat16_points_the_same_way(minilm: PackedBert, half: PackedBert) -> None:
    # Real words: on random numbers attention is flatter than on language.
    ids = [[101, 2129, 2079, 1045, 25141, 2026, 20786, 1029, 102], list(range(2000, 2150))]

    exact, lengths = minilm.forward(ids)
    found, _ = half.forward(ids)

    assert half.dtype is torch.bfloat16
    assert found.dtype is torch.float32
    for ours, theirs in zip(torch.split(found, lengths), torch.split(exact, lengths), strict=True):
        assert torch.cosine_similarity(ours.mean(0), theirs.mean(0), dim=0) > 0.999


def test_forward_of_nothing_is_empty(minilm: PackedBert) -> None:
    states, lengths = minilm.forward([])
    assert states.shape == (0, 384)
    assert lengths == []


def test_forward_refuses_an_empty_sequence(minilm: PackedBert) -> None:
    with pytest.raises(ValueError, match="sequence 1 has 0 tokens, expected 1 to 512"):
        minilm.forward([[101], []])


def test_forward_refuses_a_sequence_beyond_its_positions(minilm: PackedBert) -> None:
    with pytest.raises(ValueError, match="sequence 0 has 513 tokens"):
        minilm.forward([[101] * 513])


def test_forward_refuses_type_ids_of_other_lengths(minilm: PackedBert) -> None:
    with pytest.raises(ValueError, match=r"type_ids have lengths \[1\], input_ids \[2\]"):
        minilm.forward([[101, 102]], [[0]])


def test_attentions_are_one_per_head_and_sum_to_one(minilm: PackedBert) -> None:
    found = minilm.attentions([101, 2054, 2003, 102], [0, 0, 1, 1])
    assert found.shape == (minilm.shape.layers, minilm.shape.heads, 4, 4)
    torch.testing.assert_close(found.sum(dim=-1), torch.ones(found.shape[:-1]))
    torch.testing.assert_close(minilm.attentions([101, 102]), minilm.attentions([101, 102], [0, 0]))


def test_attentions_refuse_type_ids_of_other_lengths(minilm: PackedBert) -> None:
    with pytest.raises(ValueError, match=r"type_ids have lengths \[1\], input_ids \[2\]"):
        minilm.attentions([101, 102], [0])


def test_dtype_refuses_an_unknown_name(minilm_folder: Path) -> None:
    with pytest.raises(EncoderError, match="dtype is 'float16', expected 'auto', 'float32'"):
        PackedBert.load(minilm_folder, dtype="float16")  # type: ignore[arg-type]
