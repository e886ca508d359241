"""Train a head on the frozen encoder, calibrate it, and learn when to refuse.

Everything that is chosen is chosen by scores that an example gets from a head trained
without it; see kernel.py for how those come free of charge.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import logsumexp

from agent.errors import IntentError
from agent.intents.features import (
    Features,
    QueryEncoder,
    message_features,
    name_text,
    plain_text,
)
from agent.intents.head import HeadClassifier, HeadWeights, nearest_few, voters, votes
from agent.intents.kernel import KernelFit, closeness, fit_kernel
from agent.intents.scope import choose_threshold, fit_scope, scope_signs
from agent.intents.spelling import words_of
from agent.types import IntentExample

__all__ = ["LOST", "TrainingFeatures", "encode_examples", "learn", "train_intents"]

Array = NDArray[np.float64]
Labels = NDArray[np.int64]

LOST = 0.005
"""Share of rightly labelled messages that the threshold may refuse."""

# Chosen by training rows held out. With many examples (CLINC150, BANKING77) accuracy is flat
# in width from 0.3 to 1; with ten an intent (of BANKING77, five draws) a narrower kernel, a
# stronger ridge and names that count as three examples bring 0.2 points.
_FEW = 30
_MANY_SETTING, _FEW_SETTING = (1.0, 0.03, 1), (0.5, 0.1, 3)
_BLENDS = (0.0, 0.25, 0.5, 0.75, 1.0)
_ROWS_AT_ONCE = 1024
# Examples that calibration and scope are fitted on; more change nothing but the time.
_MOST_ROWS = 4000
# What is marked as out of scope is known, an intent that nobody thought of is imagined.
_IMAGINED_SHARE = 0.3
_LEAST_SPREAD = 1e-3


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
            knowledge base, article titles): material for learning to refuse. Unlike marked
            examples they don't push intents away, since an article may say what one does.
        seed: Of what is drawn at random.
        progress: Called with (texts encoded, texts in all).

    Raises:
        IntentError: No example carries a text and an intent.
    """
    given, intents = encode_examples(examples, background, encoder=encoder, progress=progress)
    words = words_of(example.text for example in examples)
    return HeadClassifier(replace(learn(given, intents, seed=seed), words=words), encoder=encoder)


def encode_examples(
    examples: Sequence[IntentExample],
    background: Sequence[str],
    *,
    encoder: QueryEncoder,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[TrainingFeatures, tuple[str, ...]]:
    """Encode everything that a head is trained on.

    Returns:
        The features, and the intents' names, sorted.

    Raises:
        IntentError: No example carries a text and an intent.
    """
    inside = [(plain_text(e.text), e.intent) for e in examples if e.intent is not None]
    inside = [(text, intent) for text, intent in inside if text]
    if not inside:
        raise IntentError(
            f"none of {len(examples)} examples carries both a text and an intent; "
            "expected at least one, and better five to ten an intent"
        )
    intents = tuple(sorted({str(intent) for _, intent in inside}))
    place = {intent: i for i, intent in enumerate(intents)}
    marked = [text for e in examples if e.intent is None and (text := plain_text(e.text))]
    other = [text for message in background if (text := plain_text(message))]
    named = [(i, text) for i, intent in enumerate(intents) if (text := name_text(intent))]
    texts = [*(text for text, _ in inside), *marked, *other, *(text for _, text in named)]
    features = message_features(encoder, texts, progress=progress)
    edges = np.cumsum([len(inside), len(marked), len(other)])
    examples_rows, marked_rows, other_rows, name_rows = np.split(features, edges)
    given = TrainingFeatures(
        examples_rows,
        np.array([place[str(intent)] for _, intent in inside], np.int64),
        marked_rows,
        other_rows,
        name_rows,
        np.array([i for i, _ in named], np.int64),
    )
    return given, intents


@dataclass(frozen=True)
class TrainingFeatures:
    """Everything a head is trained on, encoded; all (rows, d), unit rows.

    Attributes:
        examples: In scope.
        labels: (n,) their intents' places; each occurs.
        marked: Marked as out of scope.
        background: Out of scope, for learning to refuse alone.
        names: Names of intents, each one more example of its intent, or several.
        named: The intents' places.
    """

    examples: Features
    labels: Labels
    marked: Features
    background: Features
    names: Features
    named: Labels


def learn(
    given: TrainingFeatures,
    intents: tuple[str, ...],
    *,
    seed: int = 1,
    judged: Labels | None = None,
) -> HeadWeights:
    """Train from features that are at hand.

    Args:
        given: The features.
        intents: Sorted names.
        seed: Of what is drawn at random.
        judged: Which examples to calibrate on, where the encoder itself was trained on the
            others; None is all that have company in their intent.
    """
    draw = np.random.default_rng(seed)
    n, c = len(given.labels), len(intents)
    width, ridge, name_count = _FEW_SETTING if n <= _FEW * c else _MANY_SETTING
    given = replace(
        given,
        names=np.repeat(given.names, name_count, axis=0),
        named=np.repeat(given.named, name_count),
    )
    rows = np.concatenate([given.examples, given.marked, given.names])
    targets = np.full((len(rows), c), -1 / c, np.float32)
    targets[np.arange(n), given.labels] += 1
    first_name = n + len(given.marked)
    targets[first_name + np.arange(len(given.named)), given.named] += 1
    fit = fit_kernel(rows, targets, width=width, ridge=ridge, draw=draw)

    counts = np.bincount(given.labels, minlength=c)
    if judged is None:
        judged = np.flatnonzero(counts[given.labels] > 1)
    if len(judged) > _MOST_ROWS:
        judged = np.sort(draw.choice(judged, _MOST_ROWS, replace=False))
    if not len(judged):
        # One example an intent: nothing of it is left when that is left out.
        judged = np.arange(n)
    near, own_votes, far, far_votes = _left_out_neighbours(given, judged, c)
    scores = fit.left_out(judged)
    temperature, blend = _calibrate(scores, own_votes, given.labels[judged])

    def signs(scores: Array, voted: Array, near: Array) -> Array:
        logits = scores / temperature
        return scope_signs(scores, logits, logits + blend * voted, near)

    inside = signs(scores, own_votes, near)
    right = (scores / temperature + blend * own_votes).argmax(axis=1) == given.labels[judged]
    outside, weights = [], []
    if c > 1:
        struck = _intents_left_out(fit, given, judged)
        outside.append(signs(struck, far_votes, far))
        weights.append(_IMAGINED_SHARE)
    known = np.concatenate([given.marked, given.background])
    if len(known):
        cosines = known @ given.examples.T
        known_scores = (closeness(known, fit.landmarks, width) @ fit.strengths).astype(np.float64)
        known_scores[: len(given.marked)] = fit.left_out(np.arange(n, first_name))
        outside.append(
            signs(known_scores, votes(cosines, voters(given.labels, c)), nearest_few(cosines))
        )
        weights.append(1 - _IMAGINED_SHARE)
    if not outside:
        # A single intent and nothing beside it: whatever is far from its examples.
        outside.append(inside - 3 * np.maximum(inside.std(axis=0), _LEAST_SPREAD))
        weights.append(1.0)
    model = fit_scope(
        inside,
        np.concatenate(outside),
        np.concatenate(
            [np.full(len(o), w / len(o)) for o, w in zip(outside, weights, strict=True)]
        ),
    )
    threshold = choose_threshold(model.probability(inside), right, lost=LOST)
    return HeadWeights(
        intents,
        fit.landmarks.astype(np.float16),
        fit.strengths,
        width,
        temperature,
        given.examples.astype(np.float16),
        given.labels.astype(np.int32),
        blend,
        replace(model, threshold=threshold),
    )


def _calibrate(scores: Array, voted: Array, labels: Labels) -> tuple[float, float]:
    """Return the temperature with the least left-out loss, and the neighbours' weight.

    One imagined example that could be anything is added: few examples never look certain.

    Args:
        scores: (n, c) left out.
        voted: (n, c) log shares, left out.
        labels: (n,).
    """
    rows = np.arange(len(labels))
    doubt = 1 / (len(labels) + 1)

    def loss(log_temperature: float, blend: float) -> float:
        logits = scores * np.exp(-log_temperature) + blend * voted
        wanted = (1 - doubt) * logits[rows, labels] + doubt * logits.mean(axis=1)
        return float((logsumexp(logits, axis=1) - wanted).mean())

    def temperature(blend: float) -> float:
        found = minimize_scalar(
            loss, bounds=(-4.0, 1.0), args=(blend,), method="bounded", options={"xatol": 0.02}
        )
        return float(np.exp(found.x))

    # Votes must earn their place: by more right labels than chance would bring among those
    # that change. With ten examples an intent they don't, and cost accuracy.
    best_blend, best_temperature = 0.0, temperature(0.0)
    best_right = alone = scores.argmax(axis=1) == labels
    for blend in _BLENDS[1:]:
        tried = temperature(blend)
        right = (scores / tried + blend * voted).argmax(axis=1) == labels
        earned = right.sum() - alone.sum() > np.sqrt((right != alone).sum())
        if earned and right.sum() > best_right.sum():
            best_blend, best_temperature, best_right = blend, tried, right
    return best_temperature, best_blend


def _intents_left_out(fit: KernelFit, given: TrainingFeatures, judged: Labels) -> Array:
    """Return (judged, c): what heads say that never heard of each example's intent."""
    n, first_name = len(given.labels), len(given.labels) + len(given.marked)
    place = np.full(n, -1, np.int64)
    place[judged] = np.arange(len(judged))
    scores = np.empty((len(judged), fit.targets.shape[1]))
    for intent in np.unique(given.labels[judged]):
        own = np.flatnonzero(given.labels == intent)
        names = first_name + np.flatnonzero(given.named == intent)
        left = fit.left_out_together(np.concatenate([own, names]))[: len(own)]
        left[:, intent] = -np.inf
        seen = place[own] >= 0
        scores[place[own[seen]]] = left[seen]
    return scores


def _left_out_neighbours(
    given: TrainingFeatures, judged: Labels, n_intents: int
) -> tuple[Array, Array, Array, Array]:
    """Return what neighbours say of examples: without the example, and without its intent.

    Returns:
        Nearness (judged, 2) and votes (judged, c), twice.
    """
    table = voters(given.labels, n_intents)
    found: list[tuple[Array, Array, Array, Array]] = []
    for start in range(0, len(judged), _ROWS_AT_ONCE):
        block = judged[start : start + _ROWS_AT_ONCE]
        cosines = given.examples[block] @ given.examples.T
        if len(given.labels) > 1:
            cosines[np.arange(len(block)), block] = -1.0
        near, voted = nearest_few(cosines), votes(cosines, table)
        cosines[given.labels[block][:, None] == given.labels] = -1.0
        found.append((near, voted, nearest_few(cosines), votes(cosines, table)))
    near, voted, far, far_voted = (np.concatenate(part) for part in zip(*found, strict=True))
    return near, voted, far, far_voted
