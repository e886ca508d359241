"""From a reader's tokens to the words that people see.

A reader cuts "self-service" or "8:30" into pieces of its own. A support lead reads words:
pieces are joined into them, by their places in the text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import regex
from numpy.typing import NDArray

__all__ = ["Part", "Word", "pooled", "words_of"]

# Letters and digits, with what joins them inside a word ("8:30", "don't", "e-mail");
# every other sign by itself.
_WORD = regex.compile(r"[\p{L}\p{M}\p{N}_]+(?:(?:[.,:'’@/-]|://)[\p{L}\p{M}\p{N}_]+)*|\S")


class Part(StrEnum):
    """Where a word stands."""

    QUESTION = "question"
    HEADING = "heading"
    PASSAGE = "passage"


@dataclass(frozen=True)
class Word:
    """A word and the tokens that it was read as.

    Attributes:
        text: As written.
        part: Which text it stands in.
        start: First code point in that text.
        end: One past the last.
        tokens: Places of its tokens in the window, at least one.
    """

    text: str
    part: Part
    start: int
    end: int
    tokens: tuple[int, ...]


def words_of(
    text: str, offsets: Sequence[tuple[int, int]], *, part: Part, first_place: int
) -> list[Word]:
    """Join tokens into words.

    Args:
        text: What was tokenised.
        offsets: (tokens,) half-open code points of `text`, ascending.
        part: Which text it is.
        first_place: Place of the first token in its window.

    Returns:
        The words that have a token, in order. A token belongs to the word that it starts
        in; none is lost, and none is in two words.
    """
    words: list[Word] = []
    number = 0
    for match in _WORD.finditer(text):
        tokens = []
        while number < len(offsets) and offsets[number][0] < match.end():
            tokens.append(first_place + number)
            number += 1
        if tokens:
            words.append(Word(match.group(), part, match.start(), match.end(), tuple(tokens)))
    return words


def pooled(
    weights: NDArray[np.float32], rows: Sequence[Word], columns: Sequence[Word]
) -> NDArray[np.float32]:
    """Join attention between tokens to attention between words.

    To a word goes what goes to its pieces together; from a word comes the mean of what comes
    from its pieces, so that a row that sums to 1 still does.
    Source: Clark et al., "What does BERT look at?" (2019), section 4.1.

    Args:
        weights: (..., tokens, tokens)
        rows: Words that attend.
        columns: Words that are attended to.

    Returns:
        (..., rows, columns)
    """
    shape = (*weights.shape[:-2], len(rows), len(columns))
    joined = np.zeros(shape, dtype=np.float32)
    for i, row in enumerate(rows):
        # (..., tokens)
        of_row = weights[..., list(row.tokens), :].mean(axis=-2)
        for j, column in enumerate(columns):
            joined[..., i, j] = of_row[..., list(column.tokens)].sum(axis=-1)
    return joined
