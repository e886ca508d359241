"""Typing errors: a word that nobody knows is taken for the nearest word of the passages.

`i frogot my pasword` finds nothing by its words, and the encoder reads `pas ##word`. So a word
that is in no passage and that the encoder doesn't know either is replaced, for both legs, by one
that is a single error away: two letters swapped, one dropped, added or mistaken (the four kinds of
Kernighan, Church and Gale, COLING 1990). Of several the one that more passages have is taken.

Only passages that the asker may read count: what others hold is never suggested. Words with digits
and parts of compounds (codes, addresses, paths) are left alone, and so is a question most of whose
words are unknown: it is in another language.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from retrieval.search.analysis import Analyser

__all__ = ["Corrected", "Speller", "words_known_to"]

_WORD = re.compile(r"(?<![\w.@/\\:-])[A-Za-z]{4,32}(?![\w@/\\:-]|\.\w)")
"""Shorter words have too many neighbours."""

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_MOST_LOOKED_UP = 12
"""A word costs about a millisecond."""

_MISTAKEN = 0.6
"""What a mistaken letter weighs against one that was swapped, dropped or added."""

_UNKNOWN_FORM = 0.1
"""What a form weighs that the encoder doesn't know, though the passages have its stem."""


@dataclass(frozen=True)
class Corrected:
    """A question after its typing errors were taken back.

    Attributes:
        text: What is searched.
        words: Word as typed → what it was taken for.
    """

    text: str
    words: dict[str, str]

    @property
    def expansions(self) -> dict[str, tuple[str, ...]]:
        """The words as a trace tells them, beside synonyms."""
        return {typed: (taken,) for typed, taken in self.words.items()}


class Speller:
    """Corrects questions by the words of the passages.

    Args:
        analyser: Makes words into the terms of the passages.
        knows: Whether a word, in small letters, is a word at all.
    """

    def __init__(self, analyser: Analyser, knows: Callable[[str], bool]) -> None:
        self._analyser = analyser
        self._knows = knows

    def corrected(self, query: str, passages_with: Callable[[str], int]) -> Corrected:
        """Return the question with typing errors taken back.

        Args:
            query: As it was typed.
            passages_with: Term → how many passages have it that the asker may read.
        """
        words = dict.fromkeys(found.lower() for found in _WORD.findall(query))
        unknown = [word for word in words if not self._is_known(word, passages_with)]
        if not unknown or len(unknown) > max(2, len(words) // 2):
            return Corrected(query, {})
        found = {word: self._nearest(word, passages_with) for word in unknown[:_MOST_LOOKED_UP]}
        taken = {word: near for word, near in found.items() if near is not None}
        text = _WORD.sub(lambda match: taken.get(match[0].lower(), match[0]), query)
        return Corrected(text, taken)

    def _is_known(self, word: str, passages_with: Callable[[str], int]) -> bool:
        return any(map(passages_with, self._analyser.terms(word))) or self._knows(word)

    def _nearest(self, word: str, passages_with: Callable[[str], int]) -> str | None:
        """Return the likeliest word that is one error away, None where there is none."""
        weights = dict(_edits(word))
        best, nearest = 0.0, None
        for form, stem in zip(weights, self._analyser.stems(list(weights)), strict=True):
            likely = passages_with(stem) * weights[form]
            # Hardly any of hundreds of forms is a word: the encoder is asked for those alone.
            if likely > best:
                likely *= 1.0 if self._knows(form) else _UNKNOWN_FORM
            if likely > best:
                best, nearest = likely, form
        return nearest


def _edits(word: str) -> Iterator[tuple[str, float]]:
    """Yield all that is one error away, with its weight."""
    parted = [(word[:place], word[place:]) for place in range(len(word) + 1)]
    for before, after in parted:
        for letter in _LETTERS:
            if after:
                yield before + letter + after[1:], _MISTAKEN
            yield before + letter + after, 1.0
    for before, after in parted:
        if after:
            yield before + after[1:], 1.0
        if len(after) > 1:
            yield before + after[1] + after[0] + after[2:], 1.0


def words_known_to(encoder: Any) -> Callable[[str], bool]:
    """Return what tells whether an encoder knows a word; of one that can't say, all are known.

    Encoders need no method `knows` (see `types.Encoder`): without one nothing is corrected, since
    a name that no passage has can't be told from a typing error.
    """
    knows: Callable[[str], bool] = getattr(encoder, "knows", lambda _: True)
    return knows
