from __future__ import annotations

import pytest
from order_form import DAY, ORDER, TODAY, WHY, asked, said, slots_of, talk

from agent.configuration import Form, Say, Slot, SlotType
from agent.conversation.forms import start


def test_start_takes_what_the_message_names() -> None:
    step = start(ORDER, message="I need two monitors by Friday to anna@example.org", today=TODAY)
    assert slots_of(step) == {
        "item": "monitor",
        "quantity": 2,
        "needed_by": "2026-11-27",
        "contact": "anna@example.org",
    }
    assert "needed by Friday 27 November 2026" in step.say
    assert step.say.endswith("Why?")


def test_start_does_not_take_what_is_ambiguous() -> None:
    step = start(ORDER, message="a monitor or a mouse on Friday or Monday, 27 inch", today=TODAY)
    assert slots_of(step) == {}


def test_fill_takes_several_values_from_one_answer() -> None:
    step = said(asked("item"), "a keyboard by tomorrow for bob@example.org")
    assert slots_of(step) == {
        "item": "keyboard",
        "needed_by": "2026-11-24",
        "contact": "bob@example.org",
    }
    assert step.progress is not None
    assert step.progress.asking == "quantity"


def test_fill_keeps_another_slots_value_and_asks_again() -> None:
    step = said(asked("quantity", item="mouse"), "by Friday")
    assert slots_of(step) == {"item": "mouse", "needed_by": "2026-11-27"}
    assert step.progress is not None
    assert (step.progress.asking, step.progress.failures) == ("quantity", 0)


def test_fill_leaves_two_slots_of_one_type_apart() -> None:
    begin = Slot("begin", SlotType.DATE, "From when?", "begin")
    end = Slot("end", SlotType.DATE, "Until when?", "end")
    form = Form("leave", (begin, end), Say("ok"), "leave", confirm="{begin} - {end}?")
    step = talk(form, ["tomorrow", "Friday"])
    assert slots_of(step) == {"begin": "2026-11-24", "end": "2026-11-27"}
    opened = start(form, message="I want leave on Friday", today=TODAY)
    assert slots_of(opened) == {}


TICKET = Slot("ticket", SlotType.TEXT, "Which?", "ticket", pattern=r"(?i)(?:bcn)?[- ]?\d{5}")
CALL = Slot("phone", SlotType.TEXT, "Which number?", "phone", pattern=r"\+?[\d\s().-]{7,20}")


@pytest.mark.parametrize(
    ("message", "taken"),
    [
        ("what is the status of BCN-20417?", {"ticket": "BCN-20417"}),
        ("ticket 20417 please", {"ticket": "20417"}),
        ("what about 20417 and 20418?", {}),
        ("what is the status of my ticket?", {}),
        ("call me on 303-555-0133", {"phone": "303-555-0133"}),
        ("call me on 2026-12-04", {"needed_by": "2026-12-04"}),
    ],
)
def test_start_takes_numbers_that_a_pattern_tells_from_words(
    message: str, taken: dict[str, str]
) -> None:
    form = Form("number", (TICKET, CALL, DAY, WHY), Say("ok"), "number")
    step = start(form, message=message, today=TODAY)
    assert slots_of(step) == taken


def test_start_gives_up_on_a_pattern_that_runs_away() -> None:
    slow = Slot("code", SlotType.TEXT, "Which?", "code", pattern=r"(?:(?:\d|\d\d)+)+x")
    form = Form("number", (slow, WHY), Say("ok"), "number")
    assert slots_of(start(form, message="1" * 60 + "y", today=TODAY)) == {}
