"""Pack a reader for shipping: matrices in eight bits, in files of less than 50 MB.

A reader of 109 million weights takes 112 MB instead of 218. It is put back when it is loaded
(`retrieval.encoding.bert.quantised`), so it reads as fast as it did.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from qa.errors import TrainingError
from qa.reading.settings import SETTINGS_NAME, ReaderSettings
from qa.workshop.training.folders import replacing_files

if TYPE_CHECKING:
    import torch

__all__ = ["pack_reader"]

_PART_BYTES = 48_000_000
_COPIED = ("*.json", "README.md")
_INDEX = "model.safetensors.index.json"
_CALIBRATION = "calibration.json"


def pack_reader(
    source: Path, out: Path, *, name: str | None = None, part_bytes: int = _PART_BYTES
) -> int:
    """Write a reader's folder again, packed.

    Args:
        source: As training wrote it.
        out: Gets the weights in parts, and the other files but for a calibration, which holds
            for the weights it was fitted on.
        name: What the reader is to be called.
        part_bytes: Largest file of weights.

    Returns:
        Bytes of weights written.

    Raises:
        TrainingError: The folder can't be read or is packed, or the other can't be written.
        ReaderError: Its settings are damaged.
    """
    from safetensors.torch import save_file

    from retrieval.encoding.bert.weights import weight_files
    from retrieval.errors import EncoderError

    if source.resolve() == out.resolve():
        msg = f"{str(out)!r} is the reader itself. Give another folder for the packed one."
        raise TrainingError(msg)
    ReaderSettings.load(source)
    try:
        parts = list(_parts(_packed(source), part_bytes))
        with replacing_files(out) as unfinished:
            for path in (path for pattern in _COPIED for path in source.glob(pattern)):
                if path.name not in (_INDEX, _CALIBRATION):
                    shutil.copyfile(path, unfinished / path.name)
            if name is not None:
                _rename(unfinished / SETTINGS_NAME, name)
            for number, part in enumerate(parts, start=1):
                file = f"model-{number:05}-of-{len(parts):05}.safetensors"
                save_file(dict(part), unfinished / file, {"format": "pt"})
            kept = {path.name for path in unfinished.iterdir()}
        for old in out.glob("model*.safetensors*"):
            if old.name not in kept:
                old.unlink()
        return sum(path.stat().st_size for path in weight_files(out))
    except (OSError, EncoderError) as error:
        msg = f"Can't pack the reader {str(source)!r} into {str(out)!r}: {error}."
        raise TrainingError(msg) from error


def _packed(source: Path) -> dict[str, torch.Tensor]:
    import torch

    from retrieval.encoding.bert.quantised import BLOCK, NUMBERS, SCALES, quantise
    from retrieval.encoding.bert.weights import read_weights

    tensors: dict[str, torch.Tensor] = {}
    for name, tensor in sorted(read_weights(source).items()):
        if name.endswith(NUMBERS):
            msg = f"The reader {str(source)!r} is packed already: copy it."
            raise TrainingError(msg)
        # Small ones, a span head above all, are worth more than the bytes they take.
        if tensor.dim() == 2 and len(tensor) > BLOCK and tensor.shape[1] % BLOCK == 0:
            tensors[f"{name}{NUMBERS}"], tensors[f"{name}{SCALES}"] = quantise(tensor)
        else:
            tensors[name] = tensor.to(torch.float16).contiguous()
    return tensors


def _parts(
    tensors: Mapping[str, torch.Tensor], part_bytes: int
) -> Iterator[dict[str, torch.Tensor]]:
    """Deal tensors out, in their order, into as few parts as hold them."""
    part: dict[str, torch.Tensor] = {}
    filled = 0
    for name, tensor in tensors.items():
        if part and filled + tensor.nbytes > part_bytes:
            yield part
            part, filled = {}, 0
        part[name] = tensor
        filled += tensor.nbytes
    yield part


def _rename(path: Path, name: str) -> None:
    settings = json.loads(path.read_bytes())
    path.write_text(json.dumps({**settings, "name": name}, indent=2) + "\n", encoding="utf-8")
