"""The numbers of a model's `config.json` that decide BERT's arithmetic, checked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from retrieval.encoding.bert.linear import ACTIVATIONS
from retrieval.errors import EncoderError

__all__ = ["CONFIG_FILE", "WEIGHTS_FILE", "BertShape"]

# The two files of a model's folder.
CONFIG_FILE = "config.json"
WEIGHTS_FILE = "model.safetensors"

_SIZE_KEYS = {
    "vocabulary": "vocab_size",
    "hidden": "hidden_size",
    "layers": "num_hidden_layers",
    "heads": "num_attention_heads",
    "intermediate": "intermediate_size",
    "positions": "max_position_embeddings",
    "types": "type_vocab_size",
}

# Key of config.json -> values understood; the first is what its absence means.
_REQUIRED_VALUES: Mapping[str, tuple[object, ...]] = {
    "model_type": ("bert",),
    "position_embedding_type": ("absolute",),
    "hidden_act": tuple(ACTIVATIONS),
    "is_decoder": (False,),
    "add_cross_attention": (False,),
}


@dataclass(frozen=True)
class BertShape:
    """The numbers of a `config.json` that decide BERT's arithmetic."""

    vocabulary: int
    hidden: int
    layers: int
    heads: int
    intermediate: int
    positions: int
    types: int
    epsilon: float
    activation: str

    @classmethod
    def read(cls, path: Path) -> BertShape:
        """Read a Hugging Face `config.json`.

        Raises:
            EncoderError: The file is absent or broken, or describes something else than
                a plain BERT encoder.
        """
        try:
            config = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise EncoderError(
                f"cannot read {str(path)!r} ({error.strerror or error}); expected the folder of a "
                f"Hugging Face model with {CONFIG_FILE} and {WEIGHTS_FILE}"
            ) from error
        except ValueError as error:
            raise EncoderError(
                f"{str(path)!r} is not valid JSON ({error}); copy the model's folder again"
            ) from error
        return cls.from_config(config, where=str(path))

    @classmethod
    def from_config(cls, config: Any, *, where: str = CONFIG_FILE) -> BertShape:
        """Check a parsed `config.json`; `where` names it in messages.

        Raises:
            EncoderError: A value is missing, of the wrong kind or not supported.
        """
        if not isinstance(config, dict):
            raise EncoderError(f"{where}: expected a JSON object, found {type(config).__name__}")
        for key, wanted in _REQUIRED_VALUES.items():
            found = config.get(key, wanted[0] if key != "model_type" else None)
            if found not in wanted:
                expected = " or ".join(repr(value) for value in wanted)
                raise EncoderError(
                    f"{where}: {key} is {found!r}, expected {expected}; "
                    "this file reads the original BERT architecture only"
                )
        numbers = {}
        for name, key in _SIZE_KEYS.items():
            size = config.get(key)
            if not isinstance(size, int) or isinstance(size, bool) or size < 1:
                raise EncoderError(f"{where}: {key} is {size!r}, expected a positive integer")
            numbers[name] = size
        if numbers["hidden"] % numbers["heads"]:
            raise EncoderError(
                f"{where}: hidden_size is {numbers['hidden']} and num_attention_heads is "
                f"{numbers['heads']}; the first must be a multiple of the second"
            )
        epsilon = config.get("layer_norm_eps", 1e-12)
        if not isinstance(epsilon, (int, float)) or not 0 < epsilon < 1:
            raise EncoderError(
                f"{where}: layer_norm_eps is {epsilon!r}, expected a number between 0 and 1"
            )
        return cls(epsilon=float(epsilon), activation=config.get("hidden_act", "gelu"), **numbers)
