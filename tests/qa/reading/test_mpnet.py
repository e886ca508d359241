"""MPNet as a reader: against transformers, with either family's signs, packed for shipping."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer
from typer.testing import CliRunner

from agent.cli.train import app
from qa.errors import ReaderError, TrainingError
from qa.reading.bert import BertReader
from qa.reading.windows import Window, cut_windows, encode_question, encode_text, special_tokens
from qa.registry import WEIGHTS, load_reader
from qa.workshop.training.pack import pack_reader
from retrieval.types import Article, Passage

QUESTION = "When does the help desk open?"
TEXTS = (
    "The help desk in Riverton opens at 8:30 on weekdays.",
    "Bring your badge. " * 9,
    "On Saturdays it opens at 10:00 and closes at 14:00. " * 40,
    "Closed.",
    "Bring your badge. " * 12,
)
SETTINGS = {"format": 1, "name": "tiny", "max_tokens": 384, "stride_tokens": 64}


@pytest.fixture(scope="module")
def mpnet(tmp_path_factory: pytest.TempPathFactory, tiny_bert: Path) -> Path:
    """Return the folder of a random MPNet reader of another hand; not to be changed."""
    from transformers import MPNetConfig, MPNetForQuestionAnswering

    folder = tmp_path_factory.mktemp("tiny") / "mpnet"
    tokenizer = Tokenizer.from_file(str(tiny_bert / "tokenizer.json"))
    tokenizer.add_special_tokens(["<s>", "</s>", "<pad>"])
    torch.manual_seed(0)
    model = MPNetForQuestionAnswering(
        MPNetConfig(
            vocab_size=tokenizer.get_vocab_size(),
            hidden_size=64,
            num_hidden_layers=2,
            num_attention_heads=4,
            intermediate_size=128,
        )
    )
    with torch.no_grad():
        for tensor in model.parameters():
            tensor.normal_(std=0.3)
    model.save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


def windows_of(reader: BertReader) -> list[Window]:
    return [
        window
        for text in TEXTS
        for window in cut_windows(
            encode_question(reader.tokenizer, QUESTION),
            encode_text(reader.tokenizer, text),
            special=special_tokens(reader.tokenizer, "roberta"),
            max_tokens=384,
            stride_tokens=64,
        )
    ]


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-4), ("bfloat16", 0.6)])
def test_scores_of_windows_of_many_lengths_are_those_of_transformers(
    mpnet: Path, dtype: str, tolerance: float
) -> None:
    from transformers import MPNetForQuestionAnswering

    reader = BertReader.load(mpnet, dtype=dtype)  # type: ignore[arg-type]
    windows = windows_of(reader)
    assert len({len(window) for window in windows}) > 3
    model = MPNetForQuestionAnswering.from_pretrained(mpnet).eval()
    for window, found in zip(windows, reader.scores(windows), strict=True):
        with torch.inference_mode():
            output = model(torch.tensor([window.input_ids]))
        expected = torch.cat([output.start_logits, output.end_logits]).numpy()
        np.testing.assert_allclose(found, expected, atol=tolerance)


def test_one_of_another_hand_is_read_with_its_own_signs(
    mpnet: Path, cut_passage: Callable[..., Passage]
) -> None:
    reader = load_reader(mpnet)
    assert isinstance(reader, BertReader)
    ((window,),) = reader.windows(QUESTION, [cut_passage(Article("a", "", TEXTS[0]))])
    number = {token: reader.tokenizer.token_to_id(token) for token in ("<s>", "</s>")}
    asked = encode_question(reader.tokenizer, QUESTION)
    n = len(asked)
    assert window.input_ids[: n + 3] == [number["<s>"], *asked, number["</s>"], number["</s>"]]
    assert window.input_ids[-1] == number["</s>"]
    assert window.passage_start == n + 3
    assert len(window) == len(window.type_ids) == len(window.offsets) == len(window.starts_here)


@pytest.mark.parametrize(
    ("setting", "first"), [({}, "[CLS]"), ({"special_tokens": "roberta"}, "<s>")]
)
def test_settings_say_which_signs_the_training_used(
    mpnet: Path,
    tmp_path: Path,
    cut_passage: Callable[..., Passage],
    setting: dict[str, str],
    first: str,
) -> None:
    for path in mpnet.iterdir():
        (tmp_path / path.name).symlink_to(path)
    (tmp_path / "reader.json").write_text(json.dumps({**SETTINGS, **setting}), encoding="utf-8")
    reader = BertReader.load(tmp_path)
    ((window,),) = reader.windows(QUESTION, [cut_passage(Article("a", "", TEXTS[0]))])
    assert window.input_ids[0] == reader.tokenizer.token_to_id(first)


def test_pack_writes_parts_that_read_nearly_as_before(mpnet: Path, tmp_path: Path) -> None:
    source, out = tmp_path / "source", tmp_path / "packed"
    source.mkdir()
    for path in mpnet.iterdir():
        (source / path.name).symlink_to(path)
    (source / "reader.json").write_text(json.dumps(SETTINGS), encoding="utf-8")
    (source / "calibration.json").write_text("{}", encoding="utf-8")
    out.mkdir()
    (out / "model-00001-of-00001.safetensors").write_bytes(b"of an older run")

    n_bytes = pack_reader(source, out, name="large", part_bytes=1_000_000)

    parts = sorted(path.name for path in out.glob("*.safetensors"))
    assert parts == [
        f"model-0000{n}-of-0000{len(parts)}.safetensors" for n in range(1, len(parts) + 1)
    ]
    assert len(parts) > 1
    assert n_bytes == sum((out / name).stat().st_size for name in parts)
    # A quarter of float32, and a 32nd for the scales.
    assert n_bytes < 0.3 * (mpnet / "model.safetensors").stat().st_size
    assert not (out / "calibration.json").exists()
    before, after = BertReader.load(source, dtype="float32"), load_reader(out)
    assert isinstance(after, BertReader)
    assert after.id.startswith("large@")
    assert after.settings == before.settings.model_copy(update={"name": "large"})
    exact = BertReader.load(out, dtype="float32")
    windows = windows_of(before)
    for one, other in zip(before.scores(windows), exact.scores(windows), strict=True):
        # Of scores between about -20 and 20.
        assert float(np.abs(one - other).mean()) < 0.1


def test_pack_refuses_what_is_packed_and_writing_over_itself(mpnet: Path, tmp_path: Path) -> None:
    pack_reader(mpnet, tmp_path / "packed")
    with pytest.raises(TrainingError, match="is packed already"):
        pack_reader(tmp_path / "packed", tmp_path / "again")
    assert not (tmp_path / "again").exists()
    with pytest.raises(TrainingError, match="is the reader itself"):
        pack_reader(mpnet, mpnet)
    with pytest.raises(TrainingError, match=r"model.safetensors' is absent"):
        pack_reader(tmp_path, tmp_path / "again")


def test_train_pack_is_a_command(mpnet: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["pack", str(mpnet), "--out", str(tmp_path / "packed")])
    assert done.exit_code == 0, done.output
    assert "MB of weights" in done.output
    assert load_reader(tmp_path / "packed").id.startswith("packed@")


def test_the_large_reader_is_known_by_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, mpnet: Path
) -> None:
    monkeypatch.setattr("qa.registry.WEIGHTS", tmp_path)
    with pytest.raises(ReaderError, match=r"No weights of the reader 'large' come with"):
        load_reader("large")
    (tmp_path / "large").symlink_to(mpnet)
    assert isinstance(load_reader("large"), BertReader)


@pytest.mark.skipif(
    not (WEIGHTS / "large" / "config.json").is_file(),
    reason="the large reader's weights are absent",
)
def test_the_shipped_large_reader_answers(cut_passage: Callable[..., Passage]) -> None:
    reading = load_reader("large").read(QUESTION, [cut_passage(Article("a", "", TEXTS[0]))])
    assert "8:30" in reading.candidates[0].text
    assert reading.candidates[0].margin > 0
    assert all(
        path.stat().st_size < 50_000_000 for path in (WEIGHTS / "large").glob("*.safetensors")
    )
