"""Attention flow over GloVe's vectors and characters, as the paper has it.

Source: Seo et al. (arXiv 1611.01603), section 2, layers 1 and 2.
"""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from qa.bidaf.layers import CharacterEncoder, FeatureDropout, Highway
from qa.bidaf.model import BidafModel, BidafSizes, Words
from qa.bidaf.network import Bidaf, Parted
from qa.bidaf.words import MARKS, WordTokenizer
from qa.errors import ReaderError

__all__ = ["GloveBidaf", "GloveEmbedder"]


class GloveEmbedder(nn.Module):
    """Frozen word vectors beside vectors made of characters, through a highway.

    Section 2, layers 1 and 2 up to the LSTM. The first rows of the vocabulary are marks of
    our own (padding, unknown, no answer), whose vectors are learned; the others are
    GloVe's and stay as they are.
    """

    def __init__(self, sizes: BidafSizes, vectors: Tensor, *, n_marks: int) -> None:
        """Lay out the weights.

        Args:
            sizes: Of the network.
            vectors: (words, word) frozen vectors, the marks' rows not included.
            n_marks: How many rows stand before them.
        """
        super().__init__()
        if vectors.ndim != 2 or vectors.shape[1] != sizes.word:
            msg = (
                f"The word vectors have the shape {tuple(vectors.shape)!r}. Expected "
                f"(words, {sizes.word})."
            )
            raise ReaderError(msg)
        self.n_marks = n_marks
        self.marks = nn.Parameter(torch.zeros(n_marks, sizes.word))
        nn.init.normal_(self.marks[1:].data, std=0.1)
        self.register_buffer("vectors", vectors.to(torch.float32), persistent=False)
        self.vectors: Tensor
        self.characters = CharacterEncoder(
            n_characters=sizes.n_characters,
            embedding=sizes.character,
            filters=sizes.filters,
            width=sizes.width,
        )
        self.size = sizes.word + sizes.filters
        self.highway = Highway(self.size, n_layers=2)
        self.dropout = FeatureDropout(sizes.dropout)

    def forward(self, words: Words) -> Tensor:
        """Return (batch, words, word + filters)."""
        is_mark = (words.ids < self.n_marks).unsqueeze(-1)
        of_marks = self.marks[words.ids.clamp(max=self.n_marks - 1)]
        of_words = self.vectors[(words.ids - self.n_marks).clamp(min=0)]
        of_characters = self.characters(words.characters)
        joined = torch.cat([torch.where(is_mark, of_marks, of_words), of_characters], dim=-1)
        highway: Tensor = self.highway(self.dropout(joined))
        return highway


class GloveBidaf(Bidaf):
    """The network above word vectors."""

    tokenizer: WordTokenizer

    def __init__(self, sizes: BidafSizes, tokenizer: WordTokenizer, vectors: Tensor) -> None:
        """Build the network.

        Args:
            sizes: Of the network.
            tokenizer: Its vocabulary belongs to the vectors.
            vectors: (words, word) of the vocabulary, frozen.
        """
        embedder = GloveEmbedder(sizes, vectors, n_marks=len(MARKS))
        super().__init__(BidafModel(sizes, embedder, embedded=embedder.size))
        self.tokenizer = tokenizer
        self._tables: tuple[Tensor, Tensor] | None = None

    def _sides(self, parted: Parted, input_ids: Tensor) -> tuple[Words, Words]:
        rows, characters = self._looked_up(input_ids.device)
        sides = []
        for side in ("passage", "question"):
            ids, mask = parted.words(input_ids, of=side)
            letters = characters[ids]
            # Most words are short: no need to convolve over sixteen characters each.
            longest = int((letters != 0).any(dim=0).any(dim=0).sum())
            width = max(self.network.sizes.width, longest)
            sides.append(Words(rows[ids], letters[..., :width], mask))
        return sides[0], sides[1]

    def _looked_up(self, device: torch.device) -> tuple[Tensor, Tensor]:
        rows, characters = self.tokenizer.arrays()
        known = self._tables
        if known is None or len(known[0]) != len(rows) or known[0].device != device:
            known = torch.from_numpy(rows).to(device), torch.from_numpy(characters).to(device)
            self._tables = known
        return known

    def forget(self) -> None:
        """Start over if too many words were met."""
        self.tokenizer.forget()

    def config(self) -> dict[str, object]:
        """Return what `config.json` holds."""
        return {**super().config(), "embedding": "glove", **asdict(self.network.sizes)}

    def vectors(self) -> NDArray[np.float16]:
        """Return the frozen vectors, (words, word) float16, as they ship."""
        stored = self.network.get_submodule("embedder").get_buffer("vectors").cpu().numpy()
        return stored.astype(np.float16)
