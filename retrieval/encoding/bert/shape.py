"""The numbers of a model's `config.json` that decide the arithmetic, checked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from retrieval.encoding.bert.linear import ACTIVATIONS
from retrieval.errors import EncoderError

__all__ = ["ARCHITECTURES", "CONFIG_FILE", "BertShape"]

ARCHITECTURES = ("bert", "mpnet")
"""Values of `model_type` that this run-time computes."""

CONFIG_FILE = "config.json"

_SIZE_KEYS = {
    "vocabulary": "vocab_size",
    "hidden": "hidden_size",
    "layers": "num_hidden_layers",
    "heads": "num_attention_heads",
    "intermediate": "intermediate_size",
    "positions": "max_position_embeddings",
}

# MPNet's first two places belong to padding; its distances fall into 32 buckets. Both are fixed
# in its authors' code, whatever the configuration says.
_MPNET_OFFSET = 2
_MPNET_BUCKETS = 32

# Key of config.json -> values understood; the first is what its absence means.
_REQUIRED_VALUES: Mapping[str, tuple[object, ...]] = {
    "model_type": ARCHITECTURES,
    "position_embedding_type": ("absolute",),
    "hidden_act": tuple(ACTIVATIONS),
    "is_decoder": (False,),
    "add_cross_attention": (False,),
}


@dataclass(frozen=True)
class BertShape:
    """The numbers of a `config.json` that decide the arithmetic.

    Attributes:
        vocabulary: Rows of the word embeddings.
        hidden: Length of a token's state.
        layers: How many.
        heads: That share `hidden`.
        intermediate: Width of the perceptron between two norms.
        positions: Rows of the position embeddings.
        types: Rows of the type embeddings; MPNet has none.
        epsilon: Of the norms.
        activation: Of the perceptron.
        first_position: Row of a sequence's first token.
        buckets: Of distances between two tokens, each with a bias a head; BERT has none.
    """

    vocabulary: int
    hidden: int
    layers: int
    heads: int
    intermediate: int
    positions: int
    types: int
    epsilon: float
    activation: str
    first_position: int = 0
    buckets: int = 0

    @property
    def max_length(self) -> int:
        """Most tokens in a sequence."""
        return self.positions - self.first_position

    @classmethod
    def read(cls, path: Path) -> BertShape:
        """Read a Hugging Face `config.json`.

        Raises:
            EncoderError: The file is absent or broken, or describes something else than
                a plain BERT or MPNet encoder.
        """
        try:
            config = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise EncoderError(
                f"cannot read {str(path)!r} ({error.strerror or error}); expected the folder of a "
                f"Hugging Face model with {CONFIG_FILE} and its weights"
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
                    "only the original BERT and MPNet are computed here"
                )
        is_mpnet = config["model_type"] == "mpnet"
        wanted_sizes = _SIZE_KEYS if is_mpnet else {**_SIZE_KEYS, "types": "type_vocab_size"}
        numbers = {"types": 0}
        for name, key in wanted_sizes.items():
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
        return cls(
            epsilon=float(epsilon),
            activation=config.get("hidden_act", "gelu"),
            first_position=_MPNET_OFFSET if is_mpnet else 0,
            buckets=_MPNET_BUCKETS if is_mpnet else 0,
            **numbers,
        )
