"""Attention flow over a frozen BERT's contextual embeddings, instead of word vectors.

The first layers are another language model's, as Peters et al. (arXiv 1802.05365, ELMo)
put one under this network; everything above them is the same code. Question and passage
are encoded each for itself: only the attention flow brings them together.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from qa.bidaf.model import BidafModel, BidafSizes, Words
from qa.bidaf.network import Bidaf
from qa.reading.windows import load_tokenizer, special_tokens
from retrieval.system.durable import digest

if TYPE_CHECKING:
    from qa.reading.windows import SpecialTokens, TextTokenizer
    from retrieval.encoding.bert import PackedBert, Precision

__all__ = ["BertBidaf", "FrozenBert"]

_N_LAYERS = 4
# What training keeps of passages it has met, in bytes of bf16 states.
_REMEMBERED_BYTES = 6 << 30


class FrozenBert(nn.Module):
    """Word pieces → the mean of a frozen encoder's last four layers, normalised.

    Of the ways to use BERT without tuning it, Devlin et al. (2019, section 5.3) found the
    sum of the last four layers as good as any but their concatenation.
    """

    def __init__(self, encoder: PackedBert, special: SpecialTokens) -> None:
        """Lay out the weights.

        Args:
            encoder: Stays as it is, and is no part of this module's weights.
            special: Of its tokenizer.
        """
        super().__init__()
        self._encoder = encoder
        self._special = special
        self._remembered: OrderedDict[tuple[int, ...], Tensor] = OrderedDict()
        self._remembered_bytes = 0
        self.size = encoder.hidden_size
        self.norm = nn.LayerNorm(self.size)

    def forward(self, words: Words) -> Tensor:
        """Return (batch, words, hidden); a row may begin with [CLS], which keeps its state."""
        rows = [
            tuple(ids[:n])
            for ids, n in zip(words.ids.tolist(), words.mask.sum(dim=1).tolist(), strict=True)
        ]
        states = torch.zeros(*words.ids.shape, self.size)
        for row, found in enumerate(self._encoded(rows)):
            states[row, : len(found)] = found
        embedded: Tensor = self.norm(states.to(words.ids.device))
        return embedded * words.mask.unsqueeze(-1)

    def alike(self, ids: Tensor) -> Tensor:
        """Return numbers that are equal for equal word pieces: these themselves."""
        return ids

    def _encoded(self, rows: Sequence[tuple[int, ...]]) -> list[Tensor]:
        """Return (words, hidden) of each row, in the type the encoder multiplies in."""
        found = {row: self._remembered[row] for row in rows if row in self._remembered}
        new = [row for row in dict.fromkeys(rows) if row not in found]
        cls, sep = self._special.cls, self._special.sep
        framed = [[cls, *(row[1:] if row[:1] == (cls,) else row), sep] for row in new]
        n_layers = min(_N_LAYERS, self._encoder.shape.layers)
        for members, layers in self._encoder.layered_chunks(framed, n_layers) if new else ():
            mean = torch.stack([layer.float() for layer in layers]).mean(dim=0)
            parts = torch.split(mean, [len(framed[i]) for i in members])
            for i, part in zip(members, parts, strict=True):
                first = 0 if new[i][:1] == (cls,) else 1
                found[new[i]] = part[first:-1].to(layers[0].dtype).clone()
        if self.training:
            self._remember([row for row in new if row[:1] == (cls,)], found)
        return [found[row] for row in rows]

    def _remember(
        self, passages: Sequence[tuple[int, ...]], found: dict[tuple[int, ...], Tensor]
    ) -> None:
        """Keep passages' states: training meets each passage several times an epoch."""
        for row in passages:
            self._remembered[row] = found[row]
            self._remembered_bytes += found[row].nbytes
        while self._remembered_bytes > _REMEMBERED_BYTES:
            _, old = self._remembered.popitem(last=False)
            self._remembered_bytes -= old.nbytes


class BertBidaf(Bidaf):
    """The network above a frozen encoder."""

    def __init__(
        self, sizes: BidafSizes, encoder: str, folder: Path, *, dtype: Precision = "auto"
    ) -> None:
        """Build the network.

        Args:
            sizes: Of the network; those of words and characters don't count.
            encoder: What to call the encoder in `config.json`.
            folder: Holds it.
            dtype: What it multiplies in.

        Raises:
            ReaderError: Its tokenizer can't be loaded.
            EncoderError: It can't be loaded.
        """
        from retrieval.encoding.bert import PackedBert

        tokenizer = load_tokenizer(folder)
        packed = PackedBert.load(folder, dtype=dtype)
        embedder = FrozenBert(packed, special_tokens(tokenizer))
        super().__init__(BidafModel(sizes, embedder))
        self.tokenizer: TextTokenizer = tokenizer
        self.max_length = packed.max_length
        self._named = {"encoder": encoder, "encoder_sha256": digest(folder / "model.safetensors")}

    def config(self) -> dict[str, object]:
        """Return what `config.json` holds."""
        sizes = {"hidden": self.network.sizes.hidden, "dropout": self.network.sizes.dropout}
        return {**super().config(), "embedding": "bert", **self._named, **sizes}
