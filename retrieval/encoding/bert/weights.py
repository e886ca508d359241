"""The tensors of a `model.safetensors`: read, their shapes checked, the extra ones kept."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from retrieval.encoding.bert.shape import CONFIG_FILE, BertShape
from retrieval.errors import EncoderError

__all__ = ["check_shapes", "extra_tensors", "read_weights"]

# What a checkpoint may hold beside the encoder and no reader or sentence encoder asks for.
_UNUSED = ("pooler.", "cls.", "embeddings.position_ids")


def read_weights(path: Path) -> dict[str, Tensor]:
    """Read a safetensors file: its tensors by name, mapped into memory.

    Raises:
        EncoderError: The file is absent or broken.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as weights:
            return {name: weights.get_tensor(name) for name in weights.keys()}  # noqa: SIM118
    except FileNotFoundError as error:
        raise EncoderError(
            f"{str(path)!r} is absent; expected the weights in one safetensors file. Convert "
            "others with transformers: model.save_pretrained(folder, max_shard_size='100GB')"
        ) from error
    except (OSError, SafetensorError) as error:
        raise EncoderError(
            f"cannot read {str(path)!r} ({error}); copy the model's folder again"
        ) from error


def check_shapes(shape: BertShape, tensors: Mapping[str, Tensor]) -> None:
    """Compare every tensor that the encoder needs with what the configuration says.

    Raises:
        EncoderError: A tensor is missing or has another shape.
    """
    hidden, wide = shape.hidden, shape.intermediate
    expected: dict[str, tuple[int, ...]] = {
        "embeddings.word_embeddings.weight": (shape.vocabulary, hidden),
        "embeddings.position_embeddings.weight": (shape.positions, hidden),
        "embeddings.token_type_embeddings.weight": (shape.types, hidden),
        "embeddings.LayerNorm.weight": (hidden,),
        "embeddings.LayerNorm.bias": (hidden,),
    }
    dense: dict[str, tuple[int, ...]] = {
        "attention.self.query": (hidden, hidden),
        "attention.self.key": (hidden, hidden),
        "attention.self.value": (hidden, hidden),
        "attention.output.dense": (hidden, hidden),
        "intermediate.dense": (wide, hidden),
        "output.dense": (hidden, wide),
    }
    for i in range(shape.layers):
        for name, size in dense.items():
            expected[f"encoder.layer.{i}.{name}.weight"] = size
            expected[f"encoder.layer.{i}.{name}.bias"] = size[:1]
        for name in ("attention.output.LayerNorm", "output.LayerNorm"):
            expected[f"encoder.layer.{i}.{name}.weight"] = (hidden,)
            expected[f"encoder.layer.{i}.{name}.bias"] = (hidden,)
    for name, size in expected.items():
        if name not in tensors:
            raise EncoderError(
                f"tensor {name!r} is absent, expected one of shape {size} as {CONFIG_FILE} says; "
                "is this a BERT model?"
            )
        found = tuple(tensors[name].shape)
        if found != size:
            raise EncoderError(
                f"tensor {name!r} has shape {found}, but {CONFIG_FILE} asks for {size}; "
                "the two files don't belong together"
            )


def extra_tensors(left: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return, in float32, what the encoder has left over and a head may ask for."""
    return {
        name: tensor.float()
        for name, tensor in left.items()
        if not name.startswith(_UNUSED) and tensor.is_floating_point()
    }
