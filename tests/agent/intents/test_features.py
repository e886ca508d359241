"""Messages and names as a head sees them."""

from __future__ import annotations

import pytest

from agent.intents.features import MAX_CHARS, name_text, plain_text


@pytest.mark.parametrize(
    ("message", "plain"),
    [
        ("  where is\n my\u0000 card?? ", "where is my card??"),
        ("", ""),
        ("\u200b\u202e\t", ""),
        ("cafe\u0301", "café"),
        ("\ud800 lone", "lone"),
        ("👍", "👍"),
    ],
)
def test_plain_text_is_one_clean_line(message: str, plain: str) -> None:
    assert plain_text(message) == plain


def test_plain_text_is_cut() -> None:
    assert len(plain_text("word " * 100_000)) <= MAX_CHARS


@pytest.mark.parametrize(
    ("intent", "words"),
    [
        ("card_arrival", "card arrival"),
        ("smalltalk/how-are-you", "how are you"),
        ("CardArrival", "card arrival"),
        ("resetVPNToken", "reset vpn token"),
        ("intent_17", ""),
        ("A1", ""),
        ("réglages", "réglages"),
    ],
)
def test_name_text_says_what_a_name_says(intent: str, words: str) -> None:
    assert name_text(intent) == words
