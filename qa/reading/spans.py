"""The one span decoder: start and end logits → the best spans.

Exact search over all spans of at most `max_answer_tokens`, vectorised: a band of the
(tokens, tokens) matrix of sums. Both readers decode with it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["best_spans"]


def best_spans(
    start_logits: NDArray[np.float32],
    end_logits: NDArray[np.float32],
    allowed: NDArray[np.bool_],
    *,
    max_answer_tokens: int,
    n: int = 1,
    allowed_starts: NDArray[np.bool_] | None = None,
) -> list[tuple[int, int, float]]:
    """Return the `n` best spans of one window, best first.

    Args:
        start_logits: (tokens,)
        end_logits: (tokens,)
        allowed: (tokens,) True where a span may start, end, and run through.
        max_answer_tokens: Longest span, in tokens.
        n: How many spans at most.
        allowed_starts: (tokens,) True where a span may start; None is `allowed`. Windows
            that overlap use it so that each span is proposed once.

    Returns:
        `(first token, last token, start logit + end logit)`, both ends inclusive. Ties go
        to the earlier start, then to the shorter span. Empty where nothing is allowed.

    Raises:
        ValueError: The arrays' shapes differ, or a count isn't positive.
    """
    n_tokens = len(start_logits)
    if start_logits.shape != end_logits.shape or allowed.shape != start_logits.shape:
        msg = (
            f"Logits and mask must have one shape, not {start_logits.shape!r}, "
            f"{end_logits.shape!r} and {allowed.shape!r}."
        )
        raise ValueError(msg)
    if max_answer_tokens < 1 or n < 1:
        msg = f"max_answer_tokens and n must be positive, not {max_answer_tokens!r} and {n!r}."
        raise ValueError(msg)
    if n_tokens == 0:
        return []
    width = min(max_answer_tokens, n_tokens)
    starts_at = allowed if allowed_starts is None else allowed & allowed_starts
    start = np.where(starts_at, start_logits, -np.inf).astype(np.float32)
    end = np.where(allowed, end_logits, -np.inf).astype(np.float32)
    padded = np.concatenate([end, np.full(width - 1, -np.inf, dtype=np.float32)])
    # (tokens, width): entry [i, w] is the span from i to i + w.
    scores = start[:, None] + np.lib.stride_tricks.sliding_window_view(padded, width)
    if not allowed.all():
        # A span may not run across a token that isn't allowed.
        blocked = np.concatenate([[0], np.cumsum(~allowed)])
        last = np.minimum(np.arange(n_tokens)[:, None] + np.arange(width) + 1, n_tokens)
        scores = np.where(blocked[last] == blocked[:n_tokens, None], scores, -np.inf)
    flat = scores.ravel()
    possible = int(np.isfinite(flat).sum())
    count = min(n, possible)
    if count == 0:
        return []
    if count == 1:
        order = np.array([int(np.argmax(flat))])
    else:
        # All that tie with the last one stay in, so that ties break by position.
        floor = np.partition(flat, flat.size - count)[flat.size - count]
        contenders = np.flatnonzero(flat >= floor)
        order = contenders[np.argsort(-flat[contenders], kind="stable")][:count]
    return [
        (int(index // width), int(index // width + index % width), float(flat[index]))
        for index in order
    ]
