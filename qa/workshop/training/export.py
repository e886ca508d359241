"""Write trained weights as a model folder that readers load."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qa.reading.settings import SETTINGS_FORMAT, SETTINGS_NAME
from qa.workshop.training.folders import replacing_files
from qa.workshop.training.recipe import Recipe

if TYPE_CHECKING:
    import torch

__all__ = ["export_reader"]


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
    from transformers import AutoConfig, AutoModelForQuestionAnswering
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    config = AutoConfig.from_pretrained(source, local_files_only=True)
    model = AutoModelForQuestionAnswering.from_config(config)  # type: ignore[no-untyped-call]
    model.load_state_dict(dict(weights))
    with replacing_files(out) as unfinished:
        model.to(torch.float16).save_pretrained(unfinished)
        _save_tokenizer(source, unfinished)
        settings = {
            "format": SETTINGS_FORMAT,
            "name": recipe.name,
            "max_tokens": recipe.read_max_tokens,
            "stride_tokens": recipe.read_stride_tokens,
            "max_answer_tokens": recipe.max_answer_tokens,
            "null_threshold": round(null_threshold, 4),
        }
        _write_json(unfinished / SETTINGS_NAME, settings)
        if report is not None:
            _write_json(unfinished / "training.json", report)


def _save_tokenizer(source: Path, out: Path) -> None:
    """Write the tokenizer without the encoder's own cut after so many tokens."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(source, local_files_only=True)
    tokenizer.backend_tokenizer.no_truncation()
    tokenizer.backend_tokenizer.no_padding()
    tokenizer.save_pretrained(out)
    path = out / "tokenizer_config.json"
    settings = json.loads(path.read_text(encoding="utf-8"))
    # How it was loaded here says nothing about how it is to be used.
    for name in ("local_files_only", "is_local", "max_length", "stride", "truncation_strategy"):
        settings.pop(name, None)
    _write_json(path, settings)


def _write_json(path: Path, value: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
