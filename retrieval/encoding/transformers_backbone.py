"""Encoders of other architectures than BERT, run by `transformers`.

Slower than `bert/`, and importing it costs seconds: used only for models that need it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from retrieval.errors import EncoderError
from retrieval.system.allocator import keep_freed_memory

__all__ = ["TransformersBackbone"]

# Padded tokens of one batch, about: large enough for the matrix kernels, small enough for
# the processor's cache.
_BATCH_TOKENS = 2048


class TransformersBackbone:
    """Any encoder that AutoModel loads from safetensors, in float32."""

    def __init__(self, model: Any) -> None:
        """Take a loaded model, in evaluation mode."""
        self._model = model

    @classmethod
    def load(cls, folder: Path) -> TransformersBackbone:
        """Load a model without running code from its folder, and without pickle.

        Raises:
            EncoderError: transformers can't load it, or it isn't an encoder.
        """
        from transformers import AutoConfig, AutoModel

        keep_freed_memory()
        # transformers raises many types for a folder that it can't take.
        try:
            config: Any = AutoConfig.from_pretrained(folder, local_files_only=True)
            if getattr(config, "is_encoder_decoder", False):
                raise EncoderError(
                    f"{str(folder)!r} is an encoder-decoder ({config.model_type!r}), expected an "
                    "encoder; choose another model"
                )
            model: Any = AutoModel.from_pretrained(
                folder, dtype=torch.float32, use_safetensors=True, local_files_only=True
            )
        except EncoderError:
            raise
        except Exception as error:
            raise EncoderError(
                f"transformers can't load {str(folder)!r} ({type(error).__name__}: {error}); "
                "expected config.json and model.safetensors of a Hugging Face encoder"
            ) from error
        return cls(model.eval())

    @property
    def hidden_size(self) -> int:
        """Length of a token's state."""
        return int(self._model.config.hidden_size)

    def chunks(self, input_ids: Sequence[Sequence[int]]) -> Iterator[tuple[list[int], Tensor]]:
        """Run sequences of like length together, long ones first.

        Yields:
            Which sequences, and their last hidden states one behind the other,
            (tokens, hidden) float32.
        """
        order = sorted(range(len(input_ids)), key=lambda i: -len(input_ids[i]))
        start = 0
        while start < len(order):
            longest = max(1, len(input_ids[order[start]]))
            members = order[start : start + max(1, _BATCH_TOKENS // longest)]
            start += len(members)
            sizes = torch.tensor([len(input_ids[i]) for i in members])
            # (rows, longest), True = real token
            is_real = torch.arange(longest) < sizes.unsqueeze(1)
            padding = getattr(self._model.config, "pad_token_id", None) or 0
            ids = torch.full((len(members), longest), padding)
            ids[is_real] = torch.tensor([n for i in members for n in input_ids[i]])
            with torch.inference_mode():
                # (rows, longest, hidden)
                states = self._model(input_ids=ids, attention_mask=is_real.long())[0]
                found: Tensor = states[is_real]
            yield members, found
