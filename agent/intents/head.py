"""The default classifier: a head on the frozen sentence encoder.

Here is what runs; `training.py` makes one. On disk: `intents.json` (labels and settings) and
`intents.safetensors`, no pickle. The encoder is not stored, its id is: a head on other
vectors would be noise.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.special import softmax

from agent.errors import IntentError
from agent.intents.features import Features, QueryEncoder, message_features, plain_text, word_list
from agent.intents.kernel import closeness
from agent.intents.scope import SIGNS, ScopeModel, scope_signs
from agent.intents.spelling import Speller
from agent.intents.storage import read_tensors, write_classifier
from agent.types import IntentRanking, IntentScore

__all__ = ["KIND", "HeadClassifier", "HeadWeights", "nearest_few", "voters", "votes"]

KIND = "head"
_TOP = 5
_NEIGHBOURS = 5
# How far in cosine a neighbour's vote falls by a factor of e, and what none at all counts.
_REACH = 0.03
_FLOOR = 1e-4

Array = NDArray[np.float64]


@dataclass(frozen=True)
class HeadWeights:
    """What was learned.

    Attributes:
        intents: Sorted; the columns of `strengths`.
        landmarks: (m, d) float16, unit rows.
        strengths: (m, c) float32.
        width: Of the kernel between a message and a landmark.
        temperature: What scores are divided by to become log probabilities.
        examples: (n, d) float16, unit rows: the neighbours.
        labels: (n,) int32, their places in `intents`.
        blend: How much the neighbours' votes count beside the scores.
        scope: In scope or not.
        words: Of the examples, used most first: slips of the finger are mended to them.
    """

    intents: tuple[str, ...]
    landmarks: NDArray[np.float16]
    strengths: NDArray[np.float32]
    width: float
    temperature: float
    examples: NDArray[np.float16]
    labels: NDArray[np.int32]
    blend: float
    scope: ScopeModel
    words: tuple[str, ...] = ()


class HeadClassifier:
    """Ranks intents by a head on a frozen encoder (see types.IntentClassifier).

    Immutable and safe across threads. Make one with `train_intents`, or `load`.
    """

    def __init__(self, learned: HeadWeights, *, encoder: QueryEncoder) -> None:
        """Join what was learned with the encoder that it was learned on."""
        self._learned = learned
        self._encoder = encoder
        self._landmarks = learned.landmarks.astype(np.float32)
        self._examples = learned.examples.astype(np.float32)
        self._voters = voters(learned.labels, len(learned.intents))
        self._speller = Speller(learned.words, word_list(encoder))

    @property
    def intents(self) -> tuple[str, ...]:
        """The closed list, sorted."""
        return self._learned.intents

    @property
    def encoder_id(self) -> str:
        """The encoder it was trained on."""
        return self._encoder.id

    @property
    def threshold(self) -> float:
        """Least probability of being in scope at which the best label is believed."""
        return self._learned.scope.threshold

    @cached_property
    def id(self) -> str:
        """Kind and content hash: `head@1f2e3d4c5b6a`."""
        total = sha256(json.dumps(self._settings(), sort_keys=True).encode("utf-8"))
        for _, tensor in sorted(self._tensors().items()):
            total.update(np.ascontiguousarray(tensor).tobytes())
        return f"{KIND}@{total.hexdigest()[:12]}"

    def classify(self, texts: Sequence[str]) -> list[IntentRanking]:
        """Return one ranking a text; an empty text is out of scope."""
        if not texts:
            return []
        plain = [self._speller.mended(plain_text(text)) for text in texts]
        features = message_features(self._encoder, plain)
        rankings = self.rank(features, empty=[not text for text in plain])
        return [replace(ranking, said=text) for ranking, text in zip(rankings, plain, strict=True)]

    def rank(self, features: Features, *, empty: Sequence[bool] = ()) -> list[IntentRanking]:
        """Rank messages whose features are at hand.

        Args:
            features: (n, d) from `message_features`.
            empty: Which of them hold no text; none if left out.
        """
        learned = self._learned
        kernel = closeness(features, self._landmarks, learned.width)
        scores = (kernel @ learned.strengths).astype(np.float64)
        cosines = features @ self._examples.T
        logits = scores / learned.temperature
        blended = logits + learned.blend * votes(cosines, self._voters)
        chances = learned.scope.probability(
            scope_signs(scores, logits, blended, nearest_few(cosines))
        )
        probabilities = softmax(blended, axis=1)
        rankings = []
        for row, (chance, line) in enumerate(zip(chances, probabilities, strict=True)):
            # Ties go by name: a stable sort of a sorted list.
            best = np.argsort(-line, kind="stable")[:_TOP]
            rankings.append(
                IntentRanking(
                    tuple(IntentScore(learned.intents[i], float(line[i])) for i in best),
                    in_scope=0.0 if empty and empty[row] else float(chance),
                    threshold=learned.scope.threshold,
                )
            )
        return rankings

    def save(self, folder: Path) -> None:
        """Write the classifier; a reader sees the old one or the new one.

        Raises:
            IntentError: The folder can't be written.
        """
        self.save_as(folder, KIND, {})

    def save_as(self, folder: Path, kind: str, settings: Mapping[str, Any]) -> None:
        """Write it as part of another kind of classifier, with further settings.

        Raises:
            IntentError: The folder can't be written.
        """
        write_classifier(folder, kind, {**self._settings(), **settings}, self._tensors())

    @classmethod
    def load(cls, folder: Path, encoder: QueryEncoder) -> HeadClassifier:
        """Load what `save` wrote.

        Raises:
            IntentError: There is no such classifier, it is damaged, or it was trained on
                another encoder.
        """
        settings, tensors = read_tensors(folder, KIND)
        if settings.get("encoder") != encoder.id:
            raise IntentError(
                f"the intent classifier in {str(folder)!r} was trained on encoder "
                f"{settings.get('encoder')!r}, but {encoder.id!r} is in use; "
                "train it again with `frontdesk train intents`, or name the encoder it needs"
            )
        return cls.of(folder, settings, tensors, encoder)

    @classmethod
    def of(
        cls,
        folder: Path,
        settings: Mapping[str, Any],
        tensors: Mapping[str, NDArray[Any]],
        encoder: QueryEncoder,
    ) -> HeadClassifier:
        """Put one together from what was read from `folder`.

        Raises:
            IntentError: The parts don't belong together.
        """
        return cls(_learned(folder, settings, tensors), encoder=encoder)

    def _settings(self) -> dict[str, Any]:
        learned = self._learned
        return {
            "encoder": self._encoder.id,
            "intents": list(learned.intents),
            "width": learned.width,
            "temperature": learned.temperature,
            "blend": learned.blend,
            "words": list(learned.words),
            "scope": {
                "signs": list(SIGNS),
                "centre": learned.scope.centre.tolist(),
                "scale": learned.scope.scale.tolist(),
                "weights": learned.scope.weights.tolist(),
                "bias": learned.scope.bias,
                "threshold": learned.scope.threshold,
            },
        }

    def _tensors(self) -> dict[str, NDArray[Any]]:
        learned = self._learned
        return {
            "landmarks": learned.landmarks,
            "strengths": learned.strengths,
            "examples": learned.examples,
            "labels": learned.labels,
        }


def nearest_few(cosines: NDArray[np.float32]) -> Array:
    """Return (n, 2) the highest, and the mean of the highest few, of (n, m) cosines."""
    k = min(_NEIGHBOURS, cosines.shape[1])
    top = np.partition(cosines, -k, axis=1)[:, -k:]
    return np.column_stack([top.max(axis=1), top.mean(axis=1)]).astype(np.float64)


def voters(labels: NDArray[np.integer[Any]], n_intents: int) -> csr_array:
    """Return the (m, c) table that says which intent each example votes for."""
    m = len(labels)
    return csr_array(
        (np.ones(m, np.float32), (np.arange(m), labels.astype(np.int64))), shape=(m, n_intents)
    )


def votes(cosines: NDArray[np.float32], table: csr_array) -> Array:
    """Return (n, c): the log of each intent's share of the neighbours' votes.

    All examples vote, with a weight that falls quickly with distance. A floor keeps an
    intent without a near example in the race.

    Args:
        cosines: (n, m) to the examples; -inf bars one from voting.
        table: From `voters`.
    """
    weights = np.exp((cosines - cosines.max(axis=1, keepdims=True)) / _REACH)
    shares = (table.T @ weights.T).T.astype(np.float64)
    shares /= shares.sum(axis=1, keepdims=True)
    logs: Array = np.log(shares + _FLOOR)
    return logs


def _learned(
    folder: Path, settings: Mapping[str, Any], tensors: Mapping[str, NDArray[Any]]
) -> HeadWeights:
    try:
        scope = settings["scope"]
        intents = tuple(str(name) for name in settings["intents"])
        landmarks, strengths = tensors["landmarks"], tensors["strengths"]
        examples, labels = tensors["examples"], tensors["labels"]
        width, blend = float(settings["width"]), float(settings["blend"])
        signs = len(SIGNS)
        model = ScopeModel(
            np.asarray(scope["centre"], np.float64),
            np.asarray(scope["scale"], np.float64),
            np.asarray(scope["weights"], np.float64),
            float(scope["bias"]),
            float(scope["threshold"]),
        )
        temperature = float(settings["temperature"])
        words = tuple(str(word) for word in settings.get("words", ()))
        fits = (
            list(scope["signs"]) == list(SIGNS)
            and model.centre.shape == model.scale.shape == model.weights.shape == (signs,)
            and landmarks.ndim == strengths.ndim == examples.ndim == 2
            and strengths.shape == (len(landmarks), len(intents))
            and examples.shape[1] == landmarks.shape[1]
            and labels.shape == (len(examples),)
            and len(examples) > 0
            and 0 <= int(labels.min()) <= int(labels.max()) < len(intents)
            and width > 0
            and temperature > 0
        )
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise IntentError(
            f"the intent classifier in {str(folder)!r} is damaged "
            f"({type(error).__name__}: {error}); train it again"
        ) from error
    if not fits:
        raise IntentError(
            f"the intent classifier in {str(folder)!r} is damaged: its files don't belong "
            "together; train it again"
        )
    return HeadWeights(
        intents, landmarks, strengths, width, temperature, examples, labels, blend, model, words
    )
