from __future__ import annotations

import pytest

from agent.understanding.followups.whole import chosen, with_choice_named

THREE = ("Hotel receipts", "Taxi receipts", "Lost receipts")


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("the first one", "Hotel receipts"),
        ("2", "Taxi receipts"),
        ("the last", "Lost receipts"),
        ("LOST RECEIPTS!", "Lost receipts"),
        ("0", None),
        ("4", None),
        ("the fourth one", None),
        ("the latter", None),
        ("the first aid kit", None),
        ("lost", None),
        ("", None),
    ],
)
def test_chosen_by_place_or_words(message: str, expected: str | None) -> None:
    assert chosen(message, THREE) == expected


def test_nothing_is_chosen_where_nothing_was_offered() -> None:
    assert chosen("the first one", ()) is None
    assert with_choice_named("and the last one?", ()) is None


def test_of_two_the_latter_is_the_second() -> None:
    assert chosen("the latter", THREE[:2]) == "Taxi receipts"
    assert with_choice_named("what does the latter cost?", THREE[:2]) == (
        "what does Taxi receipts cost?"
    )
    assert with_choice_named("what does the latter cost?", THREE) is None


def test_choice_is_named_by_number() -> None:
    assert with_choice_named("open option 3 for me", THREE) == "open Lost receipts for me"
    assert with_choice_named("open option 0", THREE) is None
    assert with_choice_named("my first day", THREE) is None
