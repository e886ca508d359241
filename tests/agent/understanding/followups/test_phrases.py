from __future__ import annotations

import pytest

from agent.understanding.followups.words import key, phrases, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("where does the Penobscot River start", ["Penobscot River"]),
        ("What is the Great Wall of China built of?", ["Great Wall of China"]),
        ("How is sickle cell disease treated?", ["sickle cell disease"]),
        ("Tell me especially about Wi-Fi and the VPN!", ["Wi-Fi", "VPN"]),
        ("how long does it take?", []),
        ("of of of", []),
        ("", []),
    ],
)
def test_phrases_are_runs_of_words_with_a_subject(text: str, expected: list[str]) -> None:
    assert [phrase.text for phrase in phrases(text)] == expected


def test_phrase_knows_whether_it_is_a_name() -> None:
    assert [phrase.named for phrase in phrases("Expenses for the Oslo, or E42 and lunch")] == [
        False,
        True,
        True,
        False,
    ]


def test_words_are_lower_case_without_punctuation() -> None:
    assert words("Don’t panic: it's Wi-Fi!") == ["don't", "panic", "it's", "wi-fi"]


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("policies", "policy"),
        ("taxes", "tax"),
        ("claims", "claim"),
        ("company's", "company"),
        ("status", "status"),
        ("glass", "glass"),
        ("its", "its"),
    ],
)
def test_key_makes_words_comparable(word: str, expected: str) -> None:
    assert key(word) == expected
