"""What goes into the first layer: word, position and type of each token, summed and normed."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from retrieval.encoding.bert.norm import Norm
from retrieval.encoding.bert.shape import BertShape
from retrieval.encoding.bert.weights import Weights

__all__ = ["Embeddings"]


class Embeddings:
    """The tables of embeddings and the norm of their sum (Devlin et al., figure 2)."""

    def __init__(self, shape: BertShape, weights: Weights) -> None:
        """Take the tables out of the weights."""
        self._shape = shape
        self._words = weights.take_rows("embeddings.word_embeddings.weight")
        self._positions = weights.take("embeddings.position_embeddings.weight")
        if shape.types:
            self._types = weights.take("embeddings.token_type_embeddings.weight")
        self._norm = Norm(
            weights.take("embeddings.LayerNorm.weight"),
            weights.take("embeddings.LayerNorm.bias"),
            shape.epsilon,
        )

    def __call__(self, ids: Tensor, kinds: Tensor | None, lengths: Sequence[int]) -> Tensor:
        """Return the (tokens, hidden) float32 of sequences one behind the other.

        Args:
            ids: (tokens,) vocabulary numbers.
            kinds: (tokens,) type numbers; None is all 0. Nothing to a model without types.
            lengths: Of the sequences: positions count anew in each.

        Raises:
            ValueError: A number is out of range.
        """
        _check_range("input id", ids, self._shape.vocabulary)
        first = self._shape.first_position
        places = torch.cat([torch.arange(first, first + length) for length in lengths])
        x = self._words(ids)
        x += self._positions.index_select(0, places)
        if not self._shape.types:
            return self._norm(x)
        if kinds is None:
            x += self._types[0]
        else:
            _check_range("type id", kinds, self._shape.types)
            x += self._types.index_select(0, kinds)
        return self._norm(x)


def _check_range(name: str, numbers: Tensor, end: int) -> None:
    low, high = int(numbers.min()), int(numbers.max())
    if low < 0 or high >= end:
        wrong = low if low < 0 else high
        raise ValueError(
            f"{name} {wrong} is out of range, expected 0 to {end - 1}; "
            "is the tokenizer the model's own?"
        )
