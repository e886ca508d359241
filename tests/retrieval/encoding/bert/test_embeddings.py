"""Which token numbers the embeddings take, and what they refuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from retrieval.encoding.bert import PackedBert


def test_forward_takes_no_type_ids_as_zeros(
    minilm: PackedBert, sequences: Callable[..., Any]
) -> None:
    ids, _ = sequences([11], 30522)
    given, _ = minilm.forward(ids, [[0] * 11])
    assert torch.equal(minilm.forward(ids)[0], given)


@pytest.mark.parametrize("wrong", [-1, 30522])
def test_forward_refuses_ids_outside_the_vocabulary(minilm: PackedBert, wrong: int) -> None:
    with pytest.raises(ValueError, match=f"input id {wrong} is out of range, expected 0 to 30521"):
        minilm.forward([[101, wrong]])


def test_forward_refuses_type_ids_out_of_range(minilm: PackedBert) -> None:
    with pytest.raises(ValueError, match="type id 2 is out of range, expected 0 to 1"):
        minilm.forward([[101]], [[2]])
