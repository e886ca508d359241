from __future__ import annotations

import codecs
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.articles.decoding import decode
from retrieval.errors import ArticleError

TEXT = "a\r\nü\u200b😀 مرحبا é\n"


@pytest.mark.parametrize(
    "raw",
    [
        TEXT.encode("utf-8"),
        codecs.BOM_UTF8 + TEXT.encode("utf-8"),
        codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"),
        codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
    ],
)
def test_decode_reads_marked_and_plain_unicode(raw: Any) -> None:
    assert decode(raw) == TEXT


@given(st.text())
def test_decode_returns_any_utf8_text_exactly(text: str) -> None:
    if not text.startswith("\ufeff") and "\0" not in text:
        assert decode(text.encode("utf-8")) == text


def test_decode_keeps_nul() -> None:
    assert decode(b"a\0bcdefgh") == "a\0bcdefgh"


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"one\ntwo \xe9\n", r"not UTF-8: byte 0xE9 at offset 8 .*iconv -f WINDOWS-1252"),
        (codecs.BOM_UTF8 + b"\xff", "byte 0xFF at offset 3"),
        (codecs.BOM_UTF16_LE + b"a", "not UTF-16: byte 0x61 at offset 2"),
        (codecs.BOM_UTF32_LE + "a".encode("utf-32-le"), "the text is UTF-32"),
        ("Hello there".encode("utf-16-le"), "every second byte is NUL"),
    ],
)
def test_decode_refuses_the_rest_by_name_and_place(raw: Any, reason: str) -> None:
    with pytest.raises(ArticleError, match=reason):
        decode(raw)


def test_decode_names_the_line() -> None:
    with pytest.raises(ArticleError) as caught:
        decode(b"one\ntwo\n\xe9")
    assert caught.value.line == 3
