"""Training state on disk: one safetensors file, replaced in one step, no pickle.

Tensors and a JSON note share the file, so a checkpoint is either the old one or the new
one, never half of each.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qa.errors import TrainingError

if TYPE_CHECKING:
    import torch

__all__ = ["CHECKPOINT_NAME", "load_checkpoint", "save_checkpoint", "under"]

CHECKPOINT_NAME = "checkpoint.safetensors"
_FORMAT = 1


def save_checkpoint(
    folder: Path, tensors: Mapping[str, torch.Tensor], note: Mapping[str, Any]
) -> Path:
    """Write a checkpoint and put it in the old one's place.

    Args:
        folder: Made if it is missing.
        tensors: Name → tensor; none may share memory with another.
        note: What JSON can hold.

    Raises:
        TrainingError: The disk refused; the old checkpoint stands.
    """
    from safetensors.torch import save_file

    path = folder / CHECKPOINT_NAME
    unfinished = folder / f".{CHECKPOINT_NAME}.new"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        metadata = {"note": json.dumps({"format": _FORMAT, **note})}
        save_file(
            {name: tensor.contiguous() for name, tensor in tensors.items()}, unfinished, metadata
        )
        with unfinished.open("rb") as stream:
            os.fsync(stream.fileno())
        unfinished.replace(path)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        msg = (
            f"Can't write the checkpoint {str(path)!r}: {error.strerror or error}. The one before "
            "it stands. Free some space or choose another folder."
        )
        raise TrainingError(msg) from error
    return path


def load_checkpoint(folder: Path) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """Read the checkpoint of a folder: its tensors and its note.

    Raises:
        TrainingError: There is none, or it is damaged or of another format.
    """
    from safetensors import SafetensorError, safe_open

    path = folder / CHECKPOINT_NAME
    if not path.is_file():
        msg = f"There is no checkpoint {str(path)!r} to resume. Start without --resume."
        raise TrainingError(msg)
    try:
        with safe_open(path, framework="pt") as stored:
            note = json.loads((stored.metadata() or {})["note"])
            tensors = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, KeyError, ValueError) as error:
        msg = f"The checkpoint {str(path)!r} is damaged: {error}. Delete it and start again."
        raise TrainingError(msg) from error
    if note.get("format") != _FORMAT:
        msg = (
            f"The checkpoint {str(path)!r} has the format {note.get('format')!r}. Expected "
            f"{_FORMAT}: it comes from another version of Frontdesk."
        )
        raise TrainingError(msg)
    return tensors, note


def under(tensors: Mapping[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    """Return the tensors whose names begin with a prefix, under the rest of their names."""
    return {
        name.removeprefix(prefix): tensor
        for name, tensor in tensors.items()
        if name.startswith(prefix)
    }
