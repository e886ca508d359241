"""150 ways to say a day, seen from Wednesday 4 March 2026: the right one, or a question back.

`ask` is a phrase that names no one day; an empty cell one that names no day at all. The days
were worked out by hand with a calendar, by the conventions of `agent.conversation.forms.days`.
"""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest

from agent.configuration.schema import Slot, SlotType
from agent.conversation.forms.dates import find_dates
from agent.conversation.forms.values import answer

TODAY = date(2026, 3, 4)
with (Path(__file__).parent / "days.csv").open(encoding="utf-8", newline="") as _stream:
    ROWS = [(row["said"], row["day"]) for row in csv.DictReader(_stream)]


def test_table_is_as_long_as_promised() -> None:
    assert len(ROWS) >= 150


@pytest.mark.parametrize(("said", "day"), ROWS)
def test_a_day_is_right_or_asked_about(said: str, day: str) -> None:
    found = find_dates(said, today=TODAY)
    expected = {"": [], "ask": [None]}.get(day, [day])
    assert [match.value for match in found] == expected
    for match in found:
        assert said[match.start : match.end]
        assert (match.value is None) == bool(match.problem)


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("from 3 to 7 august", "2026-08-03"),
        ("3-7 august", "2026-08-03"),
        ("August 3-7", "2026-08-03"),
        ("from the 3rd to the 7th", "2026-04-03"),
    ],
)
def test_where_a_stretch_begins_its_first_day_is_the_answer(said: str, day: str) -> None:
    first = Slot("first_day", SlotType.DATE, "What is the first day?", "first day")
    by = Slot("needed_by", SlotType.DATE, "By when do you need it?", "needed by")
    assert answer(first, said, today=TODAY, day_first=True).value == day
    assert answer(by, said, today=TODAY, day_first=True).value is None


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("not friday, any other day", None),
        ("monday, not tuesday", "2026-03-09"),
        ("friday, no wait, monday", "2026-03-09"),
        ("friday or the week after", None),
        ("monday or tuesday", None),
    ],
)
def test_an_answer_takes_no_day_that_is_denied_or_half(said: str, value: str | None) -> None:
    slot = Slot("needed_by", SlotType.DATE, "By when do you need it?", "needed by")
    read = answer(slot, said, today=TODAY, day_first=True)
    assert read.value == value
    assert value is not None or read.problem


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("5", 5),
        ("August 3rd", None),
        ("the 3rd", None),
        ("at 5pm", None),
        ("1st floor please", None),
        ("3 days from the 9th", 3),
        ("2 weeks", 14),
    ],
)
def test_a_number_is_no_figure_of_a_day_a_time_or_a_floor(said: str, value: int | None) -> None:
    slot = Slot("days", SlotType.NUMBER, "How many days?", "days", unit="days")
    assert answer(slot, said, today=TODAY, day_first=True).value == value
