"""Linear layers with oneDNN and without it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from retrieval.encoding.bert import PackedBert, linear, precision


def test_forward_without_onednn_gives_the_same(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    save_tiny: Callable[..., Path],
    sequences: Callable[..., Any],
) -> None:
    for activation in ("gelu", "gelu_new", "relu"):
        folder = save_tiny(tmp_path / activation, hidden_act=activation)
        packed = PackedBert.load(folder, dtype="float32")
        with monkeypatch.context() as patch:
            for module in (linear, precision):
                patch.setattr(module, "has_onednn", lambda *_: False)
            plain = PackedBert.load(folder)
        assert plain.dtype is torch.float32
        ids, types = sequences([9, 30], 97)
        torch.testing.assert_close(
            plain.forward(ids, types)[0], packed.forward(ids, types)[0], atol=1e-5, rtol=0
        )
