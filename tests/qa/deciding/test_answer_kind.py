"""Kinds of answers, asked for and given."""

from __future__ import annotations

import pytest

from qa.deciding.answer_kind import fits, kind_asked


@pytest.mark.parametrize(
    ("question", "kind", "good", "bad"),
    [
        ("IT phone number", "phone", "ext. 4410", "wing 2"),
        ("what number do I call for repairs?", "phone", "+44 20 7946 0000", "the porter"),
        ("what is the e-mail address of the gate?", "address", "gate@quarry.example", "Ilse"),
        ("how much does a locker cost?", "money", "10 euros", "the porter"),
        ("How long does it take?", "duration", "about three days", "at the gate"),
        ("how often is it cleaned?", "duration", "weekly", "Bram"),
        ("When is the gate closed?", "time", "from 22:00 on", "the gate"),
        ("what is the deadline", "time", "March", "the form"),
        ("Who repairs bicycles?", "person", "Karim", "9 to 5"),
        ("who do I ask?", "person", "your manager", "3 days"),
        ("how many guests may I bring?", "number", "two", "guests"),
    ],
)
def test_a_kind_is_told_and_checked(question: str, kind: str, good: str, bad: str) -> None:
    asked = kind_asked(question)
    assert asked == kind
    assert fits(asked, good) == 1.0
    assert fits(asked, bad) == -1.0


@pytest.mark.parametrize(
    "question",
    ["", "how do I get a locker?", "when I plug it in, nothing happens", "is there a prayer room?"],
)
def test_an_open_kind_says_nothing(question: str) -> None:
    assert kind_asked(question) is None
    assert fits(kind_asked(question), "anything") == 0.0
