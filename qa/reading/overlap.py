"""How much two texts share, word for word: SQuAD's exact match and F1.

Source: the description in Rajpurkar et al. (2016), section 4; version 2.0 adds that an empty
side matches only an empty one. Scores lie in 0 to 1.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Sequence

__all__ = [
    "exact_match",
    "exact_match_over_golds",
    "f1_over_golds",
    "normalize_answer",
    "token_f1",
]

_PUNCTUATION = str.maketrans("", "", string.punctuation)
_ARTICLES = re.compile(r"\b(a|an|the)\b")


def normalize_answer(text: str) -> str:
    """Lower the case, drop ASCII punctuation and a/an/the, join words by one space.

    >>> normalize_answer("The  Broncos'")
    'broncos'
    """
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split())


def exact_match(prediction: str, gold: str) -> float:
    """Return 1.0 if both normalise to the same text, else 0.0."""
    return float(normalize_answer(prediction) == normalize_answer(gold))


def token_f1(prediction: str, gold: str) -> float:
    """Return the harmonic mean of precision and recall over normalised words.

    Where either side has no word left, 1.0 if both have none, else 0.0 (version 2.0's
    rule; version 1.1's script gives 0.0 there even for two empty sides).
    """
    predicted, expected = normalize_answer(prediction).split(), normalize_answer(gold).split()
    if not predicted or not expected:
        return float(predicted == expected)
    common = sum((Counter(predicted) & Counter(expected)).values())
    if common == 0:
        return 0.0
    precision, recall = common / len(predicted), common / len(expected)
    return 2 * precision * recall / (precision + recall)


def exact_match_over_golds(prediction: str, golds: Sequence[str]) -> float:
    """Return the best exact match over the gold answers; none means "no answer"."""
    return max(exact_match(prediction, gold) for gold in golds or ("",))


def f1_over_golds(prediction: str, golds: Sequence[str]) -> float:
    """Return the best F1 over the gold answers; none means "no answer"."""
    return max(token_f1(prediction, gold) for gold in golds or ("",))
