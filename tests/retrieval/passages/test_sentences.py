"""Sentence spans: exact, complete, and right about what support articles are full of."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.passages.sentences import ends_sentence, sentence_spans

HOSTILE = st.lists(
    st.sampled_from(
        [
            "Call us. ", "e.g. this", "No. 5", "ext. 4410", "1. ", "…", "?!", "\r\n", "\n\n",
            "\r", "é", "e\u0301",
            "👩‍👩‍👧", "🇮🇪", "שלום. ", "مرحبا؟ ", "你好。", "\u200b", "\ufeff",
            "\x00", "\x0c", "\u2028", "\x85",
            "\xa0", "\ud800", " ", "\t", "\"", ").", "a" * 300, ".",
        ]
    )
    | st.text(max_size=8),
    max_size=30,
).map("".join)  # fmt: skip


@given(HOSTILE)
def test_sentence_spans_are_disjoint_ascending_and_cover_all_that_is_not_white(text: str) -> None:
    at = 0
    for start, end in sentence_spans(text):
        assert text[at:start].strip() == ""
        assert start < end
        assert text[start:end] == text[start:end].strip()
        at = end
    assert text[at:].strip() == ""


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("", []),
        (" \n\t", []),
        ("Ask Dr. Smith. Then wait.", ["Ask Dr. Smith.", "Then wait."]),
        ("See No. 5, e.g. here. Done.", ["See No. 5, e.g. here.", "Done."]),
        ("Install version 2.0.1. Restart.", ["Install version 2.0.1.", "Restart."]),
        ("Open 9 a.m. to 5 p.m. on weekdays.", ["Open 9 a.m. to 5 p.m. on weekdays."]),
        ("Call ext. 4410 now. Or write.", ["Call ext. 4410 now.", "Or write."]),
        ("Allow approx. 5 days.", ["Allow approx. 5 days."]),
        ("1. Open it. 2. Close it.", ["1. Open it.", "2. Close it."]),
        ("Go to https://x.example.com/a.b?c=d. Sign in.",
         ["Go to https://x.example.com/a.b?c=d.", "Sign in."]),
        ("The cap is $1,000.00 a day. Ask HR!", ["The cap is $1,000.00 a day.", "Ask HR!"]),
        ("你好。世界！好的", ["你好。", "世界！", "好的"]),
        ("هذا نص. وهذا آخر؟", ["هذا نص.", "وهذا آخر؟"]),
        ("no sentence end at all", ["no sentence end at all"]),
        ("wrapped\r\nline. Next", ["wrapped\r\nline.", "Next"]),
    ],
)  # fmt: skip
def test_sentence_spans_of_support_text(text: str, sentences: list[str]) -> None:
    assert [text[start:end] for start, end in sentence_spans(text)] == sentences


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Done.", True), ("Done.) ", True), ("He said “go!”", True), ("好。", True),
        ("To reset it:", False), ("Done", False), ("", False),
    ],
)  # fmt: skip
def test_ends_sentence(text: str, expected: bool) -> None:
    assert ends_sentence(text) is expected
