from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.conversation.forms.numbers import find_numbers


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12", [12]),
        ("about 1,200 please", [1200]),
        ("1'200", [1200]),
        ("1 200", [1200]),
        ("£1.2k", [1200]),
        ("3 thousand", [3000]),
        ("1.5 million", [1_500_000]),
        ("2.5", [2.5]),
        ("2,5", [2.5]),
        ("-4", [-4]),
        ("20%", [20]),
        ("5kg", [5]),
        ("two", [2]),
        ("twenty-five", [25]),
        ("a hundred and twenty", [120]),
        ("two hundred and five", [205]),
        ("three thousand two hundred", [3200]),
        ("two and a half", [2.5]),
        ("a dozen", [12]),
        ("a couple", [2]),
        ("none", [0]),
        ("2 or 3", [2, 3]),
        ("x2y", []),
        ("", []),
        ("v1.2.3", []),
    ],
)
def test_find_numbers_reads_figures_and_words(text: str, expected: list[float]) -> None:
    assert [one.value for one in find_numbers(text)] == expected


@pytest.mark.parametrize(
    ("text", "unit", "expected"),
    [("2 weeks", "days", 14), ("90 minutes", "hours", 1.5), ("3 days", "days", 3),
     ("2 weeks", "pieces", 2)],
)  # fmt: skip
def test_find_numbers_converts_times(text: str, unit: str, expected: float) -> None:
    assert [one.value for one in find_numbers(text, unit)] == [expected]


@pytest.mark.parametrize("text", ["9" * 17, "9" * 400, "9" * 16 + "k"])
def test_find_numbers_refuses_what_no_float_can_hold(text: str) -> None:
    found = find_numbers(text)
    assert [one.value for one in found] == [None]
    assert "too l" in found[0].problem


@given(st.integers(-(10**9), 10**9))
def test_find_numbers_reads_every_whole_number(number: int) -> None:
    for text in (str(number), f"{number:,}"):
        assert [one.value for one in find_numbers(text)] == [number]


@given(st.text(max_size=80))
def test_find_numbers_never_raises_and_tells_places(text: str) -> None:
    for one in find_numbers(text):
        assert 0 <= one.start < one.end <= len(text)
