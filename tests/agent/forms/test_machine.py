from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.configuration import Choice, DateWindow, Form, Say, Slot, SlotType
from agent.forms import FormStep, Outcome, ask_again, fill, shown_slots, start
from agent.forms.values import valid
from agent.types import FormProgress, IntentRanking, IntentScore, SlotValue

TODAY = date(2026, 11, 23)  # a Monday

ITEM = Slot(
    "item",
    SlotType.CHOICE,
    "Which item?",
    "item",
    choices=(Choice("monitor", ("screen",)), Choice("keyboard"), Choice("mouse")),
)
COUNT = Slot("quantity", SlotType.NUMBER, "How many?", "quantity", whole=True, min=1, max=5)
DAY = Slot("needed_by", SlotType.DATE, "By when?", "needed by", when=DateWindow.FUTURE)
MAIL = Slot("contact", SlotType.EMAIL, "Which e-mail?", "contact", optional=True)
WHY = Slot("reason", SlotType.TEXT, "Why?", "reason", min=3, max=100)
ORDER = Form(
    "order",
    (ITEM, COUNT, DAY, MAIL, WHY),
    Say("ok"),
    "order",
    confirm="{quantity} x {item} for {needed_by} ({contact}): {reason}?",
)
FILLED: dict[str, SlotValue] = {
    "item": "monitor",
    "quantity": 2,
    "needed_by": "2026-12-04",
    "contact": "anna@example.org",
    "reason": "it broke",
}


def ranked(intent: str, confidence: float = 0.9) -> IntentRanking:
    return IntentRanking((IntentScore(intent, confidence),), 1.0, 0.5)


def asked(slot: str, **slots: SlotValue) -> FormProgress:
    return FormProgress("order", slots, slot)


def summary(**changed: SlotValue) -> FormProgress:
    return FormProgress("order", {**FILLED, **changed}, None, 0, True)


def said(progress: FormProgress, message: str, **options: object) -> FormStep:
    return fill(ORDER, progress, message, today=TODAY, **options)  # type: ignore[arg-type]


def slots_of(step: FormStep) -> dict[str, object]:
    assert step.progress is not None
    return dict(step.progress.slots)


def talk(form: Form, messages: Sequence[str]) -> FormStep:
    step = start(form)
    for message in messages:
        assert step.progress is not None
        step = fill(form, step.progress, message, today=TODAY)
    return step


def test_form_is_filled_one_answer_at_a_time() -> None:
    messages = ["a screen", "two", "next Friday", "anna@Example.ORG", "it broke", "yes please"]
    step = talk(ORDER, messages)
    assert step.outcome is Outcome.DONE
    assert step.progress is None
    assert step.slots == FILLED


def test_start_asks_the_first_question_with_its_choices() -> None:
    step = start(replace(ORDER, start="Let's see."))
    assert (step.say, step.choices) == ("Let's see. Which item?", ("monitor", "keyboard", "mouse"))
    assert step.outcome is Outcome.ASK


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


@pytest.mark.parametrize(
    ("slot", "message", "expected"),
    [
        ("item", "chair", "Please choose monitor, keyboard or mouse."),
        ("item", "mouse or keyboard", "that could be mouse or keyboard"),
        ("quantity", "lots", "a whole number, from 1 to 5"),
        ("quantity", "7", "7 is too high; it must be from 1 to 5"),
        ("quantity", "0", "0 is too low"),
        ("quantity", "1.5", "it must be a whole number"),
        ("quantity", "2 or 3", "I can only take one, 2 or 3"),
        ("needed_by", "soon", "like 'tomorrow', 'next Friday', '3 December' or 3/12/2026"),
        ("needed_by", "yesterday", "Sunday 22 November 2026 has passed already"),
        ("needed_by", "30 February", "there is no 30 February 2026"),
        ("contact", "anna at example", "like name@example.org"),
        ("reason", "x", "at least 3 characters"),
        ("reason", "x" * 101, "at most 100 characters"),
        ("reason", "...", "Please tell me in a few words."),
        ("quantity", "skip", "I can't go on without that"),
        ("quantity", "", "a whole number"),
    ],
)
def test_fill_says_what_was_expected(slot: str, message: str, expected: str) -> None:
    step = said(asked(slot, **{n: v for n, v in FILLED.items() if n != slot}), message)
    assert step.outcome is Outcome.ASK
    assert expected in step.say
    assert step.progress is not None
    assert (step.progress.asking, step.progress.failures) == (slot, 1)


def test_fill_says_the_configurations_hint() -> None:
    code = Slot("code", SlotType.TEXT, "Code?", "code", hint="Four figures.", pattern=r"\d{4}")
    form = Form("f", (code,), Say("ok"), "f")
    step = fill(form, FormProgress("f", {}, "code"), "12", today=TODAY)
    assert step.say == "Sorry, that doesn't look right. Four figures. Code?"
    assert talk(form, ["1234"]).slots == {"code": "1234"}


def test_fill_gives_up_after_three_answers_without_sense() -> None:
    step = talk(ORDER, ["blah", "hm", "🤷"])
    assert step.outcome is Outcome.FAILED
    assert step.progress is None


def test_fill_counts_failures_in_a_row_only() -> None:
    step = talk(ORDER, ["blah", "hm", "mouse", "blah", "hm"])
    assert step.outcome is Outcome.ASK
    assert step.progress is not None
    assert step.progress.failures == 2


@pytest.mark.parametrize(
    "message",
    ["cancel", "Cancel that, please.", "forget it", "never mind", "stop", "no, forget it",
     "I don't want it anymore", "I changed my mind", "cancel my order"],
)  # fmt: skip
@pytest.mark.parametrize("progress", [asked("reason"), asked("item"), summary()])
def test_fill_breaks_off(progress: FormProgress, message: str) -> None:
    step = said(progress, message)
    assert step.outcome is Outcome.CANCELLED
    assert step.say == ORDER.cancelled


def test_fill_takes_cancel_for_an_answer_where_it_is_one() -> None:
    what = Slot("what", SlotType.CHOICE, "What?", "what", choices=(Choice("cancel"), Choice("b")))
    assert talk(Form("f", (what,), Say("ok"), "f"), ["cancel"]).slots == {"what": "cancel"}


@pytest.mark.parametrize("message", ["skip", "none", "no thanks", "I don't have one", "-"])
def test_fill_leaves_an_optional_slot_out(message: str) -> None:
    step = said(asked("contact", item="mouse", quantity=1, needed_by="2026-12-04"), message)
    assert step.progress is not None
    assert step.progress.asking == "reason"
    assert "contact" not in step.slots


def test_fill_shows_nothing_for_what_was_left_out() -> None:
    assert "()" in said(summary(contact=""), "hm?!").say
    done = said(summary(contact=""), "yes")
    assert "contact" not in done.slots


@pytest.mark.parametrize(
    "message",
    ["yes", "Yes please!", "yep", "ok", "sure, go ahead", "that's right", "correct", "looks good",
     "👍", "yes, that's correct", "do it", "perfect thanks"],
)  # fmt: skip
def test_fill_is_confirmed_in_many_ways(message: str) -> None:
    assert said(summary(), message).outcome is Outcome.DONE


@pytest.mark.parametrize("message", ["no", "Nope", "not quite", "that's wrong", "no, wait"])
def test_fill_asks_what_to_change(message: str) -> None:
    step = said(summary(), message)
    assert step.outcome is Outcome.CONFIRM
    assert "What should I change" in step.say
    assert step.choices == ("Item", "Quantity", "Needed by", "Contact", "Reason", "Cancel")
    assert step.progress is not None
    changed = said(step.progress, "the item")
    assert changed.say == "Which item?"
    assert "item" not in slots_of(changed)


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
    assert step.outcome is Outcome.CONFIRM
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
    assert step.outcome is Outcome.ASK
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
    assert step.outcome is Outcome.ASK
    assert "9 is too high" in step.say


@pytest.mark.parametrize(
    ("slot", "message"),
    [
        ("item", "what are the opening hours?"),
        ("quantity", "How many can I order?"),
        ("quantity", "how do I reset my password in 2 steps"),
        ("needed_by", "What are the opening hours on Friday?"),
        ("needed_by", "is the office open on Friday?"),
        ("contact", "why do you need that?"),
        ("item", "Do I need approval for a monitor?"),
        ("reason", "how do I reset my password?"),
        ("item", "can I talk to a person"),
        ("reason", "I want to talk to a human"),
    ],
)
def test_fill_leaves_the_form_for_a_question(slot: str, message: str) -> None:
    progress = asked(slot, **{n: v for n, v in FILLED.items() if n != slot})
    step = said(progress, message)
    assert step.outcome is Outcome.NOT_FOR_FORM
    assert step.progress == progress
    assert step.say == ORDER.slot(slot).ask


@pytest.mark.parametrize(
    ("slot", "message", "value"),
    [
        ("needed_by", "can it be Friday?", "2026-11-27"),
        ("needed_by", "How about Friday?", "2026-11-27"),
        ("item", "could I have a mouse please?", "mouse"),
        ("quantity", "two?", 2),
        ("reason", "My screen flickers. Can you help? It is urgent.", None),
    ],
)
def test_fill_takes_an_answer_that_is_put_as_a_question(
    slot: str, message: str, value: object
) -> None:
    step = said(asked(slot, **{n: v for n, v in FILLED.items() if n != slot}), message)
    assert step.outcome is Outcome.CONFIRM
    assert slots_of(step)[slot] == (message if value is None else value)


def test_fill_leaves_the_form_for_another_intent() -> None:
    progress = asked("quantity", item="mouse")
    assert said(progress, "reset my password", ranking=ranked("password")).outcome == "not_for_form"
    assert said(progress, "reset it", ranking=ranked("password", 0.4)).outcome == "ask"
    own = said(progress, "order stuff", ranking=ranked("order"), own={"order"})
    assert own.outcome == "ask"
    assert said(progress, "three", ranking=ranked("password")).outcome == "ask"
    assert said(summary(), "my laptop broke", ranking=ranked("fault")).outcome == "not_for_form"


def test_fill_keeps_descriptions_that_resemble_an_intent() -> None:
    progress = asked("reason", **{n: v for n, v in FILLED.items() if n != "reason"})
    step = said(progress, "the printer is jammed", ranking=ranked("printer"))
    assert step.outcome is Outcome.CONFIRM
    thanks = said(progress, "thanks", ranking=ranked("smalltalk/thanks"))
    assert thanks.outcome is Outcome.NOT_FOR_FORM


def test_ask_again_puts_the_open_question() -> None:
    assert ask_again(ORDER, asked("quantity", item="mouse"), today=TODAY).say == "How many?"
    assert ask_again(ORDER, summary()).say.startswith("2 x monitor for Friday 4 December 2026")


def test_fill_asks_again_for_values_that_no_longer_fit() -> None:
    masked = summary(contact="[e-mail]", needed_by="2026-11-01")
    step = said(masked, "yes")
    assert step.outcome is Outcome.ASK
    assert step.progress is not None
    assert step.progress.asking == "needed_by"
    assert "contact" not in step.progress.slots


def test_fill_without_a_summary_is_done_with_the_last_answer() -> None:
    form = Form("f", (COUNT,), Say("ok"), "f")
    assert talk(form, ["3"]).outcome is Outcome.DONE


def test_shown_slots_words_dates_and_gaps() -> None:
    shown = shown_slots(ORDER, {"needed_by": "2026-12-04", "quantity": 2, "contact": ""})
    assert shown == {
        "item": "",
        "quantity": "2",
        "needed_by": "Friday 4 December 2026",
        "contact": "",
        "reason": "",
    }


SNIPPETS = """yes|no|cancel|skip|change the item|make it|Friday|tomorrow|31/2|2|two|99|monitor|mouse
the second|anna@example.org|@|why?|what is this|no, |actually |to |instead|the date|:|?|...|👍|\x00
3 Dec|1e9|the|reason|quantity|blah|change|should be|how about|talk to a person"""
snippets = st.sampled_from(SNIPPETS.replace("\n", "|").split("|"))
messages = st.lists(snippets | st.text(max_size=8), max_size=5).map(" ".join)
rankings = st.none() | st.builds(
    ranked, st.sampled_from(["order", "other", "smalltalk/hello"]), st.floats(0, 1)
)


@settings(deadline=None, max_examples=120)
@given(
    opening=messages,
    turns=st.lists(st.tuples(messages, rankings), max_size=12),
    today=st.dates(date(2000, 1, 1), date(2100, 1, 1)),
    confirm=st.booleans(),
)
def test_random_conversations_end_well(
    opening: str,
    turns: list[tuple[str, IntentRanking | None]],
    today: date,
    confirm: bool,
) -> None:
    form = ORDER if confirm else replace(ORDER, confirm=None)
    step = start(form, message=opening, today=today)
    for message, ranking in turns:
        if step.progress is None:
            break
        before = step.progress
        step = fill(form, before, message, today=today, ranking=ranking, own={"order"})
        assert step == fill(form, before, message, today=today, ranking=ranking, own={"order"})
        if step.outcome is Outcome.NOT_FOR_FORM:
            assert step.progress is not None
            assert step.progress.slots == before.slots
    over = step.outcome in (Outcome.DONE, Outcome.CANCELLED, Outcome.FAILED)
    assert over == (step.progress is None)
    assert bool(step.say) == (step.outcome not in (Outcome.DONE, Outcome.FAILED))
    for name, value in step.slots.items():
        assert valid(form.slot(name), value, today=today)
    if step.outcome is Outcome.DONE:
        assert set(step.slots) >= {slot.name for slot in form.slots if not slot.optional}
    if step.progress is not None:
        assert json.loads(json.dumps(asdict(step.progress))) == asdict(step.progress)


@given(nonsense=st.lists(st.text("zxqj ", min_size=1, max_size=9), min_size=3, max_size=3))
def test_nonsense_three_times_always_ends_the_form(nonsense: list[str]) -> None:
    assert talk(ORDER, nonsense).outcome is Outcome.FAILED


@pytest.mark.parametrize("part", ["a", "no, ", "change ", "1,", "yes ", "(", "@a.", "2 ", "1/"])
def test_fill_is_not_held_up_by_long_messages(part: str) -> None:
    message = part * (100_000 // len(part))
    began = time.process_time()
    for progress in (asked("item"), asked("contact"), asked("needed_by"), summary()):
        said(progress, message)
    # Some 20 ms each on an idle machine; anything quadratic takes many seconds.
    assert time.process_time() - began < 4


def test_fill_gives_up_on_a_pattern_that_runs_away() -> None:
    code = Slot("code", SlotType.TEXT, "Code?", "code", pattern=r"(\w+\s?)+!")
    step = fill(Form("f", (code,), Say("ok"), "f"), FormProgress("f"), "ab " * 60, today=TODAY)
    assert step.outcome is Outcome.ASK


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
