"""The intent doctor: what is wrong with a set of examples, and what mending it would bring.

Each example is encoded once. Every verdict on an example comes from a classifier that was
trained on all the others (`leave_one_out.py`).

- **The same message under two intents**: equal but for case and punctuation, or encodings
  nearly equal.
- **Mislabelled**: confident learning (Northcutt et al., 2021, arXiv:1911.00068): another
  intent is at least as probable as it is for its own examples on average, and the given one
  is improbable. Where many examples of an intent lean to the same other one it is a
  collision, not a slip, and is reported as that. Out-of-scope examples are left alone:
  reading like an intent without being one is what the good ones are for.
- **Colliding**: two intents that are taken for each other, with the accuracy after merging.
- **Too few** examples to learn from.

Which intents an article answers is `answered.py`'s question.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from agent.intents.formats import LoadedIntents
from agent.intents.leave_one_out import LeftOut, leave_one_out
from agent.types import IntentExample
from agent.workshop.doctor.opposites import are_opposites, intents_are_opposites
from retrieval.types import Matrix

__all__ = [
    "ENOUGH_EXAMPLES",
    "Collision",
    "Diagnosis",
    "ExampleEncoder",
    "Mislabelled",
    "SameMessage",
    "TooFew",
    "examine",
]

ENOUGH_EXAMPLES = 5
"""With fewer, an intent is hardly learned."""

NEARLY_EQUAL = 0.97
"""Cosine of two encodings from which on two messages say the same."""

CONFUSED_SHARE = 0.1
"""Share of two intents' examples taken for the other from which on the two collide."""

CONFUSED_LEAST = 3
"""A pair with fewer confused examples isn't worth a line."""

_PROBABLE = 0.7
_IMPROBABLE = 0.05
"""A label that was given wrongly is less probable than this."""

_LEAST = 3
"""With fewer examples, the others say nothing about what belongs to an intent."""

_NEIGHBOURS = 5
_MARGIN = 2
"""How many more of a slip's nearest examples bear the other label than the given one."""

_SLIPS = 0.2
"""If more of an intent's examples than this lean to the same other one, it's no slip."""

_BLOCK = 1024
_WORDS = re.compile(r"\w+")


class ExampleEncoder(Protocol):
    """The part of `retrieval.encoding.encoder.SentenceEncoder` that the doctor needs."""

    def encode_queries(
        self, texts: Sequence[str], *, progress: Callable[[int, int], None] | None = None
    ) -> Matrix:
        """Return one unit row a text."""
        ...


@dataclass(frozen=True)
class SameMessage:
    """Two examples that say the same under different intents; similarity is their cosine."""

    first: IntentExample
    second: IntentExample
    similarity: float


@dataclass(frozen=True)
class Mislabelled:
    """An example that looks as if it belonged elsewhere.

    Attributes:
        example: With its given intent.
        likely: The intent it reads like; None is out of scope.
        given_probability: Of its own intent, by all other examples, 0 to 1.
        likely_probability: Of the other.
    """

    example: IntentExample
    likely: str | None
    given_probability: float
    likely_probability: float


@dataclass(frozen=True)
class Collision:
    """Two intents that are taken for each other.

    Attributes:
        first: The one with fewer examples comes second.
        second: The other.
        confused: Examples of one taken for the other.
        of: Examples of both.
        examples: The confused ones, surest first.
        accuracy_before: Over all examples in scope, by cross-validation, 0 to 1.
        accuracy_after: The same examples, with the two intents merged.
    """

    first: str
    second: str
    confused: int
    of: int
    examples: tuple[IntentExample, ...]
    accuracy_before: float
    accuracy_after: float


@dataclass(frozen=True)
class TooFew:
    """An intent with too few examples; `missing` more make it enough."""

    intent: str
    count: int
    missing: int


@dataclass(frozen=True)
class Diagnosis:
    """Everything found, each list with the gravest first.

    Attributes:
        loaded: What was examined, with what could not be read and what was repeated.
        intents: Intent → number of examples, sorted by name.
        out_of_scope: Number of out-of-scope examples.
        accuracy: Of in-scope examples by cross-validation, 0 to 1; None with one intent.
        same_message: Pairs under different intents.
        mislabelled: Examples.
        collisions: Pairs of intents.
        too_few: Intents.
    """

    loaded: LoadedIntents
    intents: dict[str, int]
    out_of_scope: int
    accuracy: float | None
    same_message: tuple[SameMessage, ...] = ()
    mislabelled: tuple[Mislabelled, ...] = ()
    collisions: tuple[Collision, ...] = ()
    too_few: tuple[TooFew, ...] = ()

    @property
    def findings(self) -> int:
        """How many things a person should look at, unreadable lines aside."""
        return (
            len(self.loaded.duplicates)
            + len(self.same_message)
            + len(self.mislabelled)
            + len(self.collisions)
            + len(self.too_few)
        )


def examine(
    loaded: LoadedIntents,
    *,
    encoder: ExampleEncoder,
    progress: Callable[[int, int], None] | None = None,
) -> Diagnosis:
    """Look for what is wrong with a set of examples.

    Args:
        loaded: As `load_intents` gives it.
        encoder: Encodes each example once.
        progress: Called with (texts encoded, texts in all).
    """
    examples = loaded.examples
    counts = Counter(example.intent for example in examples)
    intents = {intent: counts[intent] for intent in sorted(filter(None, counts))}
    counted = Diagnosis(loaded, intents, counts[None], None, too_few=_too_few(intents))
    labels: list[str | None] = [*intents, *([None] if counts[None] else [])]
    if len(labels) < 2:
        return counted
    encodings = encoder.encode_queries([example.text for example in examples], progress=progress)
    gold = np.array([labels.index(example.intent) for example in examples], np.intp)
    verdicts = leave_one_out(encodings, gold, len(labels))
    in_scope = np.array([example.intent is not None for example in examples])
    same = _same_messages(examples, encodings, gold)
    slips, leaning = _mislabelled(verdicts, encodings, in_scope, same.involved)
    colliding = {
        pair: rows
        for pair, rows in _confused(verdicts, labels, same.involved).items()
        if pair in leaning or _collides(verdicts, pair, [row for row in rows if row not in slips])
    }
    return replace(
        counted,
        accuracy=verdicts.accuracy(in_scope),
        same_message=same.pairs,
        mislabelled=tuple(
            Mislabelled(
                examples[row],
                labels[other],
                float(verdicts.probabilities[row, gold[row]]),
                float(verdicts.probabilities[row, other]),
            )
            for row, other in slips.items()
            if _pair(int(gold[row]), other) not in colliding
        ),
        collisions=_collisions(examples, labels, verdicts, in_scope, colliding),
    )


def _too_few(intents: Mapping[str, int]) -> tuple[TooFew, ...]:
    """Return the intents with too few examples, the fewest first."""
    fewest = sorted(intents.items(), key=lambda entry: entry[1])
    missing = [(intent, count, ENOUGH_EXAMPLES - count) for intent, count in fewest]
    return tuple(TooFew(*entry) for entry in missing if entry[2] > 0)


_Pair = tuple[int, int]
"""Two label indices, the smaller first."""


@dataclass(frozen=True)
class _Same:
    pairs: tuple[SameMessage, ...]
    involved: frozenset[int]


def _same_messages(
    examples: Sequence[IntentExample], encodings: Matrix, gold: NDArray[np.intp]
) -> _Same:
    """Pair each message with the most similar earlier one that has another label."""
    pairs: list[SameMessage] = []
    involved: set[int] = set()
    words = [" ".join(_WORDS.findall(example.text.casefold())) for example in examples]
    with_words: dict[str, list[int]] = defaultdict(list)
    for row, key in enumerate(words):
        if key:
            with_words[key].append(row)
    for start in range(0, len(examples), _BLOCK):
        block = encodings[start : start + _BLOCK] @ encodings.T
        block[gold[start : start + _BLOCK, None] == gold[None, :]] = -1.0
        for offset, row in enumerate(range(start, min(start + _BLOCK, len(examples)))):
            other = next(
                (
                    earlier
                    for earlier in with_words.get(words[row], ())
                    if earlier < row and gold[earlier] != gold[row]
                ),
                None,
            )
            if other is None and row and block[offset, :row].max() >= NEARLY_EQUAL:
                nearest = int(block[offset, :row].argmax())
                if not are_opposites(examples[nearest].text, examples[row].text):
                    other = nearest
            if other is not None:
                similarity = min(1.0, float(encodings[row] @ encodings[other]))
                pairs.append(SameMessage(examples[other], examples[row], similarity))
                involved |= {row, other}
    pairs.sort(key=lambda pair: -pair.similarity)
    return _Same(tuple(pairs), frozenset(involved))


def _mislabelled(
    verdicts: LeftOut,
    encodings: Matrix,
    in_scope: NDArray[np.bool_],
    aside: frozenset[int],
) -> tuple[dict[int, int], set[_Pair]]:
    """Return row → likely label of slips, surest first, and pairs with too many for slips."""
    probabilities, gold = verdicts.probabilities, verdicts.gold
    rows = np.arange(len(gold))
    given = probabilities[rows, gold]
    sizes = np.bincount(gold, minlength=probabilities.shape[1])
    # Confident learning's threshold: how probable a label is, on average, for its own.
    usual = np.bincount(gold, weights=given, minlength=len(sizes)) / np.maximum(sizes, 1)
    best = probabilities.argmax(axis=1)
    sure = probabilities[rows, best]
    near, own = _neighbours(encodings, gold, best)
    suspects = (
        in_scope
        & (sizes[gold] >= _LEAST)
        & (best != gold)
        & (sure >= np.maximum(usual[best], _PROBABLE))
        & (given <= _IMPROBABLE)
        & (near >= own + _MARGIN)
    )
    towards: dict[tuple[int, int], list[int]] = defaultdict(list)
    for row in np.flatnonzero(suspects):
        if int(row) not in aside:
            towards[int(gold[row]), int(best[row])].append(int(row))
    slips: dict[int, int] = {}
    leaning: set[_Pair] = set()
    for (label, other), found in towards.items():
        if len(found) > max(1, int(_SLIPS * sizes[label])):
            leaning.add(_pair(label, other))
        else:
            slips.update((row, other) for row in found)
    surest = sorted(slips.items(), key=lambda slip: given[slip[0]] - sure[slip[0]])
    return dict(surest), leaning


def _pair(first: int, second: int) -> _Pair:
    return min(first, second), max(first, second)


def _neighbours(
    encodings: Matrix, gold: NDArray[np.intp], best: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Count how many of each example's nearest ones carry the likely and the given label."""
    count = min(_NEIGHBOURS, len(gold) - 1)
    likely = np.zeros(len(gold), np.intp)
    given = np.zeros(len(gold), np.intp)
    for start in range(0, len(gold), _BLOCK):
        rows = np.arange(start, min(start + _BLOCK, len(gold)))
        similarity = encodings[rows] @ encodings.T
        similarity[np.arange(len(rows)), rows] = -np.inf
        nearest = gold[np.argpartition(-similarity, count - 1, axis=1)[:, :count]]
        likely[rows] = (nearest == best[rows, None]).sum(axis=1)
        given[rows] = (nearest == gold[rows, None]).sum(axis=1)
    return likely, given


def _confused(
    verdicts: LeftOut, labels: Sequence[str | None], aside: frozenset[int]
) -> dict[_Pair, list[int]]:
    """Return the rows that pairs of intents in scope are taken for each other in."""
    gold, predicted = verdicts.gold, verdicts.predicted
    confused: dict[_Pair, list[int]] = defaultdict(list)
    for row in map(int, np.flatnonzero(gold != predicted)):
        own, other = int(gold[row]), int(predicted[row])
        if row not in aside and labels[own] is not None and labels[other] is not None:
            confused[_pair(own, other)].append(row)
    return confused


def _collides(verdicts: LeftOut, pair: _Pair, rows: Sequence[int]) -> bool:
    """Tell whether so many examples, slips aside, are enough for a collision."""
    of = int(np.isin(verdicts.gold, pair).sum())
    return len(rows) >= CONFUSED_LEAST and len(rows) >= CONFUSED_SHARE * of


def _collisions(
    examples: Sequence[IntentExample],
    labels: Sequence[str | None],
    verdicts: LeftOut,
    in_scope: NDArray[np.bool_],
    colliding: Mapping[_Pair, list[int]],
) -> tuple[Collision, ...]:
    """Word the pairs that collide, the most confused first."""
    gold = verdicts.gold
    sizes = np.bincount(gold, minlength=len(labels))
    before = verdicts.accuracy(in_scope)
    found = []
    for (first, second), rows in colliding.items():
        if intents_are_opposites(str(labels[first]), str(labels[second]), examples):
            continue
        surest = sorted(rows, key=lambda row: verdicts.probabilities[row, gold[row]])
        larger, smaller = sorted((first, second), key=lambda label: -sizes[label])
        found.append(
            Collision(
                str(labels[larger]),
                str(labels[smaller]),
                len(rows),
                int(sizes[first] + sizes[second]),
                tuple(examples[row] for row in surest),
                before,
                verdicts.accuracy_merged(first, second, in_scope),
            )
        )
    found.sort(key=lambda pair: (-pair.confused / pair.of, pair.first, pair.second))
    return tuple(found)
