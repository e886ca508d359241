"""Attention in both forms against plain products in full precision."""

from __future__ import annotations

import pytest
import torch

from retrieval.encoding.bert import attention
from retrieval.encoding.bert.packing import Group


@pytest.mark.parametrize("offset", [0.0, 200.0, -200.0])
@pytest.mark.parametrize("lengths", [(40, 40), (40, 33, 21)])
def test_attention_in_bfloat16_survives_scores_of_any_size(
    offset: float, lengths: tuple[int, ...]
) -> None:
    group = Group.make(0, lengths)
    draw = torch.Generator().manual_seed(0)
    query, key, value = (
        torch.randn(len(lengths), 2, group.places, 8, generator=draw).bfloat16() for _ in range(3)
    )
    # One dimension that all queries and keys share shifts every score by the offset.
    query[..., 0], key[..., 0] = 1.0, offset
    exact = torch.matmul(
        torch.softmax(attention._scores(query.float(), key.float(), group), -1), value.float()
    )

    found = attention.attend_at_once(query, key, value, group)

    # A score of 200 is rounded to a whole number in bfloat16, one of 3 to about 0.01.
    tolerance = 1.5 if offset else 0.1
    torch.testing.assert_close(found.float(), exact, atol=tolerance, rtol=0)


@pytest.mark.parametrize("lengths", [(240, 240), (240, 239, 220)])
def test_attention_blockwise_equals_attention_at_once(lengths: tuple[int, ...]) -> None:
    group = Group.make(0, lengths)
    draw = torch.Generator().manual_seed(0)
    query, key, value = (
        torch.randn(len(lengths), 2, group.places, 8, generator=draw) for _ in range(3)
    )
    torch.testing.assert_close(
        attention.attend_blockwise(query, key, value, group),
        attention.attend_at_once(query, key, value, group),
        atol=1e-5,
        rtol=0,
    )
