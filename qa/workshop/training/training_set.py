"""What a reader is trained on: questions and contexts, tokenised, and which belong together.

Everything follows from files, recipe and seed.
"""

from __future__ import annotations

import math
import random
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from qa.errors import TrainingError
from qa.reading.windows import (
    MAX_QUESTION_TOKENS,
    EncodedText,
    TextTokenizer,
    encode_question,
    encode_texts,
)
from qa.types import Example
from qa.workshop.scoring.squad import held_out_titles, load_squad, split_by_title
from qa.workshop.training.negatives import make_negatives
from qa.workshop.training.recipe import Recipe

__all__ = ["TrainingFile", "TrainingItem", "TrainingSet", "load_training_set"]

_N_SPECIAL = 3
_THRESHOLD_QUESTIONS = 2000


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
