"""A form as a pure state machine: no I/O, no clock, no globals.

`start` opens a form, `fill` takes one message, `ask_again` puts the open question once
more after an interruption. Each returns a `FormStep`; the state between two messages is a
`FormProgress`, which is plain JSON. A slot that was left out is kept there as "".

A message is read in this order: does it break off or ask for a person, leave the question
out, correct what was said before (`correcting`), lead away (`leaving`), answer, or name
other values (`unasked`). What the form does then stands in `steps`.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date

from agent.configuration.schema import Form, Slot, SlotType
from agent.conversation.forms import steps
from agent.conversation.forms.correcting import (
    added,
    corrected,
    corrected_summary,
    several,
    unasked,
)
from agent.conversation.forms.state import FormState, FormStep, form_state
from agent.conversation.forms.values import Read
from agent.conversation.forms.wording import SKIPPED, after_that, expected, listed, sentence
from agent.types import FormProgress, IntentRanking, SlotValue
from agent.understanding import small_words
from agent.understanding.people import asks_for_person
from agent.understanding.small_words import asks_something, plain

__all__ = [
    "Guess",
    "ask_again",
    "fill",
    "leads_away",
    "leads_away_from_summary",
    "start",
]

MAX_CHARS = 4000
"""Of a longer message only the beginning is looked at."""


def start(
    form: Form,
    *,
    message: str = "",
    earlier: str = "",
    today: date | None = None,
    intent: str | None = None,
) -> FormStep:
    """Open a form.

    Args:
        form: The form.
        message: What opened it: values that it names clearly are taken from it
            ("I need a new monitor by Friday").
        earlier: What had been said before, for values that the message doesn't name.
        today: Needed for those; without it nothing is taken.
        intent: Whose form it is.
    """
    slots: dict[str, SlotValue] = {}
    others: tuple[FormProgress, ...] = ()
    for text in filter(None, map(_cleaned, (message, earlier))):
        if today is None or others:
            break
        state = form_state(form, FormProgress(form.name, slots), today)
        slots |= _values(unasked(state, text))
        first, others = several(replace(state, slots=slots), text)
        slots |= first
    before = [form.start] if form.start else []
    if slots:
        before.append(f"I've noted {listed(form, slots)}.")
    if others:
        before.append(after_that(form, others))
    return _opened_by(steps.go_on(form, slots, " ".join(before)), intent, others)


def _opened_by(
    step: FormStep, intent: str | None, others: tuple[FormProgress, ...] = ()
) -> FormStep:
    if step.progress is not None:
        step = replace(step, progress=replace(step.progress, intent=intent))
    others = others or step.others
    return replace(step, others=tuple(replace(one, intent=intent) for one in others))


def fill(
    form: Form,
    progress: FormProgress,
    message: str,
    *,
    today: date,
    ranking: IntentRanking | None = None,
    own: Collection[str] = (),
    leave_at: float = 0.6,
    labels: Collection[str] = (),
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
        labels: What the form may be called besides: "cancel the leave request".
    """
    state = form_state(form, progress, today)
    text = _cleaned(message)
    guess = Guess(ranking, own, leave_at)
    return _opened_by(
        _taken(state, text, guess, (form.label, form.name.replace("_", " "), *labels)),
        progress.intent,
    )


def _taken(state: FormState, text: str, guess: Guess, labels: Collection[str]) -> FormStep:
    asked = state.asked
    names_choice = asked is not None and _names_choice(asked, text)
    if small_words.is_cancel(text, labels) and not names_choice:
        return steps.cancelled(state.form)
    if asks_for_person(text) and not names_choice:
        return steps.not_for_form(state)
    if asked is None:
        return _confirmed(state, text, guess)
    return _answered(state, asked, text, guess)


def ask_again(form: Form, progress: FormProgress, *, today: date | None = None) -> FormStep:
    """Put the open question once more, after something else was dealt with.

    Args:
        form: The form.
        progress: Where it stands.
        today: Values that no longer fit on that day are asked for again; None takes all.
    """
    return steps.open_question(form_state(form, progress, today))


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


def _answered(state: FormState, asked: Slot, text: str, guess: Guess) -> FormStep:
    form = state.form
    read = state.read(asked, text)
    # "None" or "no" may be one of the slot's own choices.
    picks = asked.type is SlotType.CHOICE and read.value is not None
    if asked.optional and small_words.is_skip(text) and not picks:
        return steps.go_on(form, {**state.slots, asked.name: SKIPPED})
    correction = corrected(state, text, read)
    if correction is not None:
        return correction
    others = added(state, text) if read.value is None else ()
    if others:
        step = steps.ask(form, asked, state.slots, before=after_that(form, others))
        return replace(step, others=others)
    if leads_away(asked, read, text, guess):
        return steps.not_for_form(state)
    found = _found_beside(state, asked, text, read)
    if read.value is not None:
        slots = {**state.slots, asked.name: read.value, **found}
        return steps.go_on(form, slots, f"I've noted {listed(form, found)} too." if found else "")
    if found:
        before = f"I've noted {listed(form, found)}."
        if read.problem:
            before = f"{before} {sentence(read.problem)}"
        return steps.ask(form, asked, {**state.slots, **found}, before=before)
    return _made_no_sense(state, asked, text, read)


def _found_beside(state: FormState, asked: Slot, text: str, read: Read) -> dict[str, SlotValue]:
    """Return the values of other slots that an answer names."""
    if asked.type is SlotType.TEXT:
        return {}
    others = unasked(state, text, beside=read if read.value is not None else None)
    others.pop(asked.name, None)
    return _values(others)


def _made_no_sense(state: FormState, asked: Slot, text: str, read: Read) -> FormStep:
    form, slots = state.form, state.slots
    failures = state.failures + 1
    if failures >= form.tries:
        return steps.gave_up(slots)
    if small_words.is_skip(text) and not read.problem:
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


def _confirmed(state: FormState, text: str, guess: Guess) -> FormStep:
    form, slots = state.form, state.slots
    known = re.findall(r"[\w']+", small_words.plain(form.confirm or ""))
    if form.confirm is None or small_words.is_yes(text, known):
        return steps.done(slots)
    others = added(state, text)
    if others:
        step = steps.sum_up(form, slots, before=after_that(form, others))
        return replace(step, others=others)
    correction = corrected_summary(state, text)
    if correction is not None:
        return correction
    declined = small_words.is_no(text, known)
    if not declined and leads_away_from_summary(text, guess):
        return steps.not_for_form(state)
    failures = state.failures + 1
    if failures >= form.tries:
        return steps.gave_up(slots)
    if declined:
        return steps.ask_what_to_change(form, slots, failures=failures)
    before = "Please say yes or no, or what to change."
    return steps.sum_up(form, slots, failures=failures, before=before)


_SMALL_WORDS = frozenset(
    """a an the i we you it that this is are am be can could will would shall should may might
    do does have has got get take need needs want like make made please thanks thank sorry oh ok
    okay yes yeah and or but so just maybe perhaps possible possibly fine work works good by on at
    for to in of with before until till from one ones some any d ll s m ve re use send put say lets
    let us me my mine our what how about then instead rather think guess probably around exactly
    only also too there deliver delivered deadline day date number total""".split()  # noqa: SIM905
)
_MAX_QUESTION_WORDS = 25
_MAX_SMALL_TALK_WORDS = 4


@dataclass(frozen=True)
class Guess:
    """What the classifier makes of a message.

    Attributes:
        ranking: Its ranking; None if it wasn't asked.
        own: Intents that open this very form, and so don't lead away from it.
        leave_at: Least confidence of another intent that leads away from the form.
    """

    ranking: IntentRanking | None
    own: Collection[str]
    leave_at: float

    @property
    def intent(self) -> str | None:
        """The likeliest intent, however likely."""
        return self.ranking.intent if self.ranking is not None else None

    @property
    def is_another(self) -> bool:
        """Whether that is another wish than this form's, and likely enough."""
        return (
            self.ranking is not None
            and self.ranking.intent is not None
            and self.ranking.intent not in self.own
            and self.ranking.confidence >= self.leave_at
        )


def leads_away(asked: Slot, read: Read, text: str, guess: Guess) -> bool:
    """Whether a message is a question or another wish rather than an answer.

    Args:
        asked: The slot whose question is open.
        read: What the message gives for it.
        text: The message.
        guess: What the classifier makes of it.
    """
    kind = asks_something(text)
    if asked.type is SlotType.TEXT and asked.pattern is None:
        return _leads_away_from_text(kind, text, guess)
    if read.value is None:
        return bool(kind) or guess.is_another
    if asked.type is SlotType.TEXT or not kind:
        return False
    return _says_more(read, text)


def leads_away_from_summary(text: str, guess: Guess) -> bool:
    """Whether a message has nothing to do with the summary that was shown."""
    return bool(asks_something(text)) or guess.is_another


def _leads_away_from_text(kind: str, text: str, guess: Guess) -> bool:
    """Whether to leave a slot that would take any words.

    A description may well hold a question or resemble an intent, so only a message that
    is one short question, or small talk, leads away.
    """
    n_words = len(text.split())
    one_sentence = len(re.findall(r"[.!?]+(?:\s|$)", text)) <= 1
    intent = guess.intent
    if kind == "open":
        foreign = intent is None or intent not in guess.own
        return one_sentence and n_words <= _MAX_QUESTION_WORDS and foreign
    if kind == "closed":
        return one_sentence and guess.is_another
    small_talk = (intent or "").startswith("smalltalk/")
    return guess.is_another and n_words <= _MAX_SMALL_TALK_WORDS and small_talk


def _says_more(read: Read, text: str) -> bool:
    """Whether the words around a value say more than "can it be ... please"."""
    around = plain(f"{text[: read.start]} {text[read.end :]}")
    return any(word not in _SMALL_WORDS for word in re.findall(r"[^\W\d_]+", around))
