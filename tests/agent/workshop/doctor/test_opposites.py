from __future__ import annotations

import pytest

from agent.types import IntentExample
from agent.workshop.doctor.opposites import are_opposites, intents_are_opposites


@pytest.mark.parametrize(
    ("one", "other", "opposite"),
    [
        ("switch the lights on", "switch the lights off", True),
        ("mute the alerts", "unmute the alerts", True),
        ("send me alerts", "don't send me alerts", True),
        ("switch the lights on", "switch the lamps on", False),
    ],
)
def test_are_opposites_looks_at_the_words_that_differ(one: str, other: str, opposite: bool) -> None:
    assert are_opposites(one, other) is opposite


def test_intents_are_opposites_by_the_words_that_tell_them_apart() -> None:
    examples = [
        *(IntentExample(f"turn the {room} lamp on", "On") for room in ("hall", "lab", "attic")),
        *(IntentExample(f"turn the {room} lamp off", "Off") for room in ("hall", "lab", "attic")),
        *(IntentExample(f"is the {room} lamp bright", "Bright") for room in ("hall", "lab")),
    ]
    assert intents_are_opposites("On", "Off", examples)
    assert not intents_are_opposites("On", "Bright", examples)
