"""How long passages may be, and what of a body fits into one."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retrieval.errors import IndexingError

__all__ = ["ChunkSettings", "Ruler", "TokenStarts"]

TokenStarts = Callable[[str], NDArray[np.int64]]
"""Text → the code-point offset at which each of the encoder's tokens starts, ascending."""


@dataclass(frozen=True)
class ChunkSettings:
    """How long passages are, in the encoder's tokens.

    The defaults suit an encoder that reads 256 tokens: 180 for the text leave room for title and
    headings, which are encoded with it.

    Attributes:
        max_tokens: No passage is longer, unless one token alone is.
        overlap_tokens: How much a passage that begins inside a paragraph repeats at most.
        min_tokens: Sections shorter than this are joined with their neighbours.
        max_chars: No passage is longer than this either: an encoder may read a line without
            any space, however long, as one unknown token.
    """

    max_tokens: int = 180
    overlap_tokens: int = 30
    min_tokens: int = 24
    max_chars: int = 3600

    def __post_init__(self) -> None:
        if self.max_tokens < 8:
            raise IndexingError(
                f"max_tokens is {self.max_tokens!r}; passages of fewer than 8 tokens hold "
                "nothing to find, choose 8 or more (180 by default)"
            )
        if not 0 <= self.overlap_tokens <= self.max_tokens // 2:
            raise IndexingError(
                f"overlap_tokens is {self.overlap_tokens!r}; expected 0 to half of max_tokens "
                f"({self.max_tokens // 2})"
            )
        if not 0 <= self.min_tokens <= self.max_tokens:
            raise IndexingError(
                f"min_tokens is {self.min_tokens!r}; expected 0 to max_tokens ({self.max_tokens})"
            )
        if self.max_chars < self.max_tokens:
            raise IndexingError(
                f"max_chars is {self.max_chars!r}; expected at least max_tokens "
                f"({self.max_tokens}), since a token has a character or more"
            )


class Ruler:
    """Measures slices of one body in tokens and says what fits."""

    def __init__(self, body: str, starts: NDArray[np.int64], settings: ChunkSettings) -> None:
        self.body = body
        self.settings = settings
        if len(starts) and (
            starts[0] < 0 or starts[-1] >= len(body) or bool(np.any(np.diff(starts) < 0))
        ):
            raise IndexingError(
                f"the encoder gave token starts from {int(starts[0])} to {int(starts[-1])} for a "
                f"text of {len(body)} characters; expected ascending offsets inside the text"
            )
        self.starts: list[int] = starts.tolist()

    def tokens(self, start: int, end: int) -> int:
        """Count the tokens that start in `[start, end)`."""
        return bisect_left(self.starts, end) - bisect_left(self.starts, start)

    def fits(self, start: int, end: int, spare: int = 0) -> bool:
        """Say whether a slice fits into a passage that has `spare` tokens taken already."""
        settings = self.settings
        if end - start > settings.max_chars:
            return False
        return self.tokens(start, end) <= settings.max_tokens - spare

    def reach(self, start: int, spare: int = 0) -> int:
        """Return the furthest end such that `[start, end)` fits; at least one token long."""
        first = bisect_left(self.starts, start)
        beyond = first + max(1, self.settings.max_tokens - spare)
        limit = self.starts[beyond] if beyond < len(self.starts) else len(self.body)
        return max(start + 1, min(limit, start + self.settings.max_chars))
