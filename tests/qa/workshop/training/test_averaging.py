"""The mean of several readers' weights, as a reader."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from qa.errors import TrainingError
from qa.registry import load_reader
from qa.workshop.training.averaging import average_readers
from retrieval.types import Passage

SaveBert = Callable[..., Path]


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    """Return a file of SQuAD 2.0's kind with two articles."""
    articles = [
        {
            "title": title,
            "paragraphs": [
                {
                    "context": "The desk opens at 8:30.",
                    "qas": [
                        {
                            "id": f"{title}1",
                            "question": "When does it open?",
                            "is_impossible": False,
                            "answers": [{"text": "8:30", "answer_start": 18}],
                        },
                        {
                            "id": f"{title}2",
                            "question": "Where is it?",
                            "is_impossible": True,
                            "answers": [],
                        },
                    ],
                }
            ],
        }
        for title in ("A", "B")
    ]
    path = tmp_path / "squad.json"
    path.write_text(json.dumps({"version": "v2.0", "data": articles}), encoding="utf-8")
    return path


def test_weights_are_the_mean_and_read(
    save_bert: SaveBert, questions: Path, tmp_path: Path
) -> None:
    folders = [save_bert(tmp_path / str(seed), seed=seed) for seed in (1, 2, 3)]
    out = tmp_path / "mean"
    threshold = average_readers(folders, out, develop=[questions])
    parts = [load_file(folder / "model.safetensors") for folder in folders]
    for name, tensor in load_file(out / "model.safetensors").items():
        expected = torch.stack([part[name].float() for part in parts]).mean(dim=0)
        torch.testing.assert_close(tensor.float(), expected, atol=2e-3, rtol=2e-3)
        assert tensor.dtype == torch.float16
    reader = load_reader(out)
    assert reader.id.startswith("tiny@")
    assert reader.null_threshold == round(threshold, 4)
    text = "The desk opens at 8:30."
    reading = reader.read("When?", [Passage("p", "a", 0, len(text), text)])
    assert reading.candidates[0].text in text
    assert not [path for path in out.iterdir() if path.name.startswith(".")]


def test_other_models_are_refused_and_nothing_is_written(
    save_bert: SaveBert, questions: Path, tmp_path: Path
) -> None:
    one, other = save_bert(tmp_path / "one"), save_bert(tmp_path / "other")
    tensors = load_file(other / "model.safetensors")
    tensors["qa_outputs.bias"] = torch.zeros(3)
    save_file(tensors, other / "model.safetensors", {"format": "pt"})
    with pytest.raises(TrainingError, match=r"are of different models"):
        average_readers([one, other], tmp_path / "out", develop=[questions])
    assert not (tmp_path / "out").exists()


def test_what_cant_be_averaged_is_named(tiny_bert: Path, questions: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"There is 1 reader to average"):
        average_readers([tiny_bert], tmp_path / "out", develop=[questions])
    with pytest.raises(TrainingError, match=r"no questions to choose a threshold on"):
        average_readers([tiny_bert, tiny_bert], tmp_path / "out", develop=[])
    with pytest.raises(TrainingError, match=r"Can't read the weights in .*nowhere"):
        average_readers([tiny_bert, tmp_path / "nowhere"], tmp_path / "out", develop=[questions])
