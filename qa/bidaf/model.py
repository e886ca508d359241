"""Bi-directional attention flow from words to the logits of a span.

Source and letters of shapes: see `layers`. Beside the paper there is

- a place for "no answer": the passage's first word is a mark that stands for it, as [CLS]
  does for BERT, so that both readers share one span decoder;
- a sign on each word that stands on the other side too (Chen et al., arXiv 1704.00051,
  section 3.2, "exact match"), and an attention that begins as a plain dot product:
  without them the network learns for hours which kind of word answers a question before it
  learns to look where the question's words stand.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import NamedTuple, Protocol

import torch
from torch import Tensor, nn

from qa.bidaf.layers import AttentionFlow, BiLstm, FeatureDropout
from qa.bidaf.words import N_CHARACTERS
from qa.errors import ReaderError

__all__ = ["BidafModel", "BidafSizes", "Embedder", "Flow", "Words"]


@dataclass(frozen=True)
class BidafSizes:
    """Sizes of the network; the defaults are the paper's (section 4.1).

    Attributes:
        hidden: d, of one LSTM direction.
        word: Of a word's vector.
        character: Of a character's vector.
        filters: Of a word's vector made of characters.
        width: Characters that a filter sees.
        n_characters: Size of the alphabet, padding included.
        matching: Whether each word says if it stands on the other side too.
        dropout: Share of what goes into each LSTM and linear layer, in training.
    """

    hidden: int = 100
    word: int = 100
    character: int = 16
    filters: int = 100
    width: int = 5
    n_characters: int = N_CHARACTERS
    matching: bool = True
    dropout: float = 0.2

    def __post_init__(self) -> None:
        """Refuse what no network can be built of.

        Raises:
            ReaderError: A size isn't positive, or dropout no share.
        """
        for name, value in asdict(self).items():
            if name == "dropout":
                if not 0.0 <= value < 1.0:
                    msg = f"dropout is {value!r}. Expected a share from 0 to below 1."
                    raise ReaderError(msg)
            elif name == "matching":
                if not isinstance(value, bool):
                    msg = f"matching is {value!r}. Expected true or false."
                    raise ReaderError(msg)
            elif not isinstance(value, int) or value < 1:
                msg = f"{name} is {value!r}. Expected a whole number, 1 or more."
                raise ReaderError(msg)


class Words(NamedTuple):
    """One side of a batch, as the embedding layer takes it.

    Attributes:
        ids: (batch, words) number of each word, as the embedding layer counts; 0 = padding.
        mask: (batch, words), True = real.
    """

    ids: Tensor
    mask: Tensor


class Flow(NamedTuple):
    """What the network says of a batch.

    Attributes:
        start: (batch, T) logits; minus infinity at padding.
        end: (batch, T) logits, likewise.
        to_question: (batch, T, J) which words of the question each word of the passage
            attends to.
        to_passage: (batch, T) which words of the passage the question attends to.
    """

    start: Tensor
    end: Tensor
    to_question: Tensor
    to_passage: Tensor


class Embedder(Protocol):
    """The first layers: words → vectors of `size`."""

    size: int

    def __call__(self, words: Words) -> Tensor:
        """Return (batch, words, size)."""
        ...

    def alike(self, ids: Tensor) -> Tensor:
        """Return numbers that are equal for words that count as the same."""
        ...


class BidafModel(nn.Module):
    """The network above an embedding layer."""

    def __init__(self, sizes: BidafSizes, embedder: Embedder) -> None:
        """Lay out the weights.

        Args:
            sizes: Of the network.
            embedder: A module.
        """
        super().__init__()
        d = sizes.hidden
        self.sizes = sizes
        self.embedder = embedder
        self.contextual = BiLstm(embedder.size + sizes.matching, d)
        self.attention = AttentionFlow(2 * d)
        self.modelling = nn.ModuleList([BiLstm(8 * d, d), BiLstm(2 * d, d)])
        self.ending = BiLstm(2 * d, d)
        self.start = nn.Linear(10 * d, 1)
        self.end = nn.Linear(10 * d, 1)
        self.dropout = FeatureDropout(sizes.dropout)

    def forward(self, passage: Words, question: Words) -> Flow:
        """Read a batch.

        Args:
            passage: Its first word is the mark for "no answer".
            question: At least one word each.
        """
        # Layers 1 to 3: H (batch, T, 2d) and U (batch, J, 2d), by the same weights.
        h = self._contextual(passage, question)
        u = self._contextual(question, passage)
        # Layer 4: G (batch, T, 8d)
        g, to_question, to_passage = self.attention(h, u, passage.mask, question.mask)
        # Layer 5: M (batch, T, 2d)
        m = g
        for lstm in self.modelling:
            m = lstm(self.dropout(m), passage.mask)
        # Layer 6, equation 3: p1 = softmax(w · [G; M]); M2 = BiLSTM(M); p2 = softmax(w · [G; M2])
        start = self.start(self.dropout(torch.cat([g, m], dim=-1))).squeeze(-1)
        m2 = self.ending(self.dropout(m), passage.mask)
        end = self.end(self.dropout(torch.cat([g, m2], dim=-1))).squeeze(-1)
        hidden = ~passage.mask
        return Flow(
            start.masked_fill(hidden, -torch.inf),
            end.masked_fill(hidden, -torch.inf),
            to_question,
            to_passage,
        )

    def _contextual(self, words: Words, others: Words) -> Tensor:
        embedded = self.dropout(self.embedder(words))
        if self.sizes.matching:
            embedded = torch.cat([embedded, self._matching(words, others)], dim=-1)
        states: Tensor = self.contextual(embedded, words.mask)
        return states

    def _matching(self, words: Words, others: Words) -> Tensor:
        """Return (batch, words, 1): 1 where a word stands on the other side too, else 0."""
        mine, theirs = self.embedder.alike(words.ids), self.embedder.alike(others.ids)
        same = mine.unsqueeze(2) == theirs.unsqueeze(1)
        found = (same & others.mask.unsqueeze(1)).any(dim=2) & words.mask
        return found.unsqueeze(-1).to(torch.float32)
