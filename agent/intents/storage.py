"""A classifier's folder: `intents.json` beside a safetensors file named by its content.

The JSON names the tensors' file and is switched in last, so a reader never sees the labels
of one training with the weights of another.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agent.errors import IntentError
from retrieval.system.durable import replace_file

__all__ = ["SETTINGS_FILE", "kind_of", "read_tensors", "write_classifier"]

SETTINGS_FILE = "intents.json"
_FORMAT = 1


def write_classifier(
    folder: Path, kind: str, settings: Mapping[str, Any], tensors: Mapping[str, NDArray[Any]]
) -> None:
    """Write a classifier, the settings last.

    Raises:
        IntentError: The folder can't be written; what was there stands.
    """
    from safetensors.numpy import save

    # The library writes a buffer as it lies in memory, whatever the array's order.
    content = save({name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()})
    name = f"intents-{sha256(content).hexdigest()[:16]}.safetensors"
    note = {"format": _FORMAT, "kind": kind, "tensors": name, **settings}
    text = json.dumps(note, ensure_ascii=False, indent=1)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        replace_file(folder / name, content)
        replace_file(folder / SETTINGS_FILE, text.encode("utf-8"))
        for old in folder.glob("intents-*.safetensors"):
            if old.name != name:
                old.unlink(missing_ok=True)
    except OSError as error:
        raise IntentError(
            f"cannot write the intent classifier to {str(folder)!r} ({error.strerror or error}); "
            "choose a folder that can be written"
        ) from error


def kind_of(folder: Path) -> str:
    """Return the kind of classifier that a folder holds.

    Raises:
        IntentError: It holds none.
    """
    return str(_settings(folder).get("kind"))


def read_tensors(folder: Path, kind: str) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Return a classifier's settings and tensors.

    Raises:
        IntentError: There is none, it is damaged, or of another kind.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    settings = _settings(folder)
    if settings.get("kind") != kind:
        raise IntentError(
            f"{str(folder)!r} holds an intent classifier of kind {settings.get('kind')!r}, "
            f"expected {kind!r}; load it with `load_classifier`"
        )
    path = folder / str(settings.get("tensors"))
    try:
        return settings, load(path.read_bytes())
    except (OSError, SafetensorError, ValueError, KeyError) as error:
        raise IntentError(
            f"the intent classifier in {str(folder)!r} is damaged: {path.name!r} can't be read "
            f"({error}); train it again"
        ) from error


def _settings(folder: Path) -> dict[str, Any]:
    path = folder / SETTINGS_FILE
    try:
        settings = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise IntentError(
            f"no intent classifier can be read from {str(folder)!r} ({error}); expected a folder "
            "written by `frontdesk train intents`"
        ) from error
    if not isinstance(settings, dict) or settings.get("format") != _FORMAT:
        raise IntentError(
            f"{str(path)!r} is not an intent classifier of format {_FORMAT}; "
            "train it again with this version"
        )
    return settings
