"""What a reader is trained on: items, the order of batches, and windows cut from them.

Everything follows from files, recipe and seed, so that a resumed run sees the same
windows as an unbroken one.
"""

from __future__ import annotations

import math
import random
from bisect import bisect_right
from collections.abc import Sequence, Sized
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

import numpy as np

from qa.errors import TrainingError
from qa.reading.windows import (
    MAX_QUESTION_TOKENS,
    EncodedText,
    SpecialTokens,
    TextTokenizer,
    Window,
    cut_windows,
    encode_question,
    encode_texts,
)
from qa.types import Example
from qa.workshop.scoring.squad import held_out_titles, load_squad, split_by_title
from qa.workshop.training.negatives import make_negatives
from qa.workshop.training.recipe import Recipe

__all__ = [
    "Batch",
    "TrainingFile",
    "TrainingItem",
    "TrainingSet",
    "crop_window",
    "in_runs",
    "load_training_set",
    "mask_tokens",
    "plan_batches",
]

# Items are sorted by length within so many batches.
_CHUNK_BATCHES = 48
_N_SPECIAL = 3
_MIN_ROOM = 16
_THRESHOLD_QUESTIONS = 2000

_Unit = TypeVar("_Unit", bound=Sized)


@dataclass(frozen=True)
class TrainingFile:
    """A SQuAD file and how often its questions are seen, relative to the others.

    Attributes:
        path: SQuAD 1.1 or 2.0.
        weight: 0.5 shows each question every other epoch on average, 2 twice in each.
    """

    path: Path
    weight: float = 1.0


@dataclass(frozen=True)
class TrainingItem:
    """One question to be cut into a window.

    Attributes:
        question_ids: Tokens.
        text: The context's tokens.
        first, last: The answer's tokens, both inclusive; None where there is none.
        focus: The token that a crop should show.
    """

    question_ids: list[int]
    text: EncodedText
    first: int | None
    last: int | None
    focus: int


@dataclass(frozen=True)
class TrainingSet:
    """What a run learns from and measures itself on.

    Attributes:
        items: Questions with and without answers.
        units: (units,) items that are seen together, the first for its own sake: one, or the
            windows of one question.
        weights: (units,) how often each is seen per epoch, on average.
        validation: Held-out questions, half of them made unanswerable: a few, for
            looking at as it goes.
        threshold_questions: More of them, for choosing the threshold at the end.
        held_out: Titles of the articles they come from.
        sha256: Digest of the files and their weights.
    """

    items: list[TrainingItem]
    units: list[list[int]]
    weights: list[float]
    validation: list[Example]
    threshold_questions: list[Example]
    held_out: tuple[str, ...]
    sha256: str


@dataclass(frozen=True)
class Batch:
    """What is computed at once.

    Attributes:
        units: Items that are normalised together.
        max_tokens: (units,) the longest window that its items may have.
    """

    units: list[list[int]]
    max_tokens: list[int]

    @property
    def n_windows(self) -> int:
        """How many windows it is cut into."""
        return sum(len(unit) for unit in self.units)


@dataclass(frozen=True)
class _Drawn:
    """A unit, and the longest window that its items may have."""

    items: list[int]
    max_tokens: int

    def __len__(self) -> int:
        return len(self.items)

    def length(self, items: Sequence[TrainingItem]) -> int:
        """Return the length of its longest window."""
        whole = (len(items[at].question_ids) + len(items[at].text.ids) for at in self.items)
        return min(self.max_tokens, max(whole) + _N_SPECIAL)


def load_training_set(
    recipe: Recipe, files: Sequence[TrainingFile], tokenizer: TextTokenizer, *, max_tokens: int
) -> TrainingSet:
    """Read the files, hold articles out, make negatives, and tokenise.

    Where some files have questions without answers and others don't, negatives are made from
    the others alone, and articles are held out of these.

    Args:
        recipe: Says how many articles and how many negatives of which kinds.
        files: At least one.
        tokenizer: From `windows.load_tokenizer`.
        max_tokens: What the encoder can read at once; answers too long for it are left
            out. 0 is no limit.

    Raises:
        TrainingError: No questions, or a weight that isn't positive.
        ExampleError: A file can't be read.
    """
    examples: list[Example] = []
    # Files with unanswerable questions bring all that they need.
    plain: list[Example] = []
    digest = sha256()
    for file in files:
        if not file.weight > 0:
            msg = f"The weight of {str(file.path)!r} is {file.weight!r}. Expected more than 0."
            raise TrainingError(msg)
        squad = load_squad(file.path, weight=file.weight)
        examples += squad.examples
        plain += [] if squad.has_unanswerable else squad.examples
        digest.update(f"{squad.sha256} {file.weight}\n".encode())
    if not examples:
        msg = "There is nothing to train on. Give at least one file in SQuAD's format with --data."
        raise TrainingError(msg)
    held_out = (
        held_out_titles(plain or examples, recipe.held_out_articles)
        if recipe.held_out_articles
        else ()
    )
    train, development = split_by_title(examples, held_out)
    answerable = sum(1 for example in train if example.answers)
    # A look-alike stands beside its question, and isn't one.
    own = sum(1 for example in train if not example.answers and example.group in {"", example.id})
    share = recipe.negative_share
    n_negatives = max(0, round(answerable * share / (1 - share)) - own)
    # Each epoch sees other ones: so many epochs' worth are made, each drawn once.
    epochs = max(1.0, recipe.epochs)
    sources = split_by_title(plain, held_out)[0] or train
    negatives = make_negatives(
        sources, math.ceil(n_negatives * epochs), kinds=recipe.negative_kinds, seed=recipe.seed
    )
    focuses = [example.answers[0][1] if example.answers else 0 for example in train]
    focuses += [negative.focus for negative in negatives]
    train += [replace(n.example, weight=n.example.weight / epochs) for n in negatives]
    train, focuses = _led_by_titles(train, focuses, recipe)
    longest_answer = (max_tokens or math.inf) - MAX_QUESTION_TOKENS - _N_SPECIAL
    items: list[TrainingItem] = []
    kept: list[Example] = []
    for example, item in zip(train, _items(train, focuses, tokenizer), strict=True):
        if item.first is None or item.last is None or item.last - item.first < longest_answer:
            items.append(item)
            kept.append(example)
    units = _units(kept, together=recipe.together)
    return TrainingSet(
        items,
        units,
        [kept[unit[0]].weight for unit in units],
        _held_out_questions(development, recipe, recipe.validation_questions),
        _held_out_questions(development, recipe, _THRESHOLD_QUESTIONS),
        held_out,
        digest.hexdigest(),
    )


def plan_batches(training: TrainingSet, recipe: Recipe) -> list[Batch]:
    """Lay out all batches of a run.

    Units are shuffled, cut into chunks, sorted by length within a chunk and dealt into
    batches, whose order is shuffled again: little padding, and still a random order.
    """
    rng = np.random.default_rng(recipe.seed)
    order = _drawn_units(training, recipe, rng)
    limits: list[int] = rng.integers(
        recipe.min_window_tokens, recipe.max_window_tokens + 1, size=len(order)
    ).tolist()
    drawn = [_Drawn(unit, limit) for unit, limit in zip(order, limits, strict=True)]
    batches: list[Batch] = []
    for members in in_runs(drawn, recipe.batch_size * _CHUNK_BATCHES):
        members.sort(key=lambda unit: unit.length(training.items))
        dealt = in_runs(members, recipe.batch_size)
        for place in rng.permutation(len(dealt)).tolist():
            chosen = dealt[place]
            batches.append(Batch([u.items for u in chosen], [u.max_tokens for u in chosen]))
    return batches


def _drawn_units(
    training: TrainingSet, recipe: Recipe, rng: np.random.Generator
) -> list[list[int]]:
    """Draw the units of all epochs, in random order."""
    share = np.asarray(training.weights, dtype=np.float64)
    order: list[list[int]] = []
    epochs_left = recipe.epochs
    while epochs_left > 0:
        # A fractional last epoch or weight draws its share of the units at random.
        expected = share * min(1.0, epochs_left)
        times = np.floor(expected + rng.random(len(share))).astype(np.int64)
        drawn = np.repeat(np.arange(len(share)), times)
        rng.shuffle(drawn)
        for number in drawn.tolist():
            first, *others = training.units[number]
            if len(others) >= recipe.together:
                others = rng.choice(others, recipe.together - 1, replace=False).tolist()
            order.append([first, *others])
        epochs_left -= 1.0
    return order


def in_runs(units: Sequence[_Unit], n_windows: int) -> list[list[_Unit]]:
    """Cut units into runs of about `n_windows` windows, each unit kept whole."""
    runs: list[list[_Unit]] = []
    room = 0
    for unit in units:
        if room <= 0:
            runs.append([])
            room = n_windows
        runs[-1].append(unit)
        room -= len(unit)
    return runs


def _units(examples: Sequence[Example], *, together: int) -> list[list[int]]:
    """Join the examples of one question; the first is the one that the group is named after."""
    if together == 1:
        return [[number] for number in range(len(examples))]
    by_group: dict[str, list[int]] = {}
    for number, example in enumerate(examples):
        by_group.setdefault(example.group or example.id, []).append(number)
    for unit in by_group.values():
        unit.sort(key=lambda number: examples[number].id != examples[number].group)
    return list(by_group.values())


def crop_window(
    item: TrainingItem, max_tokens: int, *, special: SpecialTokens, rng: random.Random
) -> tuple[Window, int, int]:
    """Cut one window that shows the answer, at a random place in it.

    Args:
        item: What to cut from.
        max_tokens: Longest window; a long answer or question widens it rather than
            being cut.
        special: From `windows.special_tokens`.
        rng: Draws the place.

    Returns:
        The window, and the tokens where the answer starts and ends, both inclusive; 0
        and 0, [CLS], where there is none.
    """
    n = len(item.text.ids)
    first = item.focus if item.first is None else item.first
    last = item.focus if item.last is None else item.last
    room = max(max_tokens - len(item.question_ids) - _N_SPECIAL, last - first + 1, _MIN_ROOM)
    if n <= room:
        left, right = 0, n
    else:
        left = rng.randint(max(0, last + 1 - room), min(first, n - room))
        right = left + room
    piece = EncodedText(item.text.ids[left:right], item.text.offsets[left:right])
    window = cut_windows(
        item.question_ids,
        piece,
        special=special,
        max_tokens=len(item.question_ids) + _N_SPECIAL + max(1, len(piece.ids)),
        stride_tokens=0,
    )[0]
    if item.first is None:
        return window, 0, 0
    shift = window.passage_start - left
    return window, first + shift, last + shift


def mask_tokens(
    window: Window, first: int, last: int, *, share: float, mask: int, rng: random.Random
) -> Window:
    """Hide a share of the passage's tokens, so that no single word gives the answer away.

    Source: Shen et al., "A simple but tough-to-beat data augmentation approach for natural
    language understanding and generation" (arXiv 2009.13818), the token cutoff.

    Args:
        window: From `crop_window`, as are the answer's tokens, which stay.
        first: Where the answer starts; 0 where there is none.
        last: Where it ends, inclusive.
        share: Of the passage's tokens, each drawn by itself.
        mask: The id that stands for a hidden token.
        rng: Draws the tokens.
    """
    ids = list(window.input_ids)
    for place in range(window.passage_start, window.passage_end):
        if rng.random() < share and not first <= place <= last:
            ids[place] = mask
    return replace(window, input_ids=ids)


def _held_out_questions(development: Sequence[Example], recipe: Recipe, n: int) -> list[Example]:
    """Draw about `n` held-out questions, half of them made unanswerable."""
    half = n // 2
    answerable = [example for example in development if example.answers]
    if not answerable or not half:
        return []
    rng = random.Random(recipe.seed)  # noqa: S311  (nothing secret is drawn)
    chosen = rng.sample(answerable, min(half, len(answerable)))
    negatives = make_negatives(answerable, half, kinds=recipe.negative_kinds, seed=recipe.seed + 1)
    return chosen + [negative.example for negative in negatives]


def _led_by_titles(
    examples: Sequence[Example], focuses: Sequence[int], recipe: Recipe
) -> tuple[list[Example], list[int]]:
    """Put the title before a share of the contexts, as a reader of passages is given it."""
    rng = random.Random(recipe.seed)  # noqa: S311  (nothing secret is drawn)
    above = {
        (title, context): f"{title.replace('_', ' ')}. "
        for title, context in dict.fromkeys((each.title, each.context) for each in examples)
        if rng.random() < recipe.title_share and title
    }
    led, moved = [], []
    for example, focus in zip(examples, focuses, strict=True):
        before = above.get((example.title, example.context), "")
        answers = tuple((text, start + len(before)) for text, start in example.answers)
        led.append(replace(example, context=before + example.context, answers=answers))
        moved.append(focus + len(before))
    return led, moved


def _items(
    examples: Sequence[Example], focuses: Sequence[int], tokenizer: TextTokenizer
) -> list[TrainingItem]:
    """Tokenise every question and, once each, every context."""
    contexts = list(dict.fromkeys(example.context for example in examples))
    encoded = dict(zip(contexts, encode_texts(tokenizer, contexts), strict=True))
    items = []
    for example, focus in zip(examples, focuses, strict=True):
        text = encoded[example.context]
        starts = [start for start, _ in text.offsets]
        first = last = None
        if example.answers and starts:
            quote, start = example.answers[0]
            first = max(0, bisect_right(starts, start) - 1)
            last = max(first, bisect_right(starts, start + len(quote) - 1) - 1)
        items.append(
            TrainingItem(
                encode_question(tokenizer, example.question),
                text,
                first,
                last,
                max(0, bisect_right(starts, focus) - 1),
            )
        )
    return items
