from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.intents.spelling import Speller, _distance, words_of

WORDS = words_of(["I forgot my password", "order a new monitor", "my password", "get a receipt"])
COMMON = frozenset(["forgot", "order", "password", "monitor", "receipt", "about", "notes", "mine"])


def speller() -> Speller:
    return Speller(WORDS, COMMON.__contains__)


@pytest.mark.parametrize(
    ("written", "mended"),
    [
        ("i frogot my pasword", "i forgot my password"),
        ("ordder a nwe monitro", "order a new monitor"),
        ("aobut the reciept", "about the receipt"),
        ("notes of mine", "notes of mine"),
        ("ask Pasword or a@pasword.org", "ask Pasword or a@pasword.org"),
        ("pass-word2 xyzzyx", "pass-word2 xyzzyx"),
    ],
)
def test_mended_takes_back_slips_and_nothing_else(written: str, mended: str) -> None:
    assert speller().mended(written) == mended


def test_slips_in_the_examples_themselves_are_not_learned() -> None:
    words = words_of(["my password", "password please", "my pasword"])
    assert Speller(words, COMMON.__contains__).mended("pasword") == "password"


def test_words_of_gives_the_most_used_first() -> None:
    assert WORDS[:2] == ("password", "forgot")


def _plain(one: str, other: str) -> int:
    """Optimal string alignment by the whole table: the oracle."""
    table = [
        [i + j if 0 in (i, j) else 0 for j in range(len(other) + 1)] for i in range(len(one) + 1)
    ]
    for i in range(1, len(one) + 1):
        for j in range(1, len(other) + 1):
            table[i][j] = min(
                table[i - 1][j] + 1,
                table[i][j - 1] + 1,
                table[i - 1][j - 1] + (one[i - 1] != other[j - 1]),
            )
            if i > 1 and j > 1 and one[i - 1] == other[j - 2] and one[i - 2] == other[j - 1]:
                table[i][j] = min(table[i][j], table[i - 2][j - 2] + 1)
    return table[-1][-1]


@given(st.text("abc", min_size=1, max_size=7), st.text("abc", min_size=1, max_size=7))
def test_distance_is_that_of_the_whole_table(one: str, other: str) -> None:
    assert min(_distance(one, other, 2), 3) == min(_plain(one, other), 3)
