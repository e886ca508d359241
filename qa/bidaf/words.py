"""Text → words with their places, rows of a frozen vocabulary, and characters.

Words are what GloVe's makers counted, nearly: letters in a row, numbers with their
separators, English clitics ("n't", "'s") and every other sign by itself. A word keeps its
case for the characters and loses it for its vector. It speaks the part of the tokenizers
library's language that `windows` uses, so that both readers share windows and offsets.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import regex
import Stemmer
from numpy.typing import NDArray

__all__ = ["CLS", "MARKS", "N_CHARACTERS", "PAD", "SEP", "UNKNOWN", "WordTokenizer"]

# Frequent words that the vectors to be had leave out; theirs are learned.
_LEARNED = ("a", "'s", "n't", "i", "'re", "'ve", "'ll", "'m")
_SIGNS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")

MARKS = _SIGNS + _LEARNED
"""The first rows, whose vectors are learned: padding, unknown word, "no answer", end of a
part, and a few words that have none."""
PAD, UNKNOWN, CLS, SEP = range(len(_SIGNS))

N_CHARACTERS = 257
"""Bytes of UTF-8, and 0 for padding."""

WORD_CHARACTERS = 16
"""Longer words are cut here (the paper's section 4.1 has 16 as well)."""

_WORD = regex.compile(
    r"\p{L}[\p{L}\p{M}]*?(?=n['’]t(?!\p{L}))|n['’]t(?!\p{L})|['’](?:s|re|ve|ll|d|m)(?!\p{L})"
    r"|[\p{L}\p{M}]+|\p{N}+(?:[.,]\p{N}+)*|\S",
    regex.IGNORECASE,
)
_PLAIN = {"–": "-", "—": "-", "“": '"', "”": '"', "’": "'", "‘": "'"}
# A server meets ever new words: beyond so many it starts over from none.
_MAX_KNOWN = 50_000


@dataclass(frozen=True)
class Spellings:
    """What stands behind the numbers of words.

    Attributes:
        rows: (numbers,) row of the vector of each.
        characters: (numbers, 16) its characters.
        stems: (numbers,) equal for words that differ by case or English ending alone.
    """

    rows: NDArray[np.int64]
    characters: NDArray[np.int64]
    stems: NDArray[np.int64]


@dataclass(frozen=True)
class _Encoding:
    """The part of `tokenizers.Encoding` that is used."""

    ids: list[int]
    offsets: list[tuple[int, int]]


class WordTokenizer:
    """Cuts text into words and numbers the ones it has met.

    A word's number stands for its spelling; `spellings` gives what the network needs of it.
    Numbers hold until `forget` is called. Safe to share between threads.
    """

    def __init__(self, vocabulary: Iterable[str]) -> None:
        """Take over the vocabulary.

        Args:
            vocabulary: Lower-case words that have a vector, in the order of the vectors.
        """
        self.vocabulary = tuple(vocabulary)
        self._row_of = {word: MARKS.index(word) for word in _LEARNED}
        self._row_of |= {word: row for row, word in enumerate(self.vocabulary, start=len(MARKS))}
        self._lock = threading.Lock()
        self._spellings: Spellings | None = None
        self._stemmer = Stemmer.Stemmer("english")
        self._start_over()

    def encode(self, text: str, *, add_special_tokens: bool = False) -> _Encoding:
        """Return a text's words and their half-open code points.

        Raises:
            ValueError: Special tokens are wanted: `windows` adds them.
        """
        if add_special_tokens:
            msg = "add_special_tokens is True. Expected False: qa.reading.windows adds them."
            raise ValueError(msg)
        found = [(match.group(), match.span()) for match in _WORD.finditer(text)]
        with self._lock:
            ids = [self._number(word) for word, _ in found]
        return _Encoding(ids, [span for _, span in found])

    def encode_batch(
        self, texts: Sequence[str], *, add_special_tokens: bool = False
    ) -> list[_Encoding]:
        """Encode several texts."""
        return [self.encode(text, add_special_tokens=add_special_tokens) for text in texts]

    def token_to_id(self, token: str) -> int | None:
        """Return the number of a mark, or of a word that was met."""
        return self._known.get(token)

    def spellings(self) -> Spellings:
        """Return what stands behind the numbers given so far."""
        with self._lock:
            if self._spellings is None:
                self._spellings = Spellings(
                    np.array(self._rows, dtype=np.int64),
                    np.array(self._characters, dtype=np.int64),
                    np.array(self._stems, dtype=np.int64),
                )
            return self._spellings

    def forget(self) -> bool:
        """Start over if too many words were met.

        Returns:
            Whether it did: numbers given before are void then.
        """
        with self._lock:
            full = len(self._rows) > _MAX_KNOWN
            if full:
                self._start_over()
            return full

    def _start_over(self) -> None:
        self._known = {mark: number for number, mark in enumerate(_SIGNS)}
        self._rows = list(range(len(_SIGNS)))
        self._characters = [[0] * WORD_CHARACTERS for _ in _SIGNS]
        self._stems = list(range(len(_SIGNS)))
        self._number_of_stem: dict[str, int] = {}
        self._spellings = None

    def _number(self, word: str) -> int:
        number = self._known.get(word)
        if number is None:
            number = len(self._rows)
            self._known[word] = number
            plain = _PLAIN.get(word) or word.lower().replace("’", "'")
            self._rows.append(self._row_of.get(plain, UNKNOWN))
            letters = [byte + 1 for byte in word.encode("utf-8", "replace")[:WORD_CHARACTERS]]
            self._characters.append(letters + [0] * (WORD_CHARACTERS - len(letters)))
            stem = self._stemmer.stemWord(plain)
            self._stems.append(self._number_of_stem.setdefault(stem, number))
            self._spellings = None
        return number
