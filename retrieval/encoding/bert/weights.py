"""The weights in a model's folder: read, their shapes checked, handed out by name.

They lie in one `model.safetensors`, or in parts named `model-00001-of-00003.safetensors`.
Matrices may be stored in eight bits (`quantised`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from torch import Tensor

from retrieval.encoding.bert.quantised import BLOCK, NUMBERS, SCALES, restore
from retrieval.encoding.bert.shape import CONFIG_FILE, BertShape
from retrieval.errors import EncoderError

__all__ = ["WEIGHTS_FILE", "Weights", "read_weights", "weight_files"]

WEIGHTS_FILE = "model.safetensors"

_PART = re.compile(r"model-(\d{5})-of-(\d{5})\.safetensors")

# What a checkpoint may hold beside the encoder and no reader or sentence encoder asks for.
_UNUSED = ("pooler.", "cls.", "lm_head.", "embeddings.position_ids")

# The architectures' own names for what is the same thing -> BERT's.
_PREFIX = re.compile(r"^(bert|mpnet)\.")
_MPNET_NAMES = {
    "attention.attn.q.": "attention.self.query.",
    "attention.attn.k.": "attention.self.key.",
    "attention.attn.v.": "attention.self.value.",
    "attention.attn.o.": "attention.output.dense.",
    "attention.LayerNorm.": "attention.output.LayerNorm.",
}

# A layer's name of each weight -> its shape, and the biases of the same name.
_DENSE = {
    "attention.self.query": ("hidden", "hidden"),
    "attention.self.key": ("hidden", "hidden"),
    "attention.self.value": ("hidden", "hidden"),
    "attention.output.dense": ("hidden", "hidden"),
    "intermediate.dense": ("intermediate", "hidden"),
    "output.dense": ("hidden", "intermediate"),
}
_NORMS = ("attention.output.LayerNorm", "output.LayerNorm")


class Weights:
    """A model's tensors under BERT's names, each handed out once."""

    def __init__(self, tensors: Mapping[str, Tensor]) -> None:
        """Take tensors by their Hugging Face names, in any floating-point type or eight bits."""
        self._tensors = {_bert_name(name): tensor for name, tensor in tensors.items()}

    def take(self, name: str) -> Tensor:
        """Return a tensor in float32."""
        if f"{name}{NUMBERS}" in self._tensors:
            return restore(*self._parts(name))
        return self._tensors.pop(name).float()

    def take_rows(self, name: str) -> Callable[[Tensor], Tensor]:
        """Return what looks up rows of a matrix: (n,) numbers -> (n, columns) float32.

        The matrix itself stays as it is in the file, mapped into memory: only the rows that
        are asked for are ever read from the disk and widened.
        """
        if f"{name}{NUMBERS}" in self._tensors:
            numbers, scales = self._parts(name)
            return lambda rows: restore(numbers.index_select(0, rows), scales.index_select(0, rows))
        matrix = self._tensors.pop(name)
        return lambda rows: matrix.index_select(0, rows).float()

    def take_rest(self) -> dict[str, Tensor]:
        """Return, in float32, what is left over and a head may ask for."""
        names = {name.removesuffix(SCALES).removesuffix(NUMBERS) for name in self._tensors}
        return {
            name: self.take(name)
            for name in sorted(names)
            if not name.startswith(_UNUSED)
            and (name not in self._tensors or self._tensors[name].is_floating_point())
        }

    def check(self, shape: BertShape) -> None:
        """Compare every tensor that the encoder needs with what the configuration says.

        Raises:
            EncoderError: A tensor is missing or has another shape.
        """
        for name, size in _expected(shape).items():
            stored = self._tensors.get(name)
            if stored is None and (stored := self._tensors.get(f"{name}{NUMBERS}")) is None:
                raise EncoderError(
                    f"tensor {name!r} is absent, expected one of shape {size} as {CONFIG_FILE} "
                    "says; is this a BERT or MPNet model?"
                )
            found = tuple(stored.shape)
            if found != size:
                raise EncoderError(
                    f"tensor {name!r} has shape {found}, but {CONFIG_FILE} asks for {size}; "
                    "the two files don't belong together"
                )
        for name, stored in self._tensors.items():
            if not name.endswith(NUMBERS):
                continue
            scales = self._tensors.get(f"{name.removesuffix(NUMBERS)}{SCALES}")
            size = (stored.shape[0], stored.shape[-1] // BLOCK)
            if scales is None or tuple(scales.shape) != size or stored.shape[-1] % BLOCK:
                raise EncoderError(
                    f"tensor {name!r} of shape {tuple(stored.shape)} has no scales of shape {size} "
                    "beside it; pack the model again: frontdesk train pack"
                )

    def _parts(self, name: str) -> tuple[Tensor, Tensor]:
        return self._tensors.pop(f"{name}{NUMBERS}"), self._tensors.pop(f"{name}{SCALES}")


def weight_files(folder: Path) -> list[Path]:
    """Return the files that hold a model's weights: one, or all of its parts in order.

    Raises:
        EncoderError: There is none, or a part is absent.
    """
    whole = folder / WEIGHTS_FILE
    if whole.is_file():
        return [whole]
    found = {path: match for path in folder.glob("*") if (match := _PART.fullmatch(path.name))}
    if not found:
        raise EncoderError(
            f"{str(whole)!r} is absent; expected the weights in one safetensors file or in parts. "
            "Convert others with transformers: model.save_pretrained(folder)"
        )
    n_parts = int(next(iter(found.values()))[2])
    expected = [
        folder / f"model-{number:05}-of-{n_parts:05}.safetensors"
        for number in range(1, n_parts + 1)
    ]
    for path in sorted({*expected, *found}):
        if path not in found or path not in expected:
            state = "absent" if path not in found else "of another model"
            raise EncoderError(
                f"{str(path)!r} is {state}; expected {n_parts} parts. Copy the model's folder again"
            )
    return expected


def read_weights(folder: Path) -> dict[str, Tensor]:
    """Read a folder's safetensors files: their tensors by name, mapped into memory.

    Raises:
        EncoderError: A file is absent or broken.
    """
    from safetensors import SafetensorError, safe_open

    tensors: dict[str, Tensor] = {}
    for path in weight_files(folder):
        try:
            with safe_open(path, framework="pt") as weights:
                tensors |= {name: weights.get_tensor(name) for name in weights.keys()}  # noqa: SIM118
        except (OSError, SafetensorError) as error:
            raise EncoderError(
                f"cannot read {str(path)!r} ({error}); copy the model's folder again"
            ) from error
    return tensors


def _bert_name(name: str) -> str:
    name = _PREFIX.sub("", name)
    for theirs, ours in _MPNET_NAMES.items():
        name = name.replace(theirs, ours)
    return name


def _expected(shape: BertShape) -> dict[str, tuple[int, ...]]:
    """Return the names and shapes of all that the encoder computes with."""
    hidden = shape.hidden
    expected: dict[str, tuple[int, ...]] = {
        "embeddings.word_embeddings.weight": (shape.vocabulary, hidden),
        "embeddings.position_embeddings.weight": (shape.positions, hidden),
        "embeddings.LayerNorm.weight": (hidden,),
        "embeddings.LayerNorm.bias": (hidden,),
    }
    if shape.types:
        expected["embeddings.token_type_embeddings.weight"] = (shape.types, hidden)
    if shape.buckets:
        expected["encoder.relative_attention_bias.weight"] = (shape.buckets, shape.heads)
    for number in range(shape.layers):
        layer = f"encoder.layer.{number}"
        for name, sides in _DENSE.items():
            rows, columns = (getattr(shape, side) for side in sides)
            expected[f"{layer}.{name}.weight"] = (rows, columns)
            expected[f"{layer}.{name}.bias"] = (rows,)
        for name in _NORMS:
            expected[f"{layer}.{name}.weight"] = (hidden,)
            expected[f"{layer}.{name}.bias"] = (hidden,)
    return expected
