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
from qa.bidaf.network import Bidaf
from qa.bidaf.words import MARKS, WordTokenizer
from qa.errors import ReaderError

__all__ = ["GloveBidaf", "GloveEmbedder"]


class GloveEmbedder(nn.Module):
    """Frozen word vectors beside vectors made of characters, through a highway.

    Section 2, layers 1 and 2 up to the LSTM. The first rows of the vocabulary are marks of
    our own (padding, unknown, no answer), whose vectors are learned; the others are
    GloVe's and stay as they are. What comes out depends on the spelling alone, so a
    reader works it out once for each spelling that it meets.
    """

    def __init__(self, sizes: BidafSizes, vectors: Tensor, tokenizer: WordTokenizer) -> None:
        """Lay out the weights.

        Args:
            sizes: Of the network.
            vectors: (words, word) frozen vectors, the marks' rows not included.
            tokenizer: Numbers spellings, and knows their rows and characters.
        """
        super().__init__()
        if vectors.ndim != 2 or vectors.shape[1] != sizes.word:
            msg = (
                f"The word vectors have the shape {tuple(vectors.shape)!r}. Expected "
                f"(words, {sizes.word})."
            )
            raise ReaderError(msg)
        self.tokenizer = tokenizer
        self.marks = nn.Parameter(torch.zeros(len(MARKS), sizes.word))
        nn.init.normal_(self.marks[1:].data, std=0.1)
        self.register_buffer("vectors", vectors.to(torch.float32), persistent=False)
        self.vectors: Tensor
        self.characters = CharacterEncoder(
            n_characters=sizes.n_characters,
            embedding=sizes.character,
            filters=sizes.filters,
            width=sizes.width,
        )
        self.width = sizes.width
        self.size = sizes.word + sizes.filters
        self.highway = Highway(self.size, n_layers=2)
        self.dropout = FeatureDropout(sizes.dropout)
        self._spellings: tuple[Tensor, Tensor, Tensor] | None = None
        self._embedded = torch.empty(0, self.size)

    def forward(self, words: Words) -> Tensor:
        """Return (batch, words, word + filters)."""
        rows, characters, _ = self._of_spellings(words.ids.device)
        if self.training:
            return self._embed(rows[words.ids], characters[words.ids])
        known = len(self._embedded)
        if known < len(rows):
            new = self._embed(rows[None, known:], characters[None, known:])[0]
            self._embedded = torch.cat([self._embedded.to(new.device), new])
        return self._embedded[words.ids]

    def train(self, mode: bool = True) -> GloveEmbedder:
        """Switch between training and reading; what reading worked out is void then."""
        self.forget()
        super().train(mode)
        return self

    def forget(self) -> None:
        """Let go of all spellings: their numbers, or the weights, have changed."""
        self._spellings = None
        self._embedded = torch.empty(0, self.size)

    def _embed(self, rows: Tensor, characters: Tensor) -> Tensor:
        """Return (batch, words, word + filters) from rows, and characters of each."""
        is_mark = (rows < len(MARKS)).unsqueeze(-1)
        of_marks = self.marks[rows.clamp(max=len(MARKS) - 1)]
        of_words = self.vectors[(rows - len(MARKS)).clamp(min=0)]
        # Most words are short: no need to convolve over sixteen characters each.
        longest = int((characters != 0).any(dim=0).any(dim=0).sum())
        of_characters = self.characters(characters[..., : max(self.width, longest)])
        joined = torch.cat([torch.where(is_mark, of_marks, of_words), of_characters], dim=-1)
        highway: Tensor = self.highway(self.dropout(joined))
        return highway

    def alike(self, ids: Tensor) -> Tensor:
        """Return numbers that are equal for words of one stem, of the shape of `ids`."""
        _, _, stems = self._of_spellings(ids.device)
        return stems[ids]

    def _of_spellings(self, device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
        """Return each spelling's row, (spellings,), characters, (spellings, chars), and stem."""
        known = self._spellings
        found = self.tokenizer.spellings()
        if known is None or len(known[0]) != len(found.rows) or known[0].device != device:
            rows, characters, stems = (
                torch.from_numpy(array).to(device)
                for array in (found.rows, found.characters, found.stems)
            )
            self._spellings = known = rows, characters, stems
        return known


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
        embedder = GloveEmbedder(sizes, vectors, tokenizer)
        super().__init__(BidafModel(sizes, embedder))
        self.embedder = (embedder,)  # in a tuple: its weights belong to `network` already
        self.tokenizer = tokenizer

    def forget(self) -> None:
        """Start over if too many words were met."""
        if self.tokenizer.forget():
            self.embedder[0].forget()

    def config(self) -> dict[str, object]:
        """Return what `config.json` holds."""
        return {**super().config(), "embedding": "glove", **asdict(self.network.sizes)}

    def vectors(self) -> NDArray[np.float16]:
        """Return the frozen vectors, (words, word) float16, as they ship."""
        return self.embedder[0].vectors.cpu().numpy().astype(np.float16)
