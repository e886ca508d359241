"""The order of a run's batches, and the windows cut for each.

Everything follows from the training set, recipe and seed, so that a resumed run sees the
same windows as an unbroken one.
"""

from __future__ import annotations

import random
from collections.abc import Sequence, Sized
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from qa.reading.windows import EncodedText, SpecialTokens, Window, cut_windows, stack_windows
from qa.workshop.training.recipe import Recipe
from qa.workshop.training.training_set import TrainingItem, TrainingSet

if TYPE_CHECKING:
    import torch

    from qa.workshop.training.trainee import Trainee

__all__ = ["Batch", "batch_parts", "crop_window", "in_runs", "mask_tokens", "plan_batches"]

# Items are sorted by length within so many batches.
_CHUNK_BATCHES = 48
_N_SPECIAL = 3
_MIN_ROOM = 16

_Unit = TypeVar("_Unit", bound=Sized)


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


def batch_parts(
    training: TrainingSet, batch: Batch, recipe: Recipe, trainee: Trainee, number: int
) -> list[dict[str, torch.Tensor]]:
    """Cut the windows of one batch, in parts that are computed side by side.

    Args:
        training: What the batch is of.
        batch: From `plan_batches`.
        recipe: Its seed draws the crops, and its `masked_share` hides tokens.
        trainee: Whose windows, and in how many parts.
        number: The batch's place in the plan: crops are drawn from it.

    Returns:
        What `loss.span_loss` takes, each unit in one part.
    """
    import torch

    rng = random.Random(f"{recipe.seed}/{number}")  # noqa: S311  (nothing secret is drawn)

    def window(index: int, limit: int) -> tuple[Window, int, int]:
        cut, first, last = crop_window(
            training.items[index], limit, special=trainee.special, rng=rng
        )
        if recipe.masked_share and trainee.mask is not None:
            share, mask = recipe.masked_share, trainee.mask
            cut = mask_tokens(cut, first, last, share=share, mask=mask, rng=rng)
        return cut, first, last

    units = [
        [window(index, limit) for index in unit]
        for unit, limit in zip(batch.units, batch.max_tokens, strict=True)
    ]
    units.sort(key=lambda unit: max(len(cut) for cut, _, _ in unit))
    n_parts = 1 if next(trainee.model.parameters()).device.type == "cuda" else trainee.parts
    parts = []
    for some in in_runs(units, -(-batch.n_windows // n_parts)):
        cuts = [entry for unit in some for entry in unit]
        part = stack_windows([cut for cut, _, _ in cuts], trainee.special, multiple=16)
        part["start"] = torch.tensor([start for _, start, _ in cuts])
        part["end"] = torch.tensor([end for _, _, end in cuts])
        part["unit"] = torch.tensor([at for at, unit in enumerate(some) for _ in unit])
        parts.append(part)
    return parts


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
