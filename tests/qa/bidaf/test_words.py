"""Words, their places and their numbers."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.bidaf.words import CLS, MARKS, PAD, SEP, UNKNOWN, WordTokenizer

WORDS = ["do", "not", "the", "-", '"', "cost"]


def quotes(text: str) -> list[str]:
    return [text[start:end] for start, end in WordTokenizer(WORDS).encode(text).offsets]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Don’t, it's 1,000.50!", ["Do", "n’t", ",", "it", "'s", "1,000.50", "!"]),
        ("can't", ["ca", "n't"]),
        ("naïve café", ["naïve", "café"]),
        ("VPN-gateway v2.1", ["VPN", "-", "gateway", "v", "2.1"]),
        ("5€ (net)", ["5", "€", "(", "net", ")"]),
        ("你好", ["你好"]),
        ("", []),
        (" \n\t ", []),
    ],
)
def test_encode_cuts_words(text: str, words: list[str]) -> None:
    assert quotes(text) == words


@given(st.text(max_size=60))
def test_encode_covers_all_but_white_space_in_order(text: str) -> None:
    offsets = WordTokenizer(WORDS).encode(text).offsets
    assert all(a < b for a, b in offsets)
    assert all(b <= c for (_, b), (c, _) in pairwise(offsets))
    covered = {place for a, b in offsets for place in range(a, b)}
    assert all(
        char.isspace() or place in covered for place, char in enumerate(text) if char.isprintable()
    )


def test_rows_lose_case_and_characters_keep_it() -> None:
    tokenizer = WordTokenizer(WORDS)
    upper, lower, unknown, dash, clitic = tokenizer.encode("The the frobnicate – n't").ids
    known = tokenizer.spellings()
    rows, characters = known.rows, known.characters
    assert rows[upper] == rows[lower] == len(MARKS) + WORDS.index("the")
    assert characters[upper].tolist() != characters[lower].tolist()
    assert rows[unknown] == UNKNOWN
    assert rows[dash] == len(MARKS) + WORDS.index("-")
    assert rows[clitic] == MARKS.index("n't")
    # Bytes of UTF-8 plus one, cut after sixteen.
    assert characters[lower].tolist() == [ord(c) + 1 for c in "the"] + [0] * 13
    assert characters.shape == (len(rows), 16)


def test_marks_have_numbers() -> None:
    tokenizer = WordTokenizer(WORDS)
    assert [tokenizer.token_to_id(mark) for mark in ("[PAD]", "[CLS]", "[SEP]")] == [PAD, CLS, SEP]
    assert tokenizer.token_to_id("never met") is None


def test_encode_leaves_special_tokens_to_others() -> None:
    with pytest.raises(ValueError, match="add_special_tokens is True"):
        WordTokenizer(WORDS).encode("a", add_special_tokens=True)


def test_forget_starts_over_only_when_too_many_words_were_met(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tokenizer = WordTokenizer(WORDS)
    before = tokenizer.encode("alpha beta").ids
    tokenizer.forget()
    assert tokenizer.encode("alpha beta").ids == before
    monkeypatch.setattr("qa.bidaf.words._MAX_KNOWN", 5)
    tokenizer.forget()
    assert tokenizer.token_to_id("alpha") is None
    assert len(tokenizer.spellings().rows) == 4


def test_stems_join_case_and_ending_alone() -> None:
    tokenizer = WordTokenizer(WORDS)
    opens, upper, other, sign = tokenizer.encode("opens Opening desk .").ids
    stems = tokenizer.spellings().stems
    assert stems[opens] == stems[upper]
    assert len({stems[opens], stems[other], stems[sign], stems[UNKNOWN]}) == 4
