"""Where the tokens of a text start: what passages are measured in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = ["token_starts"]

# Token starts are worked out on slices of a text of about this many code points: many small
# ones are tokenised side by side and in linear time, one huge one is not.
_SLICE_CHARS = 8192

# A longer token counts once more for each further part of this length. WordPiece gives up on
# words of more than 100 characters and makes one unknown token of them, however long.
_TOKEN_CHARS = 100


def token_starts(tokenizer: Tokenizer, text: str) -> NDArray[np.int64]:
    """Return the code-point offset at which each token of a text starts, ascending.

    Args:
        tokenizer: Cuts nothing off.
        text: Of any length.
    """
    slices = _slices(text)
    if not slices:
        return np.empty(0, np.int64)
    found: list[NDArray[np.int64]] = []
    encodings = tokenizer.encode_batch(
        [text[start:end] for start, end in slices], add_special_tokens=False
    )
    for (start, _), encoding in zip(slices, encodings, strict=True):
        if encoding.offsets:
            found.append(_starts(np.asarray(encoding.offsets, np.int64)) + start)
    return np.concatenate(found) if found else np.empty(0, np.int64)


def _slices(text: str) -> list[tuple[int, int]]:
    """Split a text into slices of at most `_SLICE_CHARS`, before white space if there is any.

    Returns:
        (start, end) code points, covering the text.
    """
    slices = []
    start = 0
    while start < len(text):
        end = start + _SLICE_CHARS
        if end < len(text):
            space = max(text.rfind(" ", start + 1, end), text.rfind("\n", start + 1, end))
            if space > start:
                end = space
        end = min(end, len(text))
        slices.append((start, end))
        start = end
    return slices


def _starts(offsets: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return where tokens start, with long ones counted in parts.

    Args:
        offsets: (tokens, 2) start and end of each.
    """
    starts: NDArray[np.int64] = offsets[:, 0]
    parts = np.maximum(1, -(-(offsets[:, 1] - starts) // _TOKEN_CHARS))
    if (parts == 1).all():
        return starts
    # Place of each part within its token: 0, 1, 2, ... beginning anew at each token.
    within = np.arange(parts.sum()) - np.repeat(parts.cumsum() - parts, parts)
    all_starts: NDArray[np.int64] = np.repeat(starts, parts) + within * _TOKEN_CHARS
    return all_starts
