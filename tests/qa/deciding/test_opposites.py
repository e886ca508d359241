"""Opposite actions and alternatives."""

from __future__ import annotations

import pytest

from qa.deciding.opposites import excluded_by, negated


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("how do I turn off night mode?", "Turn on night mode"),
        ("how do I disable night mode?", "Turn on night mode"),
        ("how do I unsubscribe from the digest?", "Subscribe to the digest"),
        ("uninstall the Quarry add-on", "Installing the Quarry add-on"),
        ("how do I unlock a till?", "Lock a till"),
        ("how do I remove a member from a team?", "Add a member to a team"),
        ("how do I restore an archived order?", "Archive an order"),
        ("how do I open a tab?", "Close your tab"),
        ("how do I unmute a room?", "Mute a room"),
        ("can I download a form from the shelf?", "Upload a form to the shelf"),
        ("how do I lower a limit?", "Increasing a limit"),
        ("how do I set it up on Windows?", "Set it up on the Mac"),
        ("how much is the Gold plan?", "The Silver plan is 4 euros."),
    ],
)
def test_a_look_alike_of_the_opposite_is_excluded(question: str, text: str) -> None:
    assert excluded_by(question, text)


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("how do I turn on night mode?", "Turn on night mode"),
        ("how do I lock a till?", "Lock a till, and unlock it again"),
        ("can I switch from Windows to the Mac?", "Moving to the Mac"),
        ("how do I get a badge?", "Lock a till"),
        ("how do I install it?", "Uninstall the old version, then install the new one."),
        ("how much sick leave is there?", "Join the union in the first week."),
        ("", "Lock"),
        ("how do I lock a till?", ""),
    ],
)
def test_the_right_one_is_not_excluded(question: str, text: str) -> None:
    assert not excluded_by(question, text)


@pytest.mark.parametrize(
    ("text", "denies"),
    [
        ("Dogs are not allowed.", True),
        ("You can’t park here.", True),
        ("It is no longer sold.", True),
        ("Fees are excluded.", True),
        ("There is no paper.", False),
        ("Dogs are allowed.", False),
    ],
)
def test_negated(text: str, denies: bool) -> None:
    assert negated(text) is denies
