"""Score windows of several questions together, on one thread a core.

A server reads for many askers at once. If each reading used all cores, they would wait for
each other at every multiplication. Here readings hand their windows over and wait; one
worker a core takes what lies there, whoever it belongs to, a batch at a time. Several readers
may share the workers: a batch is of one of them.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from qa.errors import ReaderError
from qa.reading.windows import Window

__all__ = ["Score", "Scores", "ScoringWorkers"]

Scores = list[NDArray[np.float32]]

Score = Callable[[Sequence[Window]], Scores]
"""Windows → start and end logits of each, (2, tokens) float32; called by several threads."""


@dataclass
class _Reading:
    """One caller's windows and what became of them."""

    windows: Sequence[Window]
    score: Score
    batch_tokens: int
    scores: list[NDArray[np.float32] | None]
    missing: int
    done: threading.Event = field(default_factory=threading.Event)
    error: BaseException | None = None


class ScoringWorkers:
    """Takes windows from many threads and scores them in shared batches.

    Windows are taken in turn from all who wait, so that a long reading doesn't hold up a
    short one. Scores don't depend on what shares a batch beyond the last bits.
    """

    def __init__(self, n: int) -> None:
        """Start the workers.

        Args:
            n: How many: one a core.
        """
        self._waiting: deque[tuple[_Reading, int]] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._threads = [
            threading.Thread(target=self._work, name=f"frontdesk-read-{number}", daemon=True)
            for number in range(n)
        ]
        for thread in self._threads:
            thread.start()

    def __call__(self, score: Score, windows: Sequence[Window], *, batch_tokens: int) -> Scores:
        """Return the scores of windows, each (2, tokens) float32.

        Args:
            score: What to score them with.
            windows: Of one reading.
            batch_tokens: Score about so many at once: enough to fill a core's caches. More
                is no faster, and makes whoever comes next wait.

        Raises:
            ReaderError: The workers were sent home.
        """
        if not windows:
            return []
        reading = _Reading(windows, score, batch_tokens, [None] * len(windows), len(windows))
        with self._changed:
            if self._closed:
                msg = "The reader is shut down. Open it again to read."
                raise ReaderError(msg)
            self._waiting = _in_turn(self._waiting, [(reading, n) for n in range(len(windows))])
            self._changed.notify_all()
        reading.done.wait()
        if reading.error is not None:
            raise reading.error
        return [scores for scores in reading.scores if scores is not None]

    def close(self) -> None:
        """Finish what waits and end the workers."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        import torch

        # Of this thread alone: batches run side by side instead of taking turns on all cores.
        torch.set_num_threads(1)
        while (batch := self._next()) is not None:
            try:
                score = batch[0][0].score
                scores = score([reading.windows[number] for reading, number in batch])
            except Exception as error:  # handed to those who wait for it
                self._fail(batch, error)
            else:
                self._deliver(batch, scores)

    def _next(self) -> list[tuple[_Reading, int]] | None:
        """Return the next batch, or None when all is done and closed."""
        with self._changed:
            while not self._waiting:
                if self._closed:
                    return None
                self._changed.wait()
            batch = [self._waiting.popleft()]
            first = batch[0][0]
            # Everyone gets a share of what lies there: the last batch isn't one worker's alone.
            n_tokens = sum(len(r.windows[n]) for r, n in self._waiting) + len(_window(batch[0]))
            room = min(first.batch_tokens, n_tokens / len(self._threads)) - len(_window(batch[0]))
            while self._waiting and len(_window(self._waiting[0])) <= room:
                if self._waiting[0][0].score != first.score:
                    break
                batch.append(self._waiting.popleft())
                room -= len(_window(batch[-1]))
            return batch

    def _deliver(self, batch: Sequence[tuple[_Reading, int]], scores: Scores) -> None:
        with self._changed:
            for (reading, number), one in zip(batch, scores, strict=True):
                reading.scores[number] = one
                reading.missing -= 1
                if not reading.missing:
                    reading.done.set()

    def _fail(self, batch: Sequence[tuple[_Reading, int]], error: Exception) -> None:
        failed = [reading for reading, _ in batch]
        with self._changed:
            self._waiting = deque(
                (reading, number) for reading, number in self._waiting if reading not in failed
            )
            for reading in failed:
                reading.error = error
                reading.done.set()


def _window(entry: tuple[_Reading, int]) -> Window:
    reading, number = entry
    return reading.windows[number]


def _in_turn(
    waiting: Sequence[tuple[_Reading, int]], new: Sequence[tuple[_Reading, int]]
) -> deque[tuple[_Reading, int]]:
    """Merge a new reading's windows in, so that all who wait get on alike."""
    merged: deque[tuple[_Reading, int]] = deque()
    ahead: dict[int, int] = {}
    position = 0
    for entry in waiting:
        # The n-th window of one goes beside the n-th of the other.
        turn = ahead.get(id(entry[0]), 0)
        ahead[id(entry[0])] = turn + 1
        while position < len(new) and position < turn:
            merged.append(new[position])
            position += 1
        merged.append(entry)
    merged.extend(new[position:])
    return merged
