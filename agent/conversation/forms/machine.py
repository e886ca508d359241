"""A form as a pure state machine: no I/O, no clock, no globals.

`start` opens a form, `fill` takes one message, `ask_again` puts the open question once
more after an interruption. Each returns a `FormStep`; the state between two messages is a
`FormProgress`, which is plain JSON. A slot that was left out is kept there as "".

A message is read in this order: does it break off or ask for a person, leave the question
out, correct what was said before (`correcting`), lead away (`leaving`), answer, or name
other values (`unasked`). What the form does then stands in `steps`.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from agent.configuration.schema import Form, Slot, SlotType
from agent.conversation.forms import phrases, steps
from agent.conversation.forms.correcting import corrected, corrected_summary
from agent.conversation.forms.leaving import Guess, leads_away, leads_away_from_summary
from agent.conversation.forms.standing import Standing, stands
from agent.conversation.forms.types import SKIPPED, FormStep
from agent.conversation.forms.unasked import unasked
from agent.conversation.forms.values import Read
from agent.conversation.forms.wording import expected, listed, sentence
from agent.types import FormProgress, IntentRanking, SlotValue

__all__ = ["ask_again", "fill", "start"]

MAX_CHARS = 4000
"""Of a longer message only the beginning is looked at."""


def start(form: Form, *, message: str = "", today: date | None = None) -> FormStep:
    """Open a form.

    Args:
        form: The form.
        message: What opened it: values that it names clearly are taken from it
            ("I need a new monitor by Friday").
        today: Needed for those; without it nothing is taken.
    """
    slots: dict[str, SlotValue] = {}
    if message and today is not None:
        standing = stands(form, FormProgress(form.name), today)
        slots = _values(unasked(standing, _cleaned(message)))
    before = [form.start] if form.start else []
    if slots:
        before.append(f"I've noted {listed(form, slots)}.")
    return steps.go_on(form, slots, " ".join(before))


def fill(
    form: Form,
    progress: FormProgress,
    message: str,
    *,
    today: date,
    ranking: IntentRanking | None = None,
    own: Collection[str] = (),
    leave_at: float = 0.6,
) -> FormStep:
    """Take one message to an open form.

    Args:
        form: The form.
        progress: Where it stands. Values that no longer fit (masked ones, or days that have
            passed since) are asked for again.
        message: What the person wrote, as it is.
        today: What "tomorrow" counts from.
        ranking: What the classifier makes of the message, if it was asked.
        own: Intents that open this very form, and so don't lead away from it.
        leave_at: Least confidence of another intent that leads away from the form.
    """
    standing = stands(form, progress, today)
    text = _cleaned(message)
    guess = Guess(ranking, own, leave_at)
    asked = standing.asked
    if phrases.is_cancel(text) and (asked is None or not _names_choice(asked, text)):
        return steps.cancelled(form)
    if phrases.PERSON.search(phrases.plain(text)):
        return steps.not_for_form(standing)
    if asked is None:
        return _confirmed(standing, text, guess)
    return _answered(standing, asked, text, guess)


def ask_again(form: Form, progress: FormProgress, *, today: date | None = None) -> FormStep:
    """Put the open question once more, after something else was dealt with.

    Args:
        form: The form.
        progress: Where it stands.
        today: Values that no longer fit on that day are asked for again; None takes all.
    """
    return steps.open_question(stands(form, progress, today))


def _cleaned(message: str) -> str:
    """Return a message without control characters at its ends or inside, line ends kept."""
    kept = "".join(c if c.isprintable() or c == "\n" else " " for c in message[:MAX_CHARS])
    return kept.strip()


def _names_choice(slot: Slot, text: str) -> bool:
    """Whether the words that break off are themselves the value asked for."""
    return slot.type is SlotType.CHOICE and any(
        text.strip(" .!").casefold() == word.casefold()
        for choice in slot.choices
        for word in (choice.value, *choice.synonyms)
    )


def _values(read: dict[str, Read]) -> dict[str, SlotValue]:
    return {name: one.value for name, one in read.items() if one.value is not None}


# --- a question was asked -----------------------------------------------------------


def _answered(standing: Standing, asked: Slot, text: str, guess: Guess) -> FormStep:
    form = standing.form
    read = standing.read(asked, text)
    # "None" or "no" may be one of the slot's own choices.
    picks = asked.type is SlotType.CHOICE and read.value is not None
    if asked.optional and phrases.is_skip(text) and not picks:
        return steps.go_on(form, {**standing.slots, asked.name: SKIPPED})
    correction = corrected(standing, text, read)
    if correction is not None:
        return correction
    if leads_away(asked, read, text, guess):
        return steps.not_for_form(standing)
    found = _found_beside(standing, asked, text, read)
    if read.value is not None:
        slots = {**standing.slots, asked.name: read.value, **found}
        return steps.go_on(form, slots, f"I've noted {listed(form, found)} too." if found else "")
    if found:
        before = f"I've noted {listed(form, found)}."
        if read.problem:
            before = f"{before} {sentence(read.problem)}"
        return steps.ask(form, asked, {**standing.slots, **found}, before=before)
    return _made_no_sense(standing, asked, text, read)


def _found_beside(standing: Standing, asked: Slot, text: str, read: Read) -> dict[str, SlotValue]:
    """Return the values of other slots that an answer names."""
    if asked.type is SlotType.TEXT:
        return {}
    others = unasked(standing, text, beside=read if read.value is not None else None)
    others.pop(asked.name, None)
    return _values(others)


def _made_no_sense(standing: Standing, asked: Slot, text: str, read: Read) -> FormStep:
    form, slots = standing.form, standing.slots
    failures = standing.failures + 1
    if failures >= form.tries:
        return steps.gave_up(slots)
    if phrases.is_skip(text) and not read.problem:
        problem = "I can't go on without that; say 'cancel' to drop it all."
    elif read.problem:
        problem = f"Sorry, {read.problem}."
    elif text:
        problem = "Sorry, I didn't understand that."
    else:
        problem = ""
    before = f"{problem} {expected(asked, day_first=form.day_first)}".strip()
    return steps.ask(form, asked, slots, failures=failures, before=before)


# --- the summary was shown ----------------------------------------------------------


def _confirmed(standing: Standing, text: str, guess: Guess) -> FormStep:
    form, slots = standing.form, standing.slots
    if form.confirm is None or phrases.is_yes(text):
        return steps.done(slots)
    correction = corrected_summary(standing, text)
    if correction is not None:
        return correction
    declined = phrases.is_no(text)
    if not declined and leads_away_from_summary(text, guess):
        return steps.not_for_form(standing)
    failures = standing.failures + 1
    if failures >= form.tries:
        return steps.gave_up(slots)
    if declined:
        return steps.ask_what_to_change(form, slots, failures=failures)
    before = "Please say yes or no, or what to change."
    return steps.sum_up(form, slots, failures=failures, before=before)
