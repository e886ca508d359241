"""Write a trained attention-flow network as a folder that readers load."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from qa.bidaf.glove import GloveBidaf
from qa.bidaf.network import Bidaf
from qa.bidaf.storage import CONFIG, VOCABULARY, WEIGHTS
from qa.reading.settings import SETTINGS_FORMAT, SETTINGS_NAME
from qa.workshop.training.folders import replacing_files
from qa.workshop.training.recipe import Recipe

__all__ = ["save_network"]


def save_network(
    network: Bidaf,
    weights: Mapping[str, torch.Tensor],
    out: Path,
    *,
    recipe: Recipe,
    null_threshold: float,
    report: Mapping[str, Any] | None,
) -> None:
    """Write trained weights in float16; each file replaces its forerunner in one step.

    Args:
        network: Says what belongs to the weights.
        weights: Name → tensor, of all that is trained.
        out: Folder.
        recipe: Its reading settings go into `reader.json`.
        null_threshold: Refuse where span score minus null score is below it.
        report: Written to `training.json`.
    """
    from safetensors.torch import save_file

    tensors = {name: tensor.to(torch.float16).contiguous() for name, tensor in weights.items()}
    files: dict[str, str] = {CONFIG: _json(network.config())}
    if isinstance(network, GloveBidaf):
        tensors["vectors"] = torch.from_numpy(network.vectors())
        files[VOCABULARY] = "\n".join(network.tokenizer.vocabulary) + "\n"
    files[SETTINGS_NAME] = _json(
        {
            "format": SETTINGS_FORMAT,
            "name": "bidaf" if isinstance(network, GloveBidaf) else "bidaf-bert",
            "max_tokens": recipe.read_max_tokens,
            "stride_tokens": recipe.read_stride_tokens,
            "max_answer_tokens": recipe.max_answer_tokens,
            "null_threshold": round(null_threshold, 4),
        }
    )
    if report is not None:
        files["training.json"] = _json(report)
    with replacing_files(out) as unfinished:
        save_file(tensors, unfinished / WEIGHTS, {"format": "pt"})
        for name, text in files.items():
            (unfinished / name).write_text(text, encoding="utf-8")


def _json(value: object) -> str:
    return json.dumps(value, indent=2) + "\n"
