"""Measure a network in training, and choose below which margin it refuses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from qa.reading.overlap import exact_match_over_golds, f1_over_golds
from qa.workshop.training.prediction import Prediction, golds_of, predict, refusal_threshold
from qa.workshop.training.reports import Validation

if TYPE_CHECKING:
    from qa.types import Example
    from qa.workshop.training.recipe import Recipe
    from qa.workshop.training.trainee import Trainee

__all__ = ["choose_threshold", "evenly", "measure"]


def measure(
    trainee: Trainee, recipe: Recipe, examples: Sequence[Example], *, step: int, seconds: float
) -> Validation:
    """Read questions, some with and some without an answer, with the weights as they are.

    Args:
        trainee: Its network is in training before and after.
        recipe: Says how to read.
        examples: At least one has an answer.
        step: Goes into the validation.
        seconds: Likewise.
    """
    predictions = _read(trainee, recipe, examples)
    scores = [
        (exact_match_over_golds(p.text, golds), f1_over_golds(p.text, golds))
        for p, golds in zip(predictions, golds_of(examples), strict=True)
        if golds
    ]
    best_f1, threshold = refusal_threshold(examples, predictions)
    exact, f1 = np.mean(scores, axis=0)
    return Validation(step, 100 * float(exact), 100 * float(f1), 100 * best_f1, threshold, seconds)


def choose_threshold(trainee: Trainee, recipe: Recipe, examples: Sequence[Example]) -> float:
    """Choose below which margin to refuse; 0 where there is nothing to choose on."""
    if not examples:
        return 0.0
    return refusal_threshold(examples, _read(trainee, recipe, examples))[1]


def evenly(examples: Sequence[Example], n: int) -> list[Example]:
    """Draw `n` examples evenly over their order; all where `n` is 0 or there are no more."""
    if not n or len(examples) <= n:
        return list(examples)
    return [examples[number * len(examples) // n] for number in range(n)]


def _read(trainee: Trainee, recipe: Recipe, examples: Sequence[Example]) -> list[Prediction]:
    trainee.model.train(False)
    predictions = predict(
        trainee.model,
        trainee.tokenizer,
        examples,
        max_tokens=recipe.read_max_tokens,
        stride_tokens=recipe.read_stride_tokens,
        max_answer_tokens=recipe.max_answer_tokens,
    )
    trainee.model.train()
    return predictions
