"""The readers of BERT's kind, MPNet among them: a span head over an encoder without padding.

It is inference only; training has its own, plain path. The encoder's arithmetic comes from
`retrieval.encoding.bert`, everything else from `span_reader`.

Source: Devlin et al., "BERT" (2019), section 4.2 and 4.3: the score of a span is the sum
of a start and an end logit, the score of "no answer" that of the [CLS] token.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from qa.errors import ReaderError
from qa.reading.settings import ReaderSettings, weights_digest
from qa.reading.span_reader import SpanReader
from qa.reading.windows import Window, load_tokenizer

if TYPE_CHECKING:
    import torch
    from tokenizers import Tokenizer

    from retrieval.encoding.bert import PackedBert, Precision

__all__ = ["BertReader"]

_HEAD = ("qa_outputs.weight", "qa_outputs.bias")


class BertReader(SpanReader):
    """Reads with a BERT or MPNet encoder and a span head.

    Letters of shapes: `tokens` of one window, `hidden` size of the encoder.
    """

    def __init__(
        self,
        *,
        encoder: PackedBert,
        head_weight: torch.Tensor,
        head_bias: torch.Tensor,
        tokenizer: Tokenizer,
        settings: ReaderSettings,
        digest: str,
    ) -> None:
        """Join the parts; `load` is the usual way.

        Args:
            encoder: Gives the last hidden states.
            head_weight: (2, hidden) float32; rows are start and end.
            head_bias: (2,) float32.
            tokenizer: Without truncation and padding.
            settings: How the weights are to be used.
            digest: Hex hash of the weights and all that belongs to them.
        """
        super().__init__(
            tokenizer=tokenizer,
            settings=settings,
            max_length=encoder.max_length,
            digest=digest,
        )
        self._encoder = encoder
        self._head_weight = head_weight
        self._head_bias = head_bias

    @classmethod
    def load(cls, folder: str | Path, *, dtype: Precision = "auto") -> BertReader:
        """Load weights as `save_pretrained` of transformers, or our training, writes them.

        Args:
            folder: Holds config.json, tokenizer.json and the weights, in one file or in parts,
                as they are or packed.
            dtype: "auto" takes what the processor computes fastest; "float32", "bfloat16".

        Raises:
            ReaderError: Something is missing, damaged, or no BERT or MPNet with a span head.
        """
        from retrieval.encoding.bert import PackedBert
        from retrieval.errors import EncoderError

        folder = Path(folder)
        tokenizer = load_tokenizer(folder)
        try:
            encoder = PackedBert.load(folder, dtype=dtype)
        except EncoderError as error:
            msg = f"The reader in {str(folder)!r} can't be loaded: {error}."
            raise ReaderError(msg) from error
        head_weight, head_bias = _span_head(encoder, folder)
        # One of another hand has its architecture's signs; our training says which it used.
        foreign = ReaderSettings(
            name=folder.resolve().name,
            special_tokens="roberta" if encoder.shape.buckets else "bert",
        )
        settings = ReaderSettings.load(folder, otherwise=foreign)
        return cls(
            encoder=encoder,
            head_weight=head_weight,
            head_bias=head_bias,
            tokenizer=tokenizer,
            settings=settings,
            digest=weights_digest(folder),
        )

    def scores(self, windows: Sequence[Window]) -> list[NDArray[np.float32]]:
        """Return start and end logits of every window, each (2, tokens) float32."""
        import torch

        with torch.inference_mode():
            # (all tokens, hidden) float32: the head stays in float32, since bf16's eight bits
            # are too coarse to compare sums of logits.
            states, lengths = self._encoder.forward(
                [window.input_ids for window in windows], [window.type_ids for window in windows]
            )
            logits = torch.nn.functional.linear(states, self._head_weight, self._head_bias)
            # (2, all tokens)
            starts_and_ends = logits.T.contiguous().numpy()
        return np.split(starts_and_ends, np.cumsum(lengths)[:-1], axis=1)

    def attentions(self, window: Window) -> NDArray[np.float32]:
        """Return where each head looks, (layers, heads, tokens, tokens); rows sum to 1."""
        attended = self._encoder.attentions(window.input_ids, window.type_ids)
        weights: NDArray[np.float32] = attended.numpy()
        return weights


def _span_head(encoder: PackedBert, folder: Path) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the span head's weight (2, hidden) and bias (2,), both float32."""
    path = str(folder)
    missing = [name for name in _HEAD if name not in encoder.extra]
    if missing:
        msg = (
            f"The weights in {path!r} have no {' and '.join(missing)}: this is an encoder without "
            "a span head. Fine-tune it first: frontdesk train reader."
        )
        raise ReaderError(msg)
    weight, bias = (encoder.extra[name] for name in _HEAD)
    if weight.shape != (2, encoder.hidden_size) or bias.shape != (2,):
        msg = (
            f"The span head in {path!r} has the shapes {tuple(weight.shape)!r} and "
            f"{tuple(bias.shape)!r}. Expected (2, {encoder.hidden_size}) and (2,): one row each "
            "for start and end."
        )
        raise ReaderError(msg)
    return weight, bias
