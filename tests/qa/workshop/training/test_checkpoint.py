"""Checkpoints: whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from qa.errors import TrainingError
from qa.workshop.training.checkpoint import CHECKPOINT_NAME, load_checkpoint, save_checkpoint, under


def test_load_checkpoint_returns_what_was_saved(tmp_path: Path) -> None:
    tensors = {"weight/a": torch.randn(2, 3).t(), "optimizer/step/a": torch.tensor(4.0)}
    save_checkpoint(tmp_path / "new", tensors, {"step": 4, "title": "Ünï"})
    found, note = load_checkpoint(tmp_path / "new")
    assert found.keys() == tensors.keys()
    assert all(torch.equal(found[name], tensors[name]) for name in tensors)
    assert note == {"format": 1, "step": 4, "title": "Ünï"}
    assert torch.equal(under(found, "weight/")["a"], tensors["weight/a"])
    assert [path.name for path in (tmp_path / "new").iterdir()] == [CHECKPOINT_NAME]


def test_save_checkpoint_keeps_the_old_one_if_the_disk_refuses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_checkpoint(tmp_path, {"a": torch.zeros(1)}, {"step": 1})

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(TrainingError, match=r"Can't write the checkpoint .*No space left"):
        save_checkpoint(tmp_path, {"a": torch.ones(1)}, {"step": 2})
    assert load_checkpoint(tmp_path)[1]["step"] == 1
    assert len(list(tmp_path.iterdir())) == 1


def test_load_checkpoint_refuses_what_it_did_not_write(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"no checkpoint .* to resume"):
        load_checkpoint(tmp_path)
    path = tmp_path / CHECKPOINT_NAME
    path.write_bytes(b"not safetensors")
    with pytest.raises(TrainingError, match="is damaged"):
        load_checkpoint(tmp_path)
    save_file({"a": torch.zeros(1)}, path)
    with pytest.raises(TrainingError, match="is damaged"):
        load_checkpoint(tmp_path)
    save_file({"a": torch.zeros(1)}, path, {"note": json.dumps({"format": 99})})
    with pytest.raises(TrainingError, match="has the format 99"):
        load_checkpoint(tmp_path)
