"""Fragments put into the place of what they stand for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.types import Decision, Route, Turn
from agent.understanding.followups import make_whole, rewrite
from agent.understanding.followups.ellipsis import in_its_place


@pytest.mark.parametrize(
    ("earlier", "message", "whole"),
    [
        (
            "how much is the mileage rate in Canada?",
            "and in Ireland?",
            "how much is the mileage rate in Ireland?",
        ),
        (
            "where do I gather when there is an alarm in Denver",
            "and in Dublin?",
            "where do I gather when there is an alarm in Dublin",
        ),
        (
            "how do I print in Denver at night?",
            "ok, and what about in Dublin",
            "how do I print in Dublin at night?",
        ),
        (
            "how do I set up the VPN on Windows?",
            "and on a Mac?",
            "how do I set up the VPN on a Mac?",
        ),
        (
            "from which day do i need a doctors note in canada",
            "what about Ireland?",
            "from which day do i need a doctors note in Ireland",
        ),
        (
            "how long does it take to order a docking station?",
            "and a headset?",
            "how long does it take to order a headset?",
        ),
        (
            "how much notice must employees give before a planned absence?",
            "and for contractors?",
            "how much notice must contractors give before a planned absence?",
        ),
        (
            "how much notice do I have to give?",
            "what about contractors?",
            "how much notice do contractors have to give?",
        ),
        ("is there a dress code?", "and for visitors?", "is there a dress code for visitors?"),
        ("what is the meal allowance?", "in Chicago?", "what is the meal allowance in Chicago?"),
        (
            "when does the canteen open?",
            "and on Fridays?",
            "when does the canteen open on Fridays?",
        ),
        ("is the office open in July?", "and in july?", "is the office open in July?"),
    ],
)
def test_in_its_place_replaces_what_a_fragment_stands_for(
    earlier: str, message: str, whole: str
) -> None:
    assert in_its_place(message, earlier) == whole


@pytest.mark.parametrize(
    "message",
    [
        "how do I reset my password?",
        "and how long does it take?",
        "and then what do I do",
        "what about it?",
        "Ireland",
        "thanks",
        "and that",
        "",
        "for the next six months I would like to work from Spain",
    ],
)
def test_in_its_place_leaves_whole_messages_alone(message: str) -> None:
    assert in_its_place(message, "how much is the mileage rate in Canada?") is None


@pytest.mark.parametrize(
    ("earlier", "message"),
    [
        ("how do I get a place in Denver?", "what about the bicycle?"),
        ("how do I quit properly?", "what about Ireland?"),
        ("where do I park in Denver?", "what about bicycles?"),
        ("", "and in Dublin?"),
    ],
)
def test_in_its_place_guesses_nothing(earlier: str, message: str) -> None:
    assert in_its_place(message, earlier) is None


@given(st.text(max_size=60), st.text(max_size=60))
def test_in_its_place_takes_any_text(message: str, earlier: str) -> None:
    whole = in_its_place(message, earlier)
    assert whole is None or whole.endswith("?") is earlier.rstrip().endswith("?")


def turn(message: str, *, searched: bool = True) -> Turn:
    decision = Decision("d", Route.ANSWER, "answered", None, 1.0, {}, "")
    question = message if searched else None
    return Turn(message, "a reply", Route.ANSWER, None, decision, "", question=question)


def test_make_whole_goes_back_over_fragments_to_the_question() -> None:
    history = [
        turn("how much is the mileage rate in Canada?"),
        turn("and in Ireland?"),
        turn("thank you very much", searched=False),
    ]
    whole = make_whole("and in Denver?", history)
    assert whole.question == whole.search == "how much is the mileage rate in Denver?"
    assert (whole.rewritten, whole.how) == (True, "ellipsis")
    assert rewrite("and in Denver?", [one.message for one in history[:2]]) == whole.search
