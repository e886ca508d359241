from __future__ import annotations

import pytest
from order_form import FILLED, asked, said, slots_of, summary

from agent.conversation.forms import FormOutcome


@pytest.mark.parametrize(
    ("message", "slot", "value"),
    [
        ("no, make it Thursday", "needed_by", "2026-11-26"),
        ("Thursday", "needed_by", "2026-11-26"),
        ("yes but make it Thursday", "needed_by", "2026-11-26"),
        ("actually Thursday would be better", "needed_by", "2026-11-26"),
        ("change the date to Thursday", "needed_by", "2026-11-26"),
        ("can you change needed by to Thursday?", "needed_by", "2026-11-26"),
        ("change the item to a keyboard", "item", "keyboard"),
        ("a mouse instead", "item", "mouse"),
        ("not a monitor, a mouse", "item", "mouse"),
        ("the item should be a mouse", "item", "mouse"),
        ("quantity: 3", "quantity", 3),
        ("change the quantity to three please", "quantity", 3),
        ("no, send it to bob@example.org", "contact", "bob@example.org"),
        ("change the reason to my desk is bare", "reason", "my desk is bare"),
    ],
)
def test_fill_takes_corrections_at_the_summary(message: str, slot: str, value: object) -> None:
    step = said(summary(), message)
    assert step.outcome is FormOutcome.CONFIRM
    assert slots_of(step)[slot] == value
    assert {n: v for n, v in slots_of(step).items() if n != slot} == {
        n: v for n, v in FILLED.items() if n != slot
    }
    assert step.say.startswith("Changed: ")


@pytest.mark.parametrize(
    ("message", "slot"),
    [("change the item", "item"), ("I want to change the date", "needed_by"),
     ("no, the quantity", "quantity"), ("edit my reason", "reason"),
     ("wait, change the e-mail address", "contact")],
)  # fmt: skip
def test_fill_asks_anew_for_what_is_to_change(message: str, slot: str) -> None:
    step = said(summary(), message)
    assert step.outcome is FormOutcome.ASK
    assert step.progress is not None
    assert step.progress.asking == slot
    assert slot not in step.progress.slots


def test_fill_takes_corrections_while_asking_for_something_else() -> None:
    progress = asked("contact", item="monitor", quantity=2, needed_by="2026-12-04")
    step = said(progress, "no, make it Friday")
    assert slots_of(step)["needed_by"] == "2026-11-27"
    assert step.say == "Changed: needed by Friday 27 November 2026. Which e-mail?"
    step = said(progress, "change the item")
    assert step.say == "Which item?"


def test_fill_refuses_a_bad_correction_and_asks() -> None:
    step = said(summary(), "change the quantity to 9")
    assert step.outcome is FormOutcome.ASK
    assert "9 is too high" in step.say
