"""Write trained weights as a model folder that readers load."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qa.recipe import Recipe

if TYPE_CHECKING:
    import torch

__all__ = ["SETTINGS_FORMAT", "SETTINGS_NAME", "export_reader"]

SETTINGS_NAME = "reader.json"
"""How a reader's weights are to be used, next to them."""

SETTINGS_FORMAT = 1


def export_reader(
    weights: Mapping[str, torch.Tensor],
    source: Path,
    out: Path,
    *,
    recipe: Recipe,
    null_threshold: float,
    report: Mapping[str, Any] | None = None,
) -> None:
    """Write weights as a model folder in float16.

    Args:
        weights: Name → tensor, as `load_span_model` names them.
        source: The encoder's folder: configuration and tokenizer are taken from it.
        out: Gets `config.json`, `model.safetensors`, the tokenizer and `reader.json`;
            each file replaces its forerunner in one step.
        recipe: How they were trained; its reading settings go into `reader.json`.
        null_threshold: Refuse where span score minus null score is below it.
        report: Written to `training.json`.
    """
    import torch
    from transformers import AutoConfig, AutoModelForQuestionAnswering, AutoTokenizer
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    config = AutoConfig.from_pretrained(source, local_files_only=True)
    model = AutoModelForQuestionAnswering.from_config(config)  # type: ignore[no-untyped-call]
    model.load_state_dict(dict(weights))
    out.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=".export-", dir=out))
    try:
        model.to(torch.float16).save_pretrained(unfinished)
        AutoTokenizer.from_pretrained(source, local_files_only=True).save_pretrained(unfinished)
        settings = {
            "format": SETTINGS_FORMAT,
            "name": "bert",
            "max_tokens": recipe.read_max_tokens,
            "stride_tokens": recipe.read_stride_tokens,
            "max_answer_tokens": recipe.max_answer_tokens,
            "null_threshold": round(null_threshold, 4),
        }
        _write_json(unfinished / SETTINGS_NAME, settings)
        if report is not None:
            _write_json(unfinished / "training.json", report)
        for path in sorted(unfinished.iterdir()):
            path.replace(out / path.name)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _write_json(path: Path, value: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
