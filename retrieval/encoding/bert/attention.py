"""Attention among the tokens of each sequence: all scores at once, or torch's fused kernel.

The scale of the scores (Vaswani et al. 2017, equation 1) is part of the query already; see
`layer.py`.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from retrieval.encoding.bert.packing import Group
from retrieval.encoding.bert.positions import RelativeBias

__all__ = ["attend", "attend_at_once", "attend_blockwise"]

# From this length on, torch's fused attention beats plain products in float32 (in bfloat16
# it never does).
_BLOCKWISE_LENGTH = 192

# Sums of exponentials between which none that matters was lost to under- or overflow.
_LEAST_SUM = 1e-15
_MOST_SUM = 1e30


def attend(qkv: Tensor, group: Group, heads: int, bias: RelativeBias | None = None) -> Tensor:
    """Attend within each sequence of a group.

    Args:
        qkv: (tokens, 3 * hidden) of the whole chunk, the query scaled.
        group: Which of them.
        heads: How many share `hidden`.
        bias: What distances add to the scores, if anything.

    Returns:
        (group's tokens and spare rows, hidden).
    """
    # (rows * places, 3 * hidden)
    qkv = (
        qkv[group.start : group.end] if group.padded is None else qkv.index_select(0, group.padded)
    )
    rows, places = len(group.lengths), group.places
    # (3, rows, heads, places, width)
    grid = qkv.view(rows, places, 3, heads, -1).permute(2, 0, 3, 1, 4)
    query, key, value = grid.contiguous()
    # (heads, places, places)
    added = None if bias is None else bias(places)
    if qkv.dtype is torch.float32 and places >= _BLOCKWISE_LENGTH:
        mixed = attend_blockwise(query, key, value, group, added)
    else:
        mixed = attend_at_once(query, key, value, group, added)
    # (rows * places, hidden)
    mixed = mixed.transpose(1, 2).reshape(rows * places, -1)
    return mixed if group.real is None else mixed.index_select(0, group.real)


def attend_at_once(
    query: Tensor, key: Tensor, value: Tensor, group: Group, bias: Tensor | None = None
) -> Tensor:
    """Attend with all scores in memory: (rows, heads, places, width) each -> the same."""
    # (rows, heads, places, places)
    scores = _scores(query, key, group, bias)
    if scores.dtype is torch.float32:
        return torch.matmul(torch.softmax(scores, -1), value)
    # torch's softmax is slow in bfloat16, mostly in finding each row's largest score.
    # Without that step the exponentials of ordinary scores still fit: bfloat16 reaches as
    # far as float32. Where they do not (sums near the ends of the range), do it in full.
    weights = scores.exp_()
    # (rows, heads, places, 1). Where no row has a token, nothing is summed: the sum's rounding
    # hangs on the number of terms.
    total = weights[..., : group.lengths[0]].sum(-1, keepdim=True, dtype=torch.float32)
    least, most = torch.aminmax(total)
    if float(least) > _LEAST_SUM and float(most) < _MOST_SUM:
        return torch.matmul(weights, value).div_(total)
    return torch.matmul(torch.softmax(_scores(query, key, group, bias), -1), value)


def _scores(query: Tensor, key: Tensor, group: Group, bias: Tensor | None = None) -> Tensor:
    scores = torch.matmul(query, key.transpose(-1, -2))
    if bias is not None:
        scores += bias
    for first, end, length in group.short:
        scores[first:end, :, :, length:] = -math.inf
    return scores


def attend_blockwise(
    query: Tensor, key: Tensor, value: Tensor, group: Group, bias: Tensor | None = None
) -> Tensor:
    """Attend by torch's fused kernel: the same, never holding all scores at once."""
    mask = bias
    if group.short:
        # (rows, 1, 1, places), 0 = real token
        mask = torch.zeros(len(group.lengths), 1, 1, group.places, dtype=query.dtype)
        for first, end, length in group.short:
            mask[first:end, :, :, length:] = -math.inf
        if bias is not None:
            # (rows, heads, places, places)
            mask = mask + bias
    return torch.nn.functional.scaled_dot_product_attention(
        query, key, value, attn_mask=mask, scale=1.0
    )
