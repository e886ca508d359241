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
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from agent.intents.formats import LoadedIntents
from agent.intents.leave_one_out import LeftOut, leave_one_out
from agent.types import IntentExample
from retrieval.types import Matrix

__all__ = [
    "ENOUGH_EXAMPLES",
    "Collision",
    "Diagnosis",
    "Mislabelled",
    "QueryEncoder",
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

_NEIGHBOURS = 5
_MARGIN = 2
"""How many more of a slip's nearest examples bear the other label than the given one."""

_SLIPS = 0.2
"""If more of an intent's examples than this lean to the same other one, it's no slip."""

_BLOCK = 1024
_WORDS = re.compile(r"\w+")


class QueryEncoder(Protocol):
    """The part of `retrieval.encoding.SentenceEncoder` that the doctor needs."""

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
    encoder: QueryEncoder,
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
    diagnosis = Diagnosis(
        loaded,
        intents,
        counts[None],
        None,
        too_few=tuple(
            TooFew(intent, count, ENOUGH_EXAMPLES - count)
            for intent, count in sorted(intents.items(), key=lambda entry: entry[1])
            if count < ENOUGH_EXAMPLES
        ),
    )
    labels: list[str | None] = [*intents, *([None] if counts[None] else [])]
    if len(labels) < 2:
        return diagnosis
    encodings = encoder.encode_queries([example.text for example in examples], progress=progress)
    place = {label: index for index, label in enumerate(labels)}
    gold = np.array([place[example.intent] for example in examples], np.intp)
    verdicts = leave_one_out(encodings, gold, len(labels))
    in_scope = np.array([example.intent is not None for example in examples])
    same = _same_messages(examples, encodings, gold)
    leaning, leaning_pairs = _mislabelled(verdicts, encodings, in_scope, same.involved)
    return Diagnosis(
        loaded,
        intents,
        counts[None],
        verdicts.accuracy(in_scope),
        same.pairs,
        tuple(
            Mislabelled(
                examples[row],
                labels[other],
                float(verdicts.probabilities[row, gold[row]]),
                float(verdicts.probabilities[row, other]),
            )
            for row, other in leaning
        ),
        tuple(
            _collisions(
                examples,
                labels,
                verdicts,
                in_scope,
                aside=same.involved | {row for row, _ in leaning},
                certain=leaning_pairs,
            )
        ),
        diagnosis.too_few,
    )


@dataclass(frozen=True)
class _Same:
    pairs: tuple[SameMessage, ...]
    involved: frozenset[int]


def _words(text: str) -> str:
    return " ".join(_WORDS.findall(text.casefold()))


def _same_messages(
    examples: Sequence[IntentExample], encodings: Matrix, gold: NDArray[np.intp]
) -> _Same:
    """Pair each message with the most similar earlier one that has another label."""
    pairs: list[SameMessage] = []
    involved: set[int] = set()
    words = [_words(example.text) for example in examples]
    with_words: dict[str, list[int]] = defaultdict(list)
    for row, key in enumerate(words):
        if key:
            with_words[key].append(row)
    for start in range(0, len(examples), _BLOCK):
        block = encodings[start : start + _BLOCK] @ encodings.T
        block[gold[start : start + _BLOCK, None] == gold[None, :]] = -1.0
        for offset, row in enumerate(range(start, min(start + _BLOCK, len(examples)))):
            near = block[offset, :row]
            earlier = (
                {other for other in with_words[words[row]] if other < row} if words[row] else set()
            )
            earlier = {other for other in earlier if gold[other] != gold[row]}
            other = min(earlier) if earlier else int(near.argmax()) if row else -1
            if other < 0 or (not earlier and near[other] < NEARLY_EQUAL):
                continue
            similarity = float(encodings[row] @ encodings[other])
            pairs.append(SameMessage(examples[other], examples[row], min(1.0, similarity)))
            involved |= {row, other}
    pairs.sort(key=lambda pair: -pair.similarity)
    return _Same(tuple(pairs), frozenset(involved))


def _mislabelled(
    verdicts: LeftOut,
    encodings: Matrix,
    in_scope: NDArray[np.bool_],
    aside: frozenset[int],
) -> tuple[list[tuple[int, int]], set[tuple[int, int]]]:
    """Return (row, likely label) of slips, and pairs of labels with too many for slips."""
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
        & (best != gold)
        & (sure >= np.maximum(usual[best], _PROBABLE))
        & (given <= _IMPROBABLE)
        & (near >= own + _MARGIN)
    )
    towards: dict[tuple[int, int], list[int]] = defaultdict(list)
    for row in np.flatnonzero(suspects):
        if int(row) not in aside:
            towards[int(gold[row]), int(best[row])].append(int(row))
    slips: list[tuple[int, int]] = []
    pairs: set[tuple[int, int]] = set()
    for (label, other), found in towards.items():
        if len(found) > max(1, int(_SLIPS * sizes[label])):
            pairs.add((min(label, other), max(label, other)))
        else:
            slips.extend((row, other) for row in found)
    slips.sort(key=lambda slip: given[slip[0]] - sure[slip[0]])
    return slips, pairs


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


def _collisions(
    examples: Sequence[IntentExample],
    labels: Sequence[str | None],
    verdicts: LeftOut,
    in_scope: NDArray[np.bool_],
    *,
    aside: frozenset[int] | set[int],
    certain: set[tuple[int, int]],
) -> Iterator[Collision]:
    """Yield pairs of intents in scope that are taken for each other, worst first."""
    gold, predicted = verdicts.gold, verdicts.predicted
    confused: dict[tuple[int, int], list[int]] = defaultdict(list)
    for row in np.flatnonzero(gold != predicted):
        if int(row) in aside:
            continue
        own, other = int(gold[row]), int(predicted[row])
        if labels[own] is not None and labels[other] is not None:
            confused[min(own, other), max(own, other)].append(int(row))
    sizes = np.bincount(gold, minlength=len(labels))
    before = verdicts.accuracy(in_scope)
    found: list[Collision] = []
    for (first, second), rows in confused.items():
        of = int(sizes[first] + sizes[second])
        if (first, second) not in certain and (
            len(rows) < CONFUSED_LEAST or len(rows) / of < CONFUSED_SHARE
        ):
            continue
        rows.sort(key=lambda row: verdicts.probabilities[row, gold[row]])
        larger, smaller = sorted((first, second), key=lambda label: -sizes[label])
        found.append(
            Collision(
                str(labels[larger]),
                str(labels[smaller]),
                len(rows),
                of,
                tuple(examples[row] for row in rows),
                before,
                verdicts.accuracy_merged(first, second, in_scope),
            )
        )
    yield from sorted(found, key=lambda pair: (-pair.confused / pair.of, pair.first, pair.second))
