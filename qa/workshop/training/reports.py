"""What a training run tells: where it stands, how it measures, what it did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

    from qa.workshop.training.recipe import Recipe

__all__ = ["Progress", "TrainingReport", "Validation", "run_signature"]


@dataclass(frozen=True)
class Validation:
    """A measurement on the held-out articles; scores in percent.

    Attributes:
        step: Optimiser steps done.
        exact_match: Over answerable questions, never refusing.
        f1: The same.
        best_f1: Over all questions, at the threshold that suits these best.
        threshold: That threshold on span score minus null score.
        seconds: Since the start, pauses between resumed runs left out.
    """

    step: int
    exact_match: float
    f1: float
    best_f1: float
    threshold: float
    seconds: float


@dataclass(frozen=True)
class Progress:
    """Where a run stands.

    Attributes:
        step: Optimiser steps done.
        steps: Of how many, if time allows.
        share_done: 0 to 1, by steps or by time, whichever is ahead.
        loss: Mean over the last steps, nats.
        windows_per_s: Over the last steps.
        seconds_left: Estimate.
        validation: The newest one.
    """

    step: int
    steps: int
    share_done: float
    loss: float
    windows_per_s: float
    seconds_left: float
    validation: Validation | None


@dataclass(frozen=True)
class TrainingReport:
    """What a run did.

    Attributes:
        steps: Optimiser steps done.
        windows: Windows seen.
        seconds: Time used, resumed runs added up.
        stopped: "done", "time" or "early".
        validations: In order.
        held_out: Titles of the articles left out.
        signature: Recipe and data digests, versions, device, precision.
    """

    steps: int
    windows: int
    seconds: float
    stopped: str
    validations: tuple[Validation, ...]
    held_out: tuple[str, ...]
    signature: Mapping[str, Any]


def run_signature(
    recipe: Recipe, data_sha256: str, device: torch.device, dtype: torch.dtype
) -> dict[str, Any]:
    """Return what a checkpoint must share with the run that goes on from it, and versions."""
    return {
        "recipe_sha256": recipe.sha256,
        "data_sha256": data_sha256,
        "seed": recipe.seed,
        "device": device.type,
        "precision": str(dtype).removeprefix("torch."),
        "versions": {name: version(name) for name in ("torch", "transformers", "tokenizers")},
    }
