"""Mends slips of the finger in a message before it is classified: "i frogot my pasword".

A word that neither the examples nor the encoder know is replaced by the nearest word of the
examples, or by the one word near it that everybody writes: one slip away, two in a long word,
where a slip drops, doubles, replaces or swaps letters (optimal string alignment; Damerau 1964).
What everybody writes is never touched, and neither are names, numbers and addresses.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from string import ascii_lowercase

__all__ = ["Speller", "words_of"]

_WORD = re.compile(r"(?<![\w@./:#'’-])[^\W\d_]{3,24}(?![\w@./:#'’])")
_SHORT = 3
_TWO_SLIPS_FROM = 8
_LEAST_COMMON = 5
_MOST_WORDS = 20_000


def words_of(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the words of some texts, those used most first."""
    counts = Counter(word.lower() for text in texts for word in re.findall(r"[^\W\d_]{3,}", text))
    return tuple(sorted(counts, key=lambda word: (-counts[word], word))[:_MOST_WORDS])


class Speller:
    """Knows the words of the examples; immutable, and safe across threads."""

    def __init__(self, words: Sequence[str], knows: Callable[[str], bool]) -> None:
        """Take the words.

        Args:
            words: Those of the examples, used most first.
            knows: Whether a word is one that everybody writes.
        """
        self._knows = knows
        self._places: dict[str, int] = {}
        # Words that are one slip apart share a form with at most one letter left out.
        self._by_form: dict[str, list[str]] = defaultdict(list)
        for place, word in enumerate(words):
            if not knows(word) and any(map(knows, self._near(word, 1))):
                # A slip in an example itself.
                continue
            self._places[word] = place
            for form in _forms(word):
                self._by_form[form].append(word)

    def mended(self, text: str) -> str:
        """Return a text with its slips mended.

        With "forgot" and "password" among the words, `mended("i frogot my pasword")` is
        `"i forgot my password"`.
        """
        return _WORD.sub(lambda found: self._word(found[0]), text) if self._places else text

    def _word(self, word: str) -> str:
        lower = word.lower()
        name = word[0] != lower[0] or word[1:] != lower[1:]
        if lower in self._places or (name and not word.isupper()) or self._usual(lower):
            return word
        return self._nearest(lower) or word

    def _usual(self, word: str) -> bool:
        """Whether everybody writes a word, or one that it is the plural or a contraction of."""
        stem = word[:-1] if word.endswith("s") else word
        return self._knows(word) or (
            len(stem) > _SHORT and (stem in self._places or self._knows(stem))
        )

    def _nearest(self, word: str) -> str:
        near = self._near(word, 2 if len(word) >= _TWO_SLIPS_FROM else 1)
        if len(word) == _SHORT:
            # Short words are near to many: only swapped letters are sure to be a slip.
            near = {one: slips for one, slips in near.items() if sorted(one) == sorted(word)}
        best = min(
            near,
            key=lambda one: (near[one], one[0] != word[0], self._places[one]),
            default="",
        )
        return best or self._common(word)

    def _near(self, word: str, most: int) -> dict[str, int]:
        """Return the known words so few slips away, with how many."""
        likely = {one for form in _forms(word) for one in self._by_form.get(form, ())}
        distances = {one: _distance(word, one, most) for one in likely}
        return {one: slips for one, slips in distances.items() if slips <= most}

    def _common(self, word: str) -> str:
        """Return the one common word that is a slip away; nothing where there are several."""
        if len(word) < _LEAST_COMMON:
            return ""
        for kind in _slips(word):
            known = {one for one in kind if len(one) > _SHORT and self._knows(one)}
            if known:
                return known.pop() if len(known) == 1 else ""
        return ""


def _forms(word: str) -> set[str]:
    return {word, *(word[:at] + word[at + 1 :] for at in range(len(word)))}


def _slips(word: str) -> Iterator[set[str]]:
    """Give what a word was before a slip: letters swapped, too many, left out, hit beside."""
    cuts = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    yield {a + b[1] + b[0] + b[2:] for a, b in cuts if len(b) > 1} - {word}
    yield {a + b[1:] for a, b in cuts if b}
    yield {a + letter + b for a, b in cuts for letter in ascii_lowercase}
    yield {a + letter + b[1:] for a, b in cuts if b for letter in ascii_lowercase} - {word}


def _distance(one: str, other: str, most: int) -> int:
    """Return how many slips make one word of the other; more than `most` if there are more."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, mine in enumerate(one, 1):
        earlier, before, row = before, row, [i]
        for j, theirs in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (mine != theirs))
            if i > 1 and j > 1 and mine == other[j - 2] and one[i - 2] == theirs:
                cost = min(cost, earlier[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return row[-1]
