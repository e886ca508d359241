from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.configuration import DateWindow
from agent.configuration.dates import boundary
from agent.configuration.days import MONTHS, in_words
from agent.conversation.forms.dates import find_dates

MONDAY = date(2026, 11, 23)


def day_in(text: str, **options: object) -> str | None:
    found = find_dates(text, today=MONDAY, **options)  # type: ignore[arg-type]
    assert len(found) <= 1, found
    return None if not found or found[0].value is None else str(found[0].value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("today", "2026-11-23"),
        ("as soon as possible, today please", "2026-11-23"),
        ("Tomorrow!", "2026-11-24"),
        ("tommorow", "2026-11-24"),
        ("the day after tomorrow", "2026-11-25"),
        ("yesterday", "2026-11-22"),
        ("Friday", "2026-11-27"),
        ("by friday", "2026-11-27"),
        ("this Friday", "2026-11-27"),
        ("on Monday", "2026-11-30"),
        ("this Monday", "2026-11-23"),
        ("next Friday", "2026-12-04"),
        ("next Monday", "2026-11-30"),
        ("last Friday", "2026-11-20"),
        ("Friday week", "2026-12-04"),
        ("a week on Friday", "2026-12-04"),
        ("fri", "2026-11-27"),
        ("by Tues", "2026-11-24"),
        ("in 3 days", "2026-11-26"),
        ("in two weeks", "2026-12-07"),
        ("within a fortnight", "2026-12-07"),
        ("in a couple of days", "2026-11-25"),
        ("three weeks from now", "2026-12-14"),
        ("in a month", "2026-12-23"),
        ("in two weeks' time", "2026-12-07"),
        ("2 days ago", "2026-11-21"),
        ("end of the week", "2026-11-27"),
        ("the end of next week", "2026-12-04"),
        ("end of the month", "2026-11-30"),
        ("end of next month", "2026-12-31"),
        ("beginning of next month", "2026-12-01"),
        ("end of year", "2026-12-31"),
        ("3 Dec", "2026-12-03"),
        ("3rd of December", "2026-12-03"),
        ("the third of December", "2026-12-03"),
        ("December 3rd", "2026-12-03"),
        ("Dec. 3, 2027", "2027-12-03"),
        ("3 December 2027", "2027-12-03"),
        ("1 March", "2027-03-01"),
        ("29 February", "2028-02-29"),
        ("2026-12-03", "2026-12-03"),
        ("2026/12/03", "2026-12-03"),
        ("3.12.2026", "2026-12-03"),
        ("3-12-26", "2026-12-03"),
        ("3/12", "2026-12-03"),
        ("12/25", "2026-12-25"),
        ("the 30th", "2026-11-30"),
        ("on the 3rd", "2026-12-03"),
        ("may 5th", "2027-05-05"),
    ],
)
def test_find_dates_reads_days_as_people_say_them(text: str, expected: str) -> None:
    assert day_in(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", "2", "1200", "may I?", "soon", "I sat in the sun", "2.5", "ten", "monitor", "1/2/3/4",
     "next week", "version 1.2.3", "mon ami"],
)  # fmt: skip
def test_find_dates_leaves_other_words_alone(text: str) -> None:
    assert day_in(text) is None


def test_find_dates_takes_the_month_first_where_told() -> None:
    assert day_in("3/12", day_first=False) == "2027-03-12"
    assert day_in("25/12", day_first=False) == "2026-12-25"


def test_find_dates_looks_back_where_only_the_past_counts() -> None:
    assert day_in("3 Dec", when=DateWindow.PAST) == "2025-12-03"
    assert day_in("on Friday", when=DateWindow.PAST) == "2026-11-20"
    assert day_in("the 30th", when=DateWindow.PAST) == "2026-10-30"
    assert day_in("29 Feb", when=DateWindow.PAST) == "2024-02-29"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("31 February", "there is no 31 February 2026"),
        ("31/2", "there is no 31 February 2026"),
        ("13/13/2026", "there is no month 13"),
        ("2026-14-01", "there is no month 14"),
        ("the 45th", "no month has a day 45"),
        ("in 9999 years", "beyond the calendar"),
    ],
)
def test_find_dates_says_which_days_there_are_not(text: str, problem: str) -> None:
    found = find_dates(text, today=MONDAY)
    assert found[0].value is None
    assert problem in found[0].problem


def test_find_dates_finds_several() -> None:
    found = find_dates("from 3 Dec to Friday", today=MONDAY)
    assert [one.value for one in found] == ["2026-12-03", "2026-11-27"]


@given(day=st.dates(date(2000, 1, 1), date(2090, 1, 1)), today=st.dates(date(1990, 1, 1)))
def test_find_dates_reads_every_way_to_write_a_day(day: date, today: date) -> None:
    month = MONTHS[day.month - 1]
    for text in (
        day.isoformat(),
        in_words(day),
        f"{month} {day.day}, {day.year}",
        f"{day.day} {month[:3]} {day.year}",
        f"{day.day}/{day.month}/{day.year}",
    ):
        values = {one.value for one in find_dates(text, today=today)}
        assert day.isoformat() in values, text


@given(text=st.text(max_size=60), today=st.dates())
def test_find_dates_never_raises(text: str, today: date) -> None:
    for one in find_dates(f"in 5 weeks {text} 30/2 next Sunday", today=today):
        if one.value is not None:
            date.fromisoformat(str(one.value))


def test_boundary_moves_with_today() -> None:
    assert boundary("today+7").on(MONDAY) == MONDAY + timedelta(days=7)
    assert boundary("today - 3").on(MONDAY) == MONDAY - timedelta(days=3)
    assert boundary("2026-12-03").on(MONDAY) == date(2026, 12, 3)
    assert boundary("today+99999").on(date.max) == date.max
    with pytest.raises(ValueError, match="expected a date like"):
        boundary("tomorrow-ish")
