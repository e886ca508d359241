"""Train a head on the frozen encoder, calibrate it, and learn when to refuse.

Everything that is chosen is chosen by scores that an example gets from a head trained
without it; see gaussian.py for how those come free of charge.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import logsumexp

from agent.errors import IntentError
from agent.intents.features import Features, QueryEncoder, message_features, plain_text
from agent.intents.gaussian import Gaussians, fit_gaussians
from agent.intents.head import NEIGHBOURS, HeadClassifier, HeadWeights, nearness
from agent.intents.scope import ScopeModel, choose_threshold, fit_scope, scope_signs
from agent.types import IntentExample

__all__ = ["LOST", "train_intents"]

Array = NDArray[np.float64]

LOST = 0.01
"""Share of rightly labelled messages that the threshold may refuse."""

_SHRINKAGES = (0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9)
_ROWS_AT_ONCE = 1024
# Examples that the scope model is fitted on; more change nothing but the time.
_MOST_ROWS = 4000
_LEAST_SPREAD = 1e-3
# An intent that nobody thought of is simulated; what is marked as out of scope is known.
_SIMULATED_SHARE = 0.3


def train_intents(
    examples: Sequence[IntentExample],
    *,
    encoder: QueryEncoder,
    background: Sequence[str] = (),
    seed: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> HeadClassifier:
    """Train the default classifier.

    Args:
        examples: Labelled messages; None as intent is out of scope.
        encoder: The frozen sentence encoder.
        background: Texts that are none of the intents' business (questions for the
            knowledge base, article titles): further material out of scope.
        seed: Of what is drawn at random.
        progress: Called with (texts encoded, texts in all).

    Raises:
        IntentError: No example carries an intent.
    """
    inside = [(plain_text(e.text), e.intent) for e in examples if e.intent is not None]
    inside = [(text, intent) for text, intent in inside if text]
    if not inside:
        raise IntentError(
            f"none of {len(examples)} examples carries both a text and an intent; "
            "expected at least one, and better five to ten an intent"
        )
    outside = [plain_text(e.text) for e in examples if e.intent is None]
    outside = [text for text in (*outside, *map(plain_text, background)) if text]
    intents = tuple(sorted({str(intent) for _, intent in inside}))
    place = {intent: i for i, intent in enumerate(intents)}
    labels = np.array([place[str(intent)] for _, intent in inside], np.int64)
    features = message_features(encoder, [text for text, _ in inside] + outside, progress=progress)
    learned = learn(features[: len(inside)], labels, features[len(inside) :], intents, seed=seed)
    return HeadClassifier(learned, encoder=encoder)


def learn(
    features: Features,
    labels: NDArray[np.int64],
    outside: Features,
    intents: tuple[str, ...],
    *,
    seed: int,
) -> HeadWeights:
    """Train from features that are at hand.

    Args:
        features: (n, d) of the examples in scope.
        labels: (n,) places in `intents`; each occurs.
        outside: (m, d) of texts known to be out of scope.
        intents: Sorted names.
        seed: Of what is drawn at random.
    """
    # (d,) the middle of all examples: scores are relative to it, so that they compare
    # between messages.
    centre = features.mean(axis=0)
    fitted, temperature = _best_fit(features - centre, labels, len(intents))
    weights = fitted.weights.astype(np.float32)
    bias = (fitted.bias - centre @ fitted.weights).astype(np.float32)
    examples = features / np.maximum(np.linalg.norm(features, axis=1, keepdims=True), 1e-9)
    scope = _learn_scope(
        features, labels, outside, fitted, weights, bias, temperature, examples, seed
    )
    return HeadWeights(intents, weights, bias, temperature, examples.astype(np.float16), scope)


def _best_fit(
    features: Features, labels: NDArray[np.int64], n_intents: int
) -> tuple[Gaussians, float]:
    """Choose the shrinkage and the temperature by left-out likelihood."""
    best: tuple[float, float, float] | None = None
    fitted: Gaussians | None = None
    for shrinkage in _SHRINKAGES:
        tried = fit_gaussians(features, labels, n_intents, shrinkage=shrinkage)
        temperature, loss = _temperature(tried.left_out, labels)
        if best is None or fitted is None or loss < best[0]:
            best, fitted = (loss, temperature, shrinkage), tried
    if best is None or fitted is None:
        raise IntentError("no shrinkage to try; expected at least one")
    return fitted, best[1]


def _temperature(left_out: Array, labels: NDArray[np.int64]) -> tuple[float, float]:
    """Return the temperature with the least left-out loss, and that loss."""
    rows = np.arange(len(labels))
    usable = np.isfinite(left_out[rows, labels])
    if not usable.any():
        return 1.0, 0.0
    scores, own = left_out[usable], left_out[rows, labels][usable]
    # One imagined example that could be anything: few examples never look certain.
    doubt = 1 / (len(own) + 1)
    wanted = (1 - doubt) * own + doubt * scores.mean(axis=1)

    def loss(log_temperature: float) -> float:
        t = float(np.exp(log_temperature))
        return float((logsumexp(scores / t, axis=1) - wanted / t).mean())

    found = minimize_scalar(loss, bounds=(-4.0, 6.0), method="bounded", options={"xatol": 0.01})
    return float(np.exp(found.x)), float(found.fun)


def _learn_scope(
    features: Features,
    labels: NDArray[np.int64],
    outside: Features,
    fitted: Gaussians,
    weights: NDArray[np.float32],
    bias: NDArray[np.float32],
    temperature: float,
    examples: Features,
    seed: int,
) -> ScopeModel:
    """Fit the scope model on left-out scores, and choose the threshold on them."""
    draw = np.random.default_rng(seed)
    rows = np.arange(len(labels))
    usable = np.flatnonzero(np.isfinite(fitted.left_out[rows, labels]))
    if len(usable) > _MOST_ROWS:
        usable = np.sort(draw.choice(usable, _MOST_ROWS, replace=False))
    left_out, own = fitted.left_out[usable], labels[usable]
    near, near_others = _left_out_nearness(examples, labels, usable)
    inside = scope_signs(left_out, temperature, near)
    right = left_out.argmax(axis=1) == own
    parts, part_weights = [], []
    if weights.shape[1] > 1 and len(usable):
        struck = left_out.copy()
        struck[np.arange(len(own)), own] = -np.inf
        parts.append(scope_signs(struck, temperature, near_others))
        share = _SIMULATED_SHARE if len(outside) else 1.0
        part_weights.append(np.full(len(own), share / len(own)))
    if len(outside):
        scores = (outside @ weights + bias).astype(np.float64)
        parts.append(scope_signs(scores, temperature, nearness(outside, examples)))
        share = 1.0 - _SIMULATED_SHARE if len(parts) > 1 else 1.0
        part_weights.append(np.full(len(outside), share / len(outside)))
    if not len(usable):
        # One example an intent: nothing is left to be judged by when one is left out.
        scores = (features @ weights + bias).astype(np.float64)
        inside = scope_signs(scores, temperature, nearness(features, examples))
        right = np.ones(len(features), np.bool_)
    if not parts:
        # A single intent and nothing beside it: whatever is far from its examples.
        parts.append(inside - 3 * np.maximum(inside.std(axis=0), _LEAST_SPREAD))
        part_weights.append(np.ones(len(inside)))
    model = fit_scope(inside, np.concatenate(parts), np.concatenate(part_weights))
    threshold = choose_threshold(model.probability(inside), right, lost=LOST)
    return replace(model, threshold=threshold)


def _left_out_nearness(
    examples: Features, labels: NDArray[np.int64], rows: NDArray[np.int64]
) -> tuple[Array, Array]:
    """Return how near some examples lie to the others, and to those of other intents.

    Args:
        examples: (n, d) unit rows.
        labels: (n,).
        rows: Which examples to work it out for.

    Returns:
        Twice (rows, 2), as `nearness`.
    """
    near, near_others = [np.zeros((0, 2))], [np.zeros((0, 2))]
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        block = rows[start : start + _ROWS_AT_ONCE]
        cosines = examples[block] @ examples.T
        cosines[np.arange(len(block)), block] = -1.0
        near.append(_top(cosines))
        cosines[labels[block][:, None] == labels] = -1.0
        near_others.append(_top(cosines))
    return np.concatenate(near), np.concatenate(near_others)


def _top(cosines: NDArray[np.float32]) -> Array:
    k = min(NEIGHBOURS, cosines.shape[1])
    top = np.partition(cosines, -k, axis=1)[:, -k:]
    return np.column_stack([top.max(axis=1), top.mean(axis=1)]).astype(np.float64)
