from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.understanding.cleaning import (
    Cleaned,
    MessageKind,
    asks_how,
    clean,
    puts_question,
)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("  Start  over!\x07", Cleaned("Start over!", MessageKind.START_OVER)),
        ("please restart", Cleaned("please restart", MessageKind.START_OVER)),
        ("Cancel.", Cleaned("Cancel.", MessageKind.CANCEL)),
        ("cancel my order", Cleaned("cancel my order", MessageKind.WORDS)),
        ("how do I restart?", Cleaned("how do I restart?", MessageKind.WORDS)),
        ("", Cleaned("", MessageKind.NO_WORDS)),
        ("👍🏽 !", Cleaned("👍🏽 !", MessageKind.NO_WORDS)),
        ("\ud800\x00", Cleaned("", MessageKind.NO_WORDS)),
        ("a\r\nb\n\n\n\nc", Cleaned("a\nb\n\nc", MessageKind.WORDS)),
        ("pass\u202eword", Cleaned("password", MessageKind.WORDS)),
        ("2", Cleaned("2", MessageKind.WORDS)),
    ],
)
def test_clean_says_what_a_message_is(message: str, expected: Cleaned) -> None:
    assert clean(message, max_chars=100) == expected


def test_clean_cuts_what_is_too_long() -> None:
    cleaned = clean("word " * 20_000, max_chars=50)
    assert cleaned.cut
    assert len(cleaned.text) <= 50
    assert not clean("word", max_chars=4).cut


@given(st.text(alphabet=st.characters(), max_size=80))
def test_clean_leaves_nothing_hidden_and_cleaning_again_changes_nothing(message: str) -> None:
    cleaned = clean(message, max_chars=40)
    assert len(cleaned.text) <= 40
    cleaned.text.encode("utf-8")
    assert all(
        unicodedata.category(char) not in ("Cc", "Cs") for char in cleaned.text if char != "\n"
    )
    assert clean(cleaned.text, max_chars=40) == Cleaned(cleaned.text, cleaned.kind)


@pytest.mark.parametrize(
    "text",
    [
        "How do I order a mouse?",
        "hello! what is the number of the service desk",
        "is Beacon down?",
        "do we have a gym",
        "can you tell me the number",
        "the wifi password?",
    ],
)
def test_puts_question_knows_questions(text: str) -> None:
    assert puts_question(text)


@pytest.mark.parametrize(
    "text",
    ["order a mouse", "can I get a mouse?", "could you order me one?", "thanks", "vpn setup"],
)
def test_puts_question_knows_wishes(text: str) -> None:
    assert not puts_question(text)


def test_asks_how_knows_how() -> None:
    assert asks_how("Hi, how do I order a mouse?")
    assert not asks_how("what is the status of my order?")
