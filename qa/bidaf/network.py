"""The network as the rest of `qa` sees it: windows of tokens → start and end logits.

A window is `[CLS] question [SEP] passage [SEP]`, as BERT reads it. Here it is taken apart
again: the network gets the question, and the passage with [CLS] before its first word as
the place for "no answer". Logits come back in the window's own places, so that training,
measuring and the span decoder are the same for both readers.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from qa.bidaf.layers import BiLstm
from qa.bidaf.model import BidafModel, Flow, Words
from qa.reading.windows import TextTokenizer

__all__ = ["Bidaf", "Parted"]

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

    def words(self, ids: Tensor, *, of: str) -> Words:
        """Return one side, "question" or "passage", as the network takes it."""
        places = self.question if of == "question" else self.passage
        mask = self.question_mask if of == "question" else self.passage_mask
        return Words(ids.gather(1, places) * mask, mask)

    def back(self, logits: Tensor, n_tokens: int) -> Tensor:
        """Put a passage's logits, (batch, T), to their places in windows, (batch, tokens)."""
        filled = torch.where(self.passage_mask, logits, _MASKED)
        # Padding goes to a place of its own, which is cut off.
        places = torch.where(self.passage_mask, self.passage, n_tokens)
        out = logits.new_full((len(logits), n_tokens + 1), _MASKED)
        return out.scatter(1, places, filled)[:, :n_tokens]


class Bidaf(nn.Module):
    """Attention flow as the rest of `qa` reads with it; subclasses choose the first layers.

    Attributes:
        network: The layers.
        tokenizer: Cuts text into what the embedding layer knows.
        max_length: Most words of a window.
    """

    tokenizer: TextTokenizer
    # No position is too far for a recurrent network.
    max_length: int = 1_000_000

    def __init__(self, network: BidafModel) -> None:
        """Take over the layers."""
        super().__init__()
        self.network = network

    def compute_in(self, precision: torch.dtype) -> None:
        """Choose what the LSTMs multiply in; all else stays float32."""
        for module in self.modules():
            if isinstance(module, BiLstm):
                module.precision = precision

    def span_logits(self, batch: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        """Return start and end logits, (batch, tokens) float32, in the windows' places."""
        flow, parted = self.flow(batch)
        n_tokens = batch["input_ids"].shape[1]
        return parted.back(flow.start, n_tokens), parted.back(flow.end, n_tokens)

    def flow(self, batch: dict[str, Tensor]) -> tuple[Flow, Parted]:
        """Return all that the network says, and where its words stand in the windows."""
        parted = Parted(batch)
        ids = batch["input_ids"]
        passage, question = parted.words(ids, of="passage"), parted.words(ids, of="question")
        return self.network(passage, question), parted

    def forget(self) -> None:
        """Let go of what was kept of earlier readings, if there is too much of it."""

    def config(self) -> dict[str, object]:
        """Return what `config.json` holds."""
        return {"model_type": "frontdesk-bidaf"}
