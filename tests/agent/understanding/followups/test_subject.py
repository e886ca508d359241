from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agent.understanding.followups.whole import subject_of


def texts(*messages: str) -> list[str]:
    return [phrase.text for phrase in subject_of(messages).phrases]


def test_subject_of_nothing_is_empty() -> None:
    assert texts() == []
    assert texts("hello", "thanks") == []


def test_subject_grows_with_follow_ups_and_changes_with_the_matter() -> None:
    assert texts("Where is the canteen?", "What about menus?") == ["canteen", "menus"]
    assert texts("Where is the canteen?", "Which flights go to Oslo?") == ["flights", "Oslo"]


def test_short_name_counts_for_the_long_one() -> None:
    assert texts("the travel card", "How do I lose the card for Oslo trips?")[0] == "travel card"
    assert texts("the card", "the travel card from Oslo") == ["travel card", "Oslo"]


def test_known_are_the_words_of_all_phrases() -> None:
    assert subject_of(["the travel cards for Oslo"]).known == {"travel", "card", "oslo"}


@given(st.lists(st.text(max_size=60), max_size=20))
def test_subject_takes_any_conversation(messages: list[str]) -> None:
    found = subject_of(messages)
    assert len({phrase.keys for phrase in found.phrases}) == len(found.phrases)
