"""Span decoding against brute force."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from qa.reading.spans import best_spans

SIZES = st.integers(0, 14)


def brute_force(
    start: np.ndarray,
    end: np.ndarray,
    allowed: np.ndarray,
    starts: np.ndarray,
    longest: int,
    n: int,
) -> list[tuple[int, int, float]]:
    spans = [
        (first, last, float(start[first] + end[last]))
        for first in range(len(start))
        for last in range(first, min(first + longest, len(start)))
        if starts[first] and allowed[first : last + 1].all()
    ]
    return sorted(spans, key=lambda span: (-span[2], span[0], span[1]))[:n]


@given(
    values=st.data(),
    size=SIZES,
    longest=st.integers(1, 16),
    n=st.integers(1, 20),
    use_starts=st.booleans(),
)
def test_best_spans_equals_brute_force(
    values: st.DataObject, size: int, longest: int, n: int, use_starts: bool
) -> None:
    # Few distinct values, so that ties are common; all are exact in float32.
    logits = hnp.arrays(np.float32, size, elements=st.integers(-3, 3).map(float))
    masks = hnp.arrays(np.bool_, size)
    start, end = values.draw(logits), values.draw(logits)
    allowed, starts = values.draw(masks), values.draw(masks)
    found = best_spans(
        start,
        end,
        allowed,
        max_answer_tokens=longest,
        n=n,
        allowed_starts=starts if use_starts else None,
    )
    only = starts if use_starts else np.ones(size, dtype=np.bool_)
    assert found == brute_force(start, end, allowed, only, longest, n)


def test_best_spans_keeps_float32s_precision() -> None:
    start = np.array([0.1, 7.25], dtype=np.float32)
    end = np.array([0.2, 3.7], dtype=np.float32)
    ((first, last, score),) = best_spans(start, end, np.ones(2, np.bool_), max_answer_tokens=2)
    assert (first, last) == (1, 1)
    assert score == float(np.float32(7.25) + np.float32(3.7))


def test_best_spans_of_nothing_is_nothing() -> None:
    empty = np.zeros(0, dtype=np.float32)
    assert best_spans(empty, empty, np.zeros(0, np.bool_), max_answer_tokens=3) == []
    two = np.zeros(2, dtype=np.float32)
    assert best_spans(two, two, np.zeros(2, np.bool_), max_answer_tokens=3, n=4) == []


def test_best_spans_refuses_other_shapes() -> None:
    two, three = np.zeros(2, dtype=np.float32), np.zeros(3, dtype=np.float32)
    with pytest.raises(ValueError, match="must have one shape"):
        best_spans(two, three, np.ones(2, np.bool_), max_answer_tokens=3)


@pytest.mark.parametrize(("longest", "n"), [(0, 1), (1, 0)])
def test_best_spans_refuses_counts_below_one(longest: int, n: int) -> None:
    two = np.zeros(2, dtype=np.float32)
    with pytest.raises(ValueError, match="must be positive"):
        best_spans(two, two, np.ones(2, np.bool_), max_answer_tokens=longest, n=n)
