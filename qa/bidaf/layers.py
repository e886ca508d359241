"""The layers of bi-directional attention flow, each for itself.

Source: Seo, Kembhavi, Farhadi and Hajishirzi, "Bidirectional Attention Flow for Machine
Comprehension" (arXiv 1611.01603v6), section 2; numbers of equations are the paper's.

Letters of shapes, here and in `model`:
    batch   pairs of a question and a passage
    T       words of the passage, padding included (the paper's T)
    J       words of the question, padding included (the paper's J)
    chars   characters of a word, padding included
    d       hidden size of one LSTM direction (the paper's d)
Masks are True for real words.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from qa.errors import ReaderError

__all__ = [
    "AttentionFlow",
    "BiLstm",
    "CharacterEncoder",
    "FeatureDropout",
    "Highway",
    "masked_softmax",
]

_MASKED = -1e30


def masked_softmax(scores: Tensor, mask: Tensor, dim: int) -> Tensor:
    """Return the softmax over what the mask leaves; all zeros where it leaves nothing.

    Args:
        scores: Any shape.
        mask: Broadcastable to it, True = real.
        dim: Along which to sum to 1.
    """
    weights = torch.softmax(scores.masked_fill(~mask, _MASKED), dim)
    return weights * mask


class FeatureDropout(nn.Module):
    """Drop features of a whole sequence at once, in training.

    Gal and Ghahramani (2016): one mask for all words of a sequence, as Clark and Gardner
    (arXiv 1710.10723, section 3) use it in this network. The paper draws one for each word,
    which costs as much time as the LSTMs do forwards.
    """

    def __init__(self, share: float) -> None:
        """Remember the share of features that is dropped."""
        super().__init__()
        self.share = share

    def forward(self, x: Tensor) -> Tensor:
        """Return (batch, words, features), some features 0 and the others scaled up."""
        if not self.training or not self.share:
            return x
        kept = x.new_empty(x.shape[0], 1, x.shape[2]).bernoulli_(1 - self.share)
        return x * kept.div_(1 - self.share)


class CharacterEncoder(nn.Module):
    """Characters of a word → a vector of fixed size, by convolution and maximum.

    Section 2, layer 1, after Kim (2014): characters are embedded, a one-dimensional
    convolution runs over them, and the maximum over its places is the word's vector.
    """

    def __init__(self, *, n_characters: int, embedding: int, filters: int, width: int) -> None:
        """Lay out the weights.

        Args:
            n_characters: Size of the alphabet; 0 is padding.
            embedding: Size of a character's vector.
            filters: Size of a word's vector.
            width: Characters that a filter sees.
        """
        super().__init__()
        self.width = width
        self.embed = nn.Embedding(n_characters, embedding, padding_idx=0)
        self.convolve = nn.Conv1d(embedding, filters, width)

    def forward(self, characters: Tensor) -> Tensor:
        """Encode words.

        Args:
            characters: (batch, words, chars) ids, 0 = padding.

        Returns:
            (batch, words, filters)
        """
        batch, words, chars = characters.shape
        if chars < self.width:
            msg = (
                f"Words of {chars} characters are narrower than the filters' width {self.width}. "
                "Pad words to the width at least."
            )
            raise ReaderError(msg)
        # (batch × words, embedding, chars)
        embedded = self.embed(characters.reshape(batch * words, chars)).transpose(1, 2)
        # (batch × words, filters, places): as many places as fit
        felt = torch.relu(self.convolve(embedded))
        # A word's own places alone, so that padding says nothing: at least the first.
        lengths = (characters != 0).sum(dim=-1).reshape(batch * words, 1, 1)
        places = torch.arange(felt.shape[-1], device=felt.device)
        beyond = places > (lengths - self.width).clamp(min=0)
        strongest = felt.masked_fill(beyond, 0.0).amax(dim=-1)
        return strongest.reshape(batch, words, -1)


class Highway(nn.Module):
    """Mix a transformed input with the input itself, by a learned gate.

    Srivastava, Greff and Schmidhuber (2015), which section 2, layer 2 takes over:
    z = t ∘ relu(W_H x + b_H) + (1 - t) ∘ x with t = σ(W_T x + b_T).
    """

    def __init__(self, size: int, *, n_layers: int) -> None:
        """Lay out the weights.

        Args:
            size: Of input and output.
            n_layers: How many, one after the other.
        """
        super().__init__()
        gates = [nn.Linear(size, size) for _ in range(n_layers)]
        for gate in gates:
            # Begin by carrying the input through, as Srivastava et al. advise.
            nn.init.constant_(gate.bias, -1.0)
        self.transforms = nn.ModuleList(nn.Linear(size, size) for _ in range(n_layers))
        self.gates = nn.ModuleList(gates)

    def forward(self, x: Tensor) -> Tensor:
        """Return the mixture, of the input's shape (..., size)."""
        for transform, gate in zip(self.transforms, self.gates, strict=True):
            t = torch.sigmoid(gate(x))
            x = t * torch.relu(transform(x)) + (1 - t) * x
        return x


class BiLstm(nn.Module):
    """An LSTM in each direction, side by side, that never reads padding.

    The backward one reads every sequence from its own last word: sequences are turned
    around within their lengths, so that padding comes last in both directions and both
    run on the fused LSTM. Outputs at padding are 0.

    Attributes:
        precision: What the multiplications compute in; bf16 takes about half the time
            where the processor has it. Weights and states outside are float32.
    """

    def __init__(self, size: int, hidden: int) -> None:
        """Lay out the weights.

        Args:
            size: Of the input.
            hidden: Of each direction.
        """
        super().__init__()
        self.size = size
        self.precision = torch.float32
        self.forwards = nn.LSTM(size, hidden, batch_first=True)
        self.backwards = nn.LSTM(size, hidden, batch_first=True)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Read sequences both ways.

        Args:
            x: (batch, words, size)
            mask: (batch, words), True = real; real words come first.

        Returns:
            (batch, words, 2 × hidden): forward, then backward states.
        """
        if x.shape[-1] != self.size:
            msg = f"The input has {x.shape[-1]} features. Expected size = {self.size}."
            raise ReaderError(msg)
        turned = _turn(x, mask)
        low = self.precision != torch.float32
        with _one_core(), torch.autocast(x.device.type, dtype=self.precision, enabled=low):
            ahead, _ = self.forwards(x)
            behind, _ = self.backwards(turned)
        states = torch.cat([ahead, _turn(behind, mask)], dim=-1).to(x.dtype)
        return states * mask.unsqueeze(-1)


@contextmanager
def _one_core() -> Iterator[None]:
    """Compute on one core: cores would wait for each other at every word, asleep.

    See `retrieval.system.threads` for why asleep. A second core gains a tenth where nothing waits.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _turn(x: Tensor, mask: Tensor) -> Tensor:
    """Reverse each sequence within its length; padding stays last.

    Args:
        x: (batch, words, size)
        mask: (batch, words), True = real; real words come first.
    """
    lengths = mask.sum(dim=1, keepdim=True)
    places = torch.arange(x.shape[1], device=x.device).unsqueeze(0)
    # (batch, words): where each word comes from.
    source = torch.where(places < lengths, lengths - 1 - places, places)
    return x.gather(1, source.unsqueeze(-1).expand_as(x))


class AttentionFlow(nn.Module):
    """Attention in both directions, without summing the passage up early.

    Section 2, layer 4. Every word of the passage keeps its own vector: beside its own
    state it gets what of the question it attends to, and what of the passage the
    question attends to.
    """

    def __init__(self, size: int) -> None:
        """Lay out the weights.

        Args:
            size: Of a contextual state: 2d.
        """
        super().__init__()
        self.size = size
        # Equation 1's w of 6d, in three parts of 2d, so that (T, J, 6d) is never made.
        self.of_passage = nn.Linear(size, 1, bias=False)
        self.of_question = nn.Linear(size, 1, bias=False)
        # Ones: to begin with, like looks at like.
        self.of_product = nn.Parameter(torch.ones(size))

    def similarity(self, passage: Tensor, question: Tensor) -> Tensor:
        """Return S, (batch, T, J): equation 1, w · [h; u; h ∘ u].

        Args:
            passage: H, (batch, T, 2d)
            question: U, (batch, J, 2d)
        """
        for name, states in (("passage", passage), ("question", question)):
            if states.shape[-1] != self.size:
                msg = f"The {name}'s states have {states.shape[-1]} features, not {self.size}."
                raise ReaderError(msg)
        # (batch, T, 1) + (batch, 1, J) + (batch, T, J)
        of_passage: Tensor = self.of_passage(passage)
        of_question: Tensor = self.of_question(question).transpose(1, 2)
        return of_passage + of_question + (passage * self.of_product) @ question.transpose(1, 2)

    def forward(
        self, passage: Tensor, question: Tensor, passage_mask: Tensor, question_mask: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Let passage and question attend to each other.

        Args:
            passage: H, (batch, T, 2d)
            question: U, (batch, J, 2d)
            passage_mask: (batch, T), True = real
            question_mask: (batch, J), True = real

        Returns:
            G, (batch, T, 8d); the context-to-query weights a, (batch, T, J); the
            query-to-context weights b, (batch, T).
        """
        s = self.similarity(passage, question)
        # Context to query: a_t = softmax(S_t:), Ũ_:t = Σ_j a_tj U_:j
        to_question = masked_softmax(s, question_mask.unsqueeze(1), dim=2)  # (batch, T, J)
        attended = to_question @ question  # Ũ, (batch, T, 2d)
        # Query to context: b = softmax(max_col S), h̃ = Σ_t b_t H_:t, the same for every t
        strongest = s.masked_fill(~question_mask.unsqueeze(1), _MASKED).amax(dim=2)
        to_passage = masked_softmax(strongest, passage_mask, dim=1)  # (batch, T)
        summary = to_passage.unsqueeze(1) @ passage  # h̃, (batch, 1, 2d)
        # Equation 2 with β of section 2: [h; ũ; h ∘ ũ; h ∘ h̃]
        flow = torch.cat([passage, attended, passage * attended, passage * summary], dim=-1)
        return flow, to_question, to_passage
