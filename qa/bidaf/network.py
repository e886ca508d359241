"""The network as the rest of `qa` sees it: windows of tokens → start and end logits.

A window is `[CLS] question [SEP] passage [SEP]`, as BERT reads it. Here it is taken apart
again: the network gets the question, and the passage with [CLS] before its first word as
the place for "no answer". Logits come back in the window's own places, so that training,
measuring and the span decoder are the same for both readers.
"""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from qa.bidaf.model import BidafModel, BidafSizes, Flow, GloveEmbedder, Words
from qa.bidaf.words import MARKS, WordTokenizer

__all__ = ["GloveBidaf", "Parted"]

_MASKED = -1e4


class Parted:
    """Where question and passage stand in a batch of windows.

    Attributes:
        question: (batch, J) places of the question's words in the window.
        question_mask: (batch, J), True = real.
        passage: (batch, T) places of [CLS] and the passage's words.
        passage_mask: (batch, T), True = real.
    """

    def __init__(self, batch: dict[str, Tensor]) -> None:
        """Take windows apart.

        Args:
            batch: From `prediction.stack_windows`.
        """
        allowed = batch["allowed"]
        real = batch["attention_mask"].bool()
        n_passage = allowed.sum(dim=1, keepdim=True)
        # [CLS], question, [SEP], passage, [SEP]
        n_question = real.sum(dim=1, keepdim=True) - n_passage - 3
        # An empty question is read as its [SEP]: attention needs something to attend to.
        of_question = torch.arange(int(n_question.max().clamp(min=1)), device=real.device)[None]
        self.question_mask = of_question < n_question.clamp(min=1)
        self.question = torch.where(self.question_mask, of_question + 1, 0)
        of_passage = torch.arange(int(n_passage.max()) + 1, device=real.device)[None]
        self.passage_mask = of_passage < n_passage + 1
        inside = self.passage_mask & (of_passage > 0)
        self.passage = torch.where(inside, of_passage + n_question + 1, 0)

    def words(self, ids: Tensor, *, of: str) -> tuple[Tensor, Tensor]:
        """Return the ids of one side, 0 at padding, and its mask."""
        places = self.question if of == "question" else self.passage
        mask = self.question_mask if of == "question" else self.passage_mask
        return ids.gather(1, places) * mask, mask

    def back(self, logits: Tensor, n_tokens: int) -> Tensor:
        """Put a passage's logits, (batch, T), to their places in windows, (batch, tokens)."""
        filled = torch.where(self.passage_mask, logits, _MASKED)
        # Padding goes to a place of its own, which is cut off.
        places = torch.where(self.passage_mask, self.passage, n_tokens)
        out = logits.new_full((len(logits), n_tokens + 1), _MASKED)
        return out.scatter(1, places, filled)[:, :n_tokens]


class GloveBidaf(nn.Module):
    """Attention flow over GloVe's vectors and characters, as the paper has it."""

    def __init__(self, sizes: BidafSizes, tokenizer: WordTokenizer, vectors: Tensor) -> None:
        """Build the network.

        Args:
            sizes: Of the network.
            tokenizer: Its vocabulary belongs to the vectors.
            vectors: (words, word) of the vocabulary, frozen.
        """
        super().__init__()
        self.tokenizer = tokenizer
        embedder = GloveEmbedder(sizes, vectors, n_marks=len(MARKS))
        self.network = BidafModel(sizes, embedder, embedded=embedder.size)
        self._tables: tuple[Tensor, Tensor] | None = None

    def span_logits(self, batch: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        """Return start and end logits, (batch, tokens) float32, in the windows' places."""
        flow, parted = self.flow(batch)
        n_tokens = batch["input_ids"].shape[1]
        return parted.back(flow.start, n_tokens), parted.back(flow.end, n_tokens)

    def flow(self, batch: dict[str, Tensor]) -> tuple[Flow, Parted]:
        """Return all that the network says, and where its words stand in the windows."""
        parted = Parted(batch)
        rows, characters = self._looked_up(batch["input_ids"].device)
        sides = []
        for side in ("passage", "question"):
            ids, mask = parted.words(batch["input_ids"], of=side)
            letters = characters[ids]
            # Most words are short: no need to convolve over sixteen characters each.
            longest = int((letters != 0).any(dim=0).any(dim=0).sum())
            width = max(self.network.sizes.width, longest)
            sides.append(Words(rows[ids], letters[..., :width], mask))
        return self.network(sides[0], sides[1]), parted

    def _looked_up(self, device: torch.device) -> tuple[Tensor, Tensor]:
        rows, characters = self.tokenizer.arrays()
        known = self._tables
        if known is None or len(known[0]) != len(rows) or known[0].device != device:
            known = torch.from_numpy(rows).to(device), torch.from_numpy(characters).to(device)
            self._tables = known
        return known

    def config(self) -> dict[str, object]:
        """Return what `config.json` holds."""
        return {"model_type": "frontdesk-bidaf", "embedding": "glove", **asdict(self.network.sizes)}

    def vectors(self) -> NDArray[np.float16]:
        """Return the frozen vectors, (words, word) float16, as they ship."""
        stored = self.network.get_submodule("embedder").get_buffer("vectors").cpu().numpy()
        return stored.astype(np.float16)
