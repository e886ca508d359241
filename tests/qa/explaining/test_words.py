"""Pieces joined into words."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from qa.explaining.words import Part, pooled, words_of


def test_words_of_joins_what_people_read_as_one() -> None:
    text = "Don't open at 8:30, see https://x.example.com."
    # As a tokenizer that cuts at every change of kind would.
    offsets = [
        *((0, 3), (3, 4), (4, 5), (6, 10), (11, 13), (14, 15), (15, 16), (16, 18), (18, 19)),
        *((20, 23), (24, 29), (29, 30), (30, 31), (31, 32), (32, 33), (33, 34), (34, 41)),
        *((41, 42), (42, 45), (45, 46)),
    ]
    words = words_of(text, offsets, part=Part.PASSAGE, first_place=7)
    assert [word.text for word in words] == [
        *("Don't", "open", "at", "8:30", ",", "see", "https://x.example.com", "."),
    ]
    assert words[0].tokens == (7, 8, 9)
    assert words[3].tokens == (12, 13, 14)
    assert all(text[word.start : word.end] == word.text for word in words)


@given(text=st.text(max_size=60), cuts=st.lists(st.integers(1, 5), max_size=60))
def test_words_of_loses_no_token_and_counts_none_twice(text: str, cuts: list[int]) -> None:
    offsets, at = [], 0
    for cut in cuts:
        end = min(len(text), at + cut)
        # Tokenizers leave white space out.
        if end > at and not text[at].isspace():
            offsets.append((at, end))
        at = end
    words = words_of(text, offsets, part=Part.QUESTION, first_place=1)
    joined = [token for word in words for token in word.tokens]
    assert joined == list(range(1, 1 + len(joined)))
    assert len(joined) == len(offsets)


def test_pooled_sums_to_a_word_and_averages_from_one() -> None:
    rows = words_of("ab c", [(0, 1), (1, 2), (3, 4)], part=Part.PASSAGE, first_place=0)
    columns = words_of("d ef", [(0, 1), (2, 3), (3, 4)], part=Part.QUESTION, first_place=3)
    rng = np.random.default_rng(1)
    weights = rng.random((2, 6, 6)).astype(np.float32)
    found = pooled(weights, rows, columns)
    assert found.shape == (2, 2, 2)
    for layer in range(2):
        expected = [
            [(weights[layer, 0, 3] + weights[layer, 1, 3]) / 2, 0.0],
            [weights[layer, 2, 3], weights[layer, 2, 4] + weights[layer, 2, 5]],
        ]
        expected[0][1] = sum(weights[layer, row, column] for row in (0, 1) for column in (4, 5)) / 2
        np.testing.assert_allclose(found[layer], expected, rtol=1e-6)
