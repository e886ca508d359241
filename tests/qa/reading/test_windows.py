"""Windows: what the encoder sees, and whose characters each token covers."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer

from qa.errors import ReaderError
from qa.reading.windows import (
    MAX_QUESTION_TOKENS,
    encode_question,
    encode_text,
    encode_texts,
    load_tokenizer,
    make_windows,
    special_tokens,
)

UNKNOWN = "[UNK]"


def letters() -> Tokenizer:
    """A tokenizer whose words are single letters, everything else unknown."""
    signs = "abcdefghijklmnopqrstuvwxyz0123456789?.,"
    vocabulary = {"[PAD]": 0, UNKNOWN: 1, "[CLS]": 2, "[SEP]": 3}
    for sign in signs:
        vocabulary[sign] = len(vocabulary)
        vocabulary["##" + sign] = len(vocabulary)
    tokenizer = Tokenizer(WordPiece(vocabulary, unk_token=UNKNOWN))
    tokenizer.normalizer = BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = BertPreTokenizer()
    return tokenizer


TOKENIZER = letters()


def test_make_windows_lays_out_question_and_passage() -> None:
    (window,) = make_windows(TOKENIZER, "ab", "c d", max_tokens=32, stride_tokens=4)
    ids = TOKENIZER.token_to_id
    assert window.input_ids == [2, ids("a"), ids("##b"), 3, ids("c"), ids("d"), 3]
    assert window.type_ids == [0, 0, 0, 0, 1, 1, 1]
    assert (window.passage_start, window.passage_end) == (4, 6)
    assert window.offsets == [(0, 0)] * 4 + [(0, 1), (2, 3), (0, 0)]
    assert window.starts_here == [False] * 4 + [True, True, False]
    assert len(window) == 7


@given(
    question=st.text(max_size=30),
    text=st.text(alphabet=st.characters(codec="utf-8"), max_size=200),
    max_tokens=st.integers(80, 120),
    stride_tokens=st.integers(0, 10),
)
def test_make_windows_covers_every_token_once_and_quotes_the_text(
    question: str, text: str, max_tokens: int, stride_tokens: int
) -> None:
    encoded = encode_text(TOKENIZER, text)
    windows = make_windows(
        TOKENIZER, question, text, max_tokens=max_tokens, stride_tokens=stride_tokens
    )
    claimed: list[tuple[int, int]] = []
    for window in windows:
        assert len(window) <= max_tokens
        assert len(window.type_ids) == len(window.offsets) == len(window.starts_here)
        inside = range(window.passage_start, window.passage_end)
        for token, (start, end) in enumerate(window.offsets):
            assert 0 <= start <= end <= len(text)
            assert token in inside or (start, end) == (0, 0)
            assert token in inside or not window.starts_here[token]
        claimed += [window.offsets[token] for token in inside if window.starts_here[token]]
    assert claimed == encoded.offsets
    assert windows[-1].offsets[windows[-1].passage_end - 1 :] == (
        [encoded.offsets[-1], (0, 0)] if encoded.ids else [(0, 0), (0, 0)]
    )


def test_make_windows_overlap_by_the_stride() -> None:
    first, second, third = make_windows(
        TOKENIZER, "q", " ".join("abcdefghijklmnopqrst"), max_tokens=14, stride_tokens=4
    )
    assert [w.passage_end - w.passage_start for w in (first, second, third)] == [10, 10, 8]
    shared = first.offsets[first.passage_end - 4 : first.passage_end]
    assert shared == second.offsets[second.passage_start : second.passage_start + 4]


def test_make_windows_without_text_gives_one_empty_window() -> None:
    (window,) = make_windows(TOKENIZER, "", "", max_tokens=8, stride_tokens=2)
    assert window.input_ids == [2, 3, 3]
    assert window.passage_start == window.passage_end == 2


def test_encode_question_cuts_long_questions() -> None:
    assert len(encode_question(TOKENIZER, "a " * 500)) == MAX_QUESTION_TOKENS


def test_encode_texts_equals_one_by_one() -> None:
    texts = ["a b", "", "Ünï 12."]
    assert encode_texts(TOKENIZER, texts) == [encode_text(TOKENIZER, text) for text in texts]


def test_make_windows_counts_code_points_beyond_the_basic_plane() -> None:
    (window,) = make_windows(TOKENIZER, "q", "😀 é a", max_tokens=16, stride_tokens=2)
    inside = slice(window.passage_start, window.passage_end)
    assert window.offsets[inside] == [(0, 1), (2, 3), (4, 5)]


def test_make_windows_refuses_windows_without_room() -> None:
    with pytest.raises(ReaderError, match="leave 2 tokens for the passage"):
        make_windows(TOKENIZER, "abc", "a b c", max_tokens=8, stride_tokens=2)


def test_special_tokens_refuses_other_vocabularies() -> None:
    with pytest.raises(ReaderError, match=r"lacks \[CLS\], \[SEP\] or \[PAD\]"):
        special_tokens(Tokenizer(WordPiece({UNKNOWN: 0}, unk_token=UNKNOWN)))


def test_load_tokenizer_switches_truncation_and_padding_off(tmp_path: Path) -> None:
    tokenizer = letters()
    tokenizer.enable_truncation(4)
    tokenizer.enable_padding(length=8)
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    assert len(encode_text(load_tokenizer(tmp_path), "a b c d e f").ids) == 6


def test_load_tokenizer_names_the_file_it_cannot_read(tmp_path: Path) -> None:
    with pytest.raises(ReaderError, match=r"Can't read the tokenizer .*tokenizer\.json"):
        load_tokenizer(tmp_path)
