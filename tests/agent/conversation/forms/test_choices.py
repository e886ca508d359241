from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.configuration import Choice
from agent.conversation.forms.choices import find_choices, pick

KIT = (
    Choice("monitor", ("screen", "display")),
    Choice("keyboard"),
    Choice("mouse"),
    Choice("docking station", ("dock",)),
)
SIZES = (Choice("13 inch"), Choice("15 inch"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("monitor", ["monitor"]),
        ("A MONITOR, please!", ["monitor"]),
        ("two screens", ["monitor"]),
        ("the second one", ["keyboard"]),
        ("2", ["keyboard"]),
        ("option 3 please", ["mouse"]),
        ("the 4th", ["docking station"]),
        ("the last one", ["docking station"]),
        ("I'd like the first", ["monitor"]),
        ("key", ["keyboard"]),
        ("station", ["docking station"]),
        ("keybord", ["keyboard"]),
        ("a moniter please", ["monitor"]),
        ("m", []),
        ("mo", ["monitor", "mouse"]),
        ("monitor and mouse", ["monitor", "mouse"]),
        ("9", []),
        ("chair", []),
        ("", []),
        ("?!", []),
    ],
)
def test_pick_understands_answers(text: str, expected: list[str]) -> None:
    assert pick(text, KIT) == expected


def test_pick_takes_figures_for_names_before_places() -> None:
    assert pick("13", SIZES) == ["13 inch"]
    assert pick("15 inches", SIZES) == ["15 inch"]
    assert pick("2", SIZES) == ["15 inch"]


def test_find_choices_prefers_the_longer_name() -> None:
    choices = (Choice("pass"), Choice("parking pass"))
    assert [one.value for one in find_choices("a parking pass", choices)] == ["parking pass"]


@pytest.mark.parametrize(
    ("text", "value"), [("C", "C"), ("c++", "C++"), ("C++.", "C++"), ("c#", "C#"), ("c?", "C")]
)
def test_pick_tells_names_apart_by_their_signs(text: str, value: str) -> None:
    assert pick(text, (Choice("C"), Choice("C++"), Choice("C#"))) == [value]


@given(text=st.text(max_size=60), names=st.lists(st.text(min_size=1, max_size=12), max_size=5))
def test_pick_never_raises_and_gives_only_values(text: str, names: list[str]) -> None:
    choices = [Choice(name) for name in names]
    assert set(pick(text, choices)) <= set(names)
    for name in names:
        assert name in pick(name, choices) or not any(c.isalnum() for c in name)
