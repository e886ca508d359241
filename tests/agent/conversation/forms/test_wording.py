from __future__ import annotations

from order_form import ORDER, TODAY, asked, said

from agent.configuration import Choice, Form, Say, Slot, SlotType
from agent.conversation.forms import fill, shown_slots, start
from agent.types import FormProgress


def test_shown_slots_words_dates_and_gaps() -> None:
    shown = shown_slots(ORDER, {"needed_by": "2026-12-04", "quantity": 2, "contact": ""})
    assert shown == {
        "item": "",
        "quantity": "2",
        "needed_by": "Friday 4 December 2026",
        "contact": "",
        "reason": "",
    }


def test_notes_say_values_alone_where_they_speak_for_themselves() -> None:
    opened = start(ORDER, message="I need a monitor by Friday", today=TODAY)
    assert opened.say.startswith("I've noted monitor, needed by Friday 27 November 2026.")
    progress = asked("quantity", item="monitor")
    assert "I've noted bob@example.org too." in said(progress, "2, for bob@example.org").say


def test_notes_label_what_another_slot_could_hold_as_well() -> None:
    offices = (Choice("Denver"), Choice("Dublin"))
    slots = (
        Slot("origin", SlotType.CHOICE, "From where?", "from", choices=offices),
        Slot("target", SlotType.CHOICE, "To where?", "to", choices=offices),
        Slot("boxes", SlotType.NUMBER, "How many?", "boxes", unit="boxes"),
    )
    form = Form("move", slots, Say("Noted."), "the move", confirm="All right?")
    ready = FormProgress(
        "move", {"origin": "Denver", "target": "Dublin", "boxes": 2}, confirming=True
    )
    changed = fill(form, ready, "change to to Denver", today=TODAY)
    assert changed.say.startswith("Changed: to Denver.")
    changed = fill(form, ready, "change the boxes to 3", today=TODAY)
    assert changed.say.startswith("Changed: 3 boxes.")
