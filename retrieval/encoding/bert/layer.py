"""One of the transformer layers."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from retrieval.encoding.bert.attention import attend
from retrieval.encoding.bert.linear import Linear
from retrieval.encoding.bert.norm import Norm
from retrieval.encoding.bert.packing import Group
from retrieval.encoding.bert.positions import RelativeBias
from retrieval.encoding.bert.shape import BertShape
from retrieval.encoding.bert.weights import Weights

__all__ = ["Layer"]


class Layer:
    """One block: attention, then a two-layer perceptron, each with residual and norm."""

    def __init__(self, shape: BertShape, number: int, weights: Weights, dtype: torch.dtype) -> None:
        def take(name: str) -> Tensor:
            return weights.take(f"encoder.layer.{number}.{name}")

        self._heads = shape.heads
        self._activation = shape.activation
        scale = 1 / math.sqrt(shape.hidden // shape.heads)
        rows = [take(f"attention.self.{part}.weight") for part in ("query", "key", "value")]
        biases = [take(f"attention.self.{part}.bias") for part in ("query", "key", "value")]
        # The scores' scale is a constant factor of the query: one multiplication at load.
        rows[0] = rows[0] * scale
        biases[0] = biases[0] * scale
        self._qkv = Linear(torch.cat(rows), torch.cat(biases), dtype)
        self._joined = Linear(
            take("attention.output.dense.weight"), take("attention.output.dense.bias"), dtype
        )
        self._attention_norm = Norm(
            take("attention.output.LayerNorm.weight"),
            take("attention.output.LayerNorm.bias"),
            shape.epsilon,
            dtype,
        )
        self._wide = Linear(
            take("intermediate.dense.weight"), take("intermediate.dense.bias"), dtype
        )
        self._narrow = Linear(take("output.dense.weight"), take("output.dense.bias"), dtype)
        self._output_norm = Norm(
            take("output.LayerNorm.weight"), take("output.LayerNorm.bias"), shape.epsilon, dtype
        )

    def __call__(
        self, x: Tensor, groups: Sequence[Group], bias: RelativeBias | None = None
    ) -> Tensor:
        """Map (tokens, hidden) to (tokens, hidden); `bias` is what distances add to scores."""
        qkv = self._qkv(x)
        parts = [attend(qkv, group, self._heads, bias) for group in groups]
        attended = parts[0] if len(parts) == 1 else torch.cat(parts)
        x = self._attention_norm(self._joined.plus(attended, x))
        return self._output_norm(self._narrow.plus(self._wide.activated(x, self._activation), x))

    def attention(self, x: Tensor, bias: RelativeBias | None = None) -> Tensor:
        """Return how one sequence's tokens attend, (heads, tokens, tokens) float32.

        Args:
            x: (tokens, hidden) what goes into the layer.
            bias: What distances add to the scores.
        """
        # (2, heads, tokens, width)
        query, key = self._qkv(x).view(len(x), 3, self._heads, -1).permute(1, 2, 0, 3)[:2].float()
        scores = query @ key.transpose(1, 2)
        if bias is not None:
            scores += bias(len(x))
        return torch.softmax(scores, dim=-1)
