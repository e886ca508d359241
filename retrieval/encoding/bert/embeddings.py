"""What goes into the first layer: word, position and type of each token, summed and normed."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from retrieval.encoding.bert.norm import Norm
from retrieval.encoding.bert.shape import BertShape

__all__ = ["Embeddings"]


class Embeddings:
    """BERT's three tables of embeddings and the norm of their sum (Devlin et al., figure 2)."""

    def __init__(self, shape: BertShape, tensors: dict[str, Tensor]) -> None:
        """Take the tables out of `tensors`; the word embeddings are used in place."""
        self._shape = shape
        # Rows are looked up and widened as needed: the table stays as it is in the file,
        # mapped into memory, and only the words that occur are ever read from the disk.
        self._words = tensors.pop("embeddings.word_embeddings.weight")
        self._positions = tensors.pop("embeddings.position_embeddings.weight").float()
        self._types = tensors.pop("embeddings.token_type_embeddings.weight").float()
        self._norm = Norm(
            tensors.pop("embeddings.LayerNorm.weight").float(),
            tensors.pop("embeddings.LayerNorm.bias").float(),
            shape.epsilon,
        )

    def __call__(self, ids: Tensor, kinds: Tensor | None, lengths: Sequence[int]) -> Tensor:
        """Return the (tokens, hidden) float32 of sequences one behind the other.

        Args:
            ids: (tokens,) vocabulary numbers.
            kinds: (tokens,) type numbers; None is all 0.
            lengths: Of the sequences: positions count anew in each.

        Raises:
            ValueError: A number is out of range.
        """
        _check_range("input id", ids, self._shape.vocabulary)
        places = torch.cat([torch.arange(length) for length in lengths])
        x = self._words.index_select(0, ids).float()
        x += self._positions.index_select(0, places)
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
