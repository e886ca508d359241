"""Messages and intents that differ by an opposite alone: "on" and "off" are never the same."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from agent.types import IntentExample
from agent.understanding.polarity import differ_in_polarity

__all__ = ["are_opposites", "intents_are_opposites"]

_OFTEN = 0.1
_SELDOM = 0.5
"""A word tells an intent from another that has it less than half as often."""


def are_opposites(one: str, other: str) -> bool:
    """Return whether two messages differ by words that make opposites of them."""
    mine, theirs = _words(one), _words(other)
    return differ_in_polarity(mine - theirs, theirs - mine)


def intents_are_opposites(first: str, second: str, examples: Sequence[IntentExample]) -> bool:
    """Return whether the words that tell two intents apart make opposites of them."""
    mine = _shares(example.text for example in examples if example.intent == first)
    theirs = _shares(example.text for example in examples if example.intent == second)
    return differ_in_polarity(_telling(mine, theirs), _telling(theirs, mine))


def _words(text: str) -> set[str]:
    return set(re.findall(r"[\w']+", text.casefold()))


def _shares(texts: Iterable[str]) -> dict[str, float]:
    listed = [_words(text) for text in texts]
    counts = Counter(word for words in listed for word in words)
    return {word: count / len(listed) for word, count in counts.items()}


def _telling(mine: dict[str, float], theirs: dict[str, float]) -> set[str]:
    return {
        word
        for word, share in mine.items()
        if share > _OFTEN and theirs.get(word, 0.0) < _SELDOM * share
    }
