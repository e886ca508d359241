"""Windows of several readings scored together."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from qa.errors import ReaderError
from qa.reading.bert import BertReader
from qa.reading.sharing import Score, ScoringWorkers
from qa.reading.windows import Window
from retrieval.types import Article, Passage

Cut = Callable[..., Passage]


def window_of(n_tokens: int, mark: int = 0) -> Window:
    return Window(
        [mark] * n_tokens, [0] * n_tokens, [(0, 0)] * n_tokens, 0, n_tokens, [True] * n_tokens
    )


def marked(windows: Sequence[Window]) -> list[NDArray[np.float32]]:
    return [np.full((2, len(window)), window.input_ids[0], np.float32) for window in windows]


def scorer_of(workers: ScoringWorkers, score: Score) -> Score:
    return lambda windows: workers(score, windows, batch_tokens=512)


def test_everyone_gets_their_own_scores_in_order() -> None:
    workers = ScoringWorkers(3)
    scorer = scorer_of(workers, marked)
    readings = [
        [window_of(50 + 10 * n, mark=100 * caller + n) for n in range(caller % 5)]
        for caller in range(40)
    ]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(scorer, readings))
    for windows, scores in zip(readings, found, strict=True):
        assert [one.shape for one in scores] == [(2, len(window)) for window in windows]
        assert [one[0, 0] for one in scores] == [window.input_ids[0] for window in windows]
    workers.close()


def test_windows_of_several_readings_share_a_batch() -> None:
    batches: list[list[int]] = []
    go_on, started = threading.Event(), threading.Event()

    def score(windows: Sequence[Window]) -> list[NDArray[np.float32]]:
        batches.append([window.input_ids[0] for window in windows])
        started.set()
        go_on.wait(10)
        return marked(windows)

    workers = ScoringWorkers(1)
    scorer = scorer_of(workers, score)
    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(scorer, [window_of(100, 1)])
        assert started.wait(10)
        long = pool.submit(scorer, [window_of(100, 2)] * 6)
        while len(workers._waiting) < 6:
            pass
        short = pool.submit(scorer, [window_of(100, 3)])
        while len(workers._waiting) < 7:
            pass
        go_on.set()
        assert [len(each.result(10)) for each in (first, long, short)] == [1, 6, 1]
    # The short reading doesn't wait for the end of the long one.
    assert batches[0] == [1]
    assert 3 in batches[1]
    assert 2 in batches[1]
    workers.close()


def test_readers_share_workers_but_no_batch() -> None:
    batches: list[tuple[str, int]] = []
    go_on, started = threading.Event(), threading.Event()

    def score_as(name: str) -> Score:
        def score(windows: Sequence[Window]) -> list[NDArray[np.float32]]:
            batches.append((name, len(windows)))
            started.set()
            go_on.wait(10)
            return marked(windows)

        return score

    workers = ScoringWorkers(1)
    small, large = score_as("small"), score_as("large")
    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(workers, small, [window_of(10)], batch_tokens=512)
        assert started.wait(10)
        one = pool.submit(workers, small, [window_of(100, 1)] * 4, batch_tokens=512)
        while len(workers._waiting) < 4:
            pass
        other = pool.submit(workers, large, [window_of(100, 2)] * 4, batch_tokens=200)
        while len(workers._waiting) < 8:
            pass
        go_on.set()
        assert [one[0, 0] for one in one.result(10)] == [1] * 4
        assert [one[0, 0] for one in other.result(10)] == [2] * 4
    first.result()
    assert sum(n for name, n in batches if name == "small") == 5
    assert sum(n for name, n in batches if name == "large") == 4
    assert max(n for name, n in batches if name == "large") <= 2
    workers.close()


def test_a_failure_reaches_those_it_concerns_and_no_one_else() -> None:
    def score(windows: Sequence[Window]) -> list[NDArray[np.float32]]:
        if any(window.input_ids[0] == 13 for window in windows):
            msg = "thirteen"
            raise ValueError(msg)
        return marked(windows)

    workers = ScoringWorkers(1)
    scorer = scorer_of(workers, score)
    with pytest.raises(ValueError, match="thirteen"):
        scorer([window_of(600, 13), window_of(600, 1)])
    assert scorer([window_of(10, 5)])[0][0, 0] == 5
    workers.close()


def test_a_closed_scorer_says_so() -> None:
    workers = ScoringWorkers(2)
    scorer = scorer_of(workers, marked)
    assert scorer([]) == []
    workers.close()
    with pytest.raises(ReaderError, match="shut down"):
        scorer([window_of(10)])


def test_shared_readings_are_as_read_alone(tiny_bert: Path, cut_passage: Cut) -> None:
    alone = BertReader.load(tiny_bert, dtype="float32")
    shared = BertReader.load(tiny_bert, dtype="float32")
    shared.share_scoring(workers=2)
    texts = ["The desk opens at 8:30. " * n for n in (1, 9, 3, 5)]
    passages = [cut_passage(Article(f"a{n}", "Desk", text)) for n, text in enumerate(texts)]
    questions = [f"When does the desk {word}?" for word in ("open", "close", "move", "answer") * 3]
    with ThreadPoolExecutor(6) as pool:
        together = list(pool.map(lambda question: shared.read(question, passages), questions))
    for question, reading in zip(questions, together, strict=True):
        expected = alone.read(question, passages)
        assert [c.text for c in reading.candidates] == [c.text for c in expected.candidates]
        assert [c.score for c in reading.candidates] == pytest.approx(
            [c.score for c in expected.candidates], abs=1e-4
        )
