"""A form as a pure state machine: no I/O, no clock, no globals.

`start` opens a form, `fill` takes one message, `ask_again` puts the open question once
more after an interruption. Each returns a `FormStep`; the state between two messages is a
`FormProgress`, which is plain JSON. A slot that was left out is kept there as "".
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from agent.configuration.placeholders import fill as fill_template
from agent.configuration.schema import Form, Slot, SlotType
from agent.forms import phrases
from agent.forms.values import Read, answer, expected, mentions, shown, valid
from agent.types import FormProgress, IntentRanking, SlotValue

__all__ = ["FormStep", "Outcome", "ask_again", "fill", "shown_slots", "start"]

MAX_CHARS = 4000
"""Of a longer message only the beginning is looked at."""

SKIPPED = ""
_YES_NO = ("Yes", "No")
_CANCEL = "Cancel"
_SMALL_WORDS = frozenset(
    """a an the i we you it that this is are am be can could will would shall should may might
    do does have has get got take need needs want like make made please thanks thank sorry oh ok
    okay yes yeah and or but so just maybe perhaps possible possibly fine work works good by on at
    for to in of with before until till from one ones some any d ll s m ve re use send put say lets
    let us me my mine our what how about then instead rather think guess probably around exactly
    only also too there deliver delivered deadline day date number total""".split()  # noqa: SIM905
)


class Outcome(StrEnum):
    """How a message left a form."""

    ASK = "ask"
    CONFIRM = "confirm"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"
    NOT_FOR_FORM = "not_for_form"


@dataclass(frozen=True)
class FormStep:
    """What a message did to a form.

    Attributes:
        progress: The form's state now; None once it is over.
        say: What the agent says. Under `NOT_FOR_FORM` the open question, to come back to
            after the interruption. Empty under `DONE` and `FAILED`: the form's `then` and
            the configuration's `form_failed` speak there.
        choices: Short answers to offer.
        outcome: Where the form stands.
        slots: What was gathered, without what was left out.
    """

    progress: FormProgress | None
    say: str
    choices: tuple[str, ...]
    outcome: Outcome
    slots: Mapping[str, SlotValue] = field(default_factory=dict)


def start(form: Form, *, message: str = "", today: date | None = None) -> FormStep:
    """Open a form.

    Args:
        form: The form.
        message: What opened it: values that it names clearly are taken from it
            ("I need a new monitor by Friday").
        today: Needed for those; without it nothing is taken.
    """
    turn = _Turn(form, FormProgress(form.name), message, today)
    taken = turn.mentioned() if message and today is not None else {}
    slots = {name: read.value for name, read in taken.items() if read.value is not None}
    before = [form.start] if form.start else []
    if slots:
        before.append(f"I've noted {_listed(form, slots)}.")
    return turn.go_on(_in_order(form, slots), " ".join(before))


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
    turn = _Turn(form, progress, message, today, ranking, own, leave_at)
    return turn.step()


def ask_again(form: Form, progress: FormProgress, *, today: date | None = None) -> FormStep:
    """Put the open question once more, after something else was dealt with.

    Args:
        form: The form.
        progress: Where it stands.
        today: Values that no longer fit on that day are asked for again; None takes all.
    """
    return _Turn(form, progress, "", today).open_question()


def shown_slots(form: Form, slots: Mapping[str, SlotValue]) -> dict[str, str]:
    """Return the form's values as a person says them, for templates."""
    return {slot.name: shown(slot, slots.get(slot.name)) for slot in form.slots}


class _Turn:
    """One message to one form."""

    def __init__(
        self,
        form: Form,
        progress: FormProgress,
        message: str,
        today: date | None,
        ranking: IntentRanking | None = None,
        own: Collection[str] = (),
        leave_at: float = 0.6,
    ) -> None:
        self._form = form
        self._progress = progress
        self._today = today or date.min
        self._ranking = ranking
        self._own = own
        self._leave_at = leave_at
        self._text = _cleaned(message)
        self._slots = {
            slot.name: progress.slots[slot.name]
            for name in progress.slots
            for slot in form.slots
            if slot.name == name
            and (
                (slot.optional and progress.slots[name] == SKIPPED)
                or today is None
                or valid(slot, progress.slots[name], today=today)
            )
        }
        self._missing = [slot for slot in form.slots if slot.name not in self._slots]
        self._asked = self._asked_slot()

    def _asked_slot(self) -> Slot | None:
        for slot in self._missing:
            if slot.name == self._progress.asking:
                return slot
        return self._missing[0] if self._missing else None

    def step(self) -> FormStep:
        """Take the message."""
        if phrases.is_cancel(self._text) and not self._names_choice():
            return FormStep(None, self._form.cancelled, (), Outcome.CANCELLED)
        if phrases.PERSON.search(phrases.plain(self._text)):
            return self._not_for_form()
        if self._asked is None:
            return self._confirmed()
        return self._answered(self._asked)

    def _names_choice(self) -> bool:
        """Whether the words that break off are themselves the value asked for."""
        slot = self._asked
        return (
            slot is not None
            and slot.type is SlotType.CHOICE
            and any(
                self._text.strip(" .!").casefold() == word.casefold()
                for choice in slot.choices
                for word in (choice.value, *choice.synonyms)
            )
        )

    # --- a question was asked -------------------------------------------------------

    def _answered(self, asked: Slot) -> FormStep:
        read = self._read(asked)
        if asked.optional and phrases.is_skip(self._text) and not self._picks(asked, read):
            return self.go_on({**self._slots, asked.name: SKIPPED})
        changed = self._changed(asked, read)
        if changed is not None:
            return changed
        if self._leads_away(asked, read):
            return self._not_for_form()
        others = self.mentioned(beside=read if read.value is not None else None)
        others.pop(asked.name, None)
        found = {name: other.value for name, other in others.items() if other.value is not None}
        if asked.type is SlotType.TEXT:
            found = {}
        if read.value is not None:
            slots = {**self._slots, asked.name: read.value, **found}
            noted = f"I've noted {_listed(self._form, found)} too." if found else ""
            return self.go_on(slots, noted)
        if found:
            before = f"I've noted {_listed(self._form, found)}."
            if read.problem:
                before = f"{before} {_sentence(read.problem)}"
            slots = {**self._slots, **found}
            return self._ask(asked, slots, before=before)
        return self._failed_answer(asked, read)

    def _picks(self, slot: Slot, read: Read) -> bool:
        """Whether "none" or "no" is one of the slot's own choices."""
        return slot.type is SlotType.CHOICE and read.value is not None

    def _failed_answer(self, asked: Slot, read: Read) -> FormStep:
        failures = self._progress.failures + 1
        if failures >= self._form.tries:
            return self._gave_up()
        hint = expected(asked, day_first=self._form.day_first)
        if phrases.is_skip(self._text) and not read.problem:
            problem = "I can't go on without that; say 'cancel' to drop it all."
        elif read.problem:
            problem = f"Sorry, {read.problem}."
        elif self._text:
            problem = "Sorry, I didn't understand that."
        else:
            problem = ""
        before = f"{problem} {hint}".strip()
        return self._ask(asked, self._slots, failures=failures, before=before)

    def _leads_away(self, asked: Slot, read: Read) -> bool:
        """Whether the message is a question or another wish rather than an answer."""
        kind = phrases.asks_something(self._text)
        other = self._other_intent()
        if asked.type is SlotType.TEXT and asked.pattern is None:
            return self._leads_away_from_text(kind, other)
        if read.value is None:
            return bool(kind) or other
        if asked.type is SlotType.TEXT or not kind:
            return False
        return bool(self._words_beside(read))

    def _leads_away_from_text(self, kind: str, other: bool) -> bool:
        """Whether to leave a slot that would take any words.

        A description may well hold a question or resemble an intent, so only a message that
        is one short question, or small talk, leads away.
        """
        words = len(self._text.split())
        one_sentence = len(re.findall(r"[.!?]+(?:\s|$)", self._text)) <= 1
        best = self._ranking.intent if self._ranking is not None else None
        if kind == "open":
            return one_sentence and words <= 25 and (best is None or best not in self._own)
        if kind == "closed":
            return one_sentence and other
        return other and words <= 4 and (best or "").startswith("smalltalk/")

    def _other_intent(self) -> bool:
        ranking = self._ranking
        return (
            ranking is not None
            and ranking.intent is not None
            and ranking.intent not in self._own
            and ranking.confidence >= self._leave_at
        )

    def _words_beside(self, read: Read) -> list[str]:
        """Return the words around a value that say more than "can it be ... please"."""
        around = f"{self._text[: read.start]} {self._text[read.end :]}"
        return [
            word
            for word in re.findall(r"[^\W\d_]+", phrases.plain(around))
            if word not in _SMALL_WORDS
        ]

    # --- the summary was shown ------------------------------------------------------

    def _confirmed(self) -> FormStep:
        if self._form.confirm is None:
            return self._done()
        if phrases.is_yes(self._text):
            return self._done()
        changed = self._changed(None, Read(None)) or self._named_alone() or self._value_alone()
        if changed is not None:
            return changed
        failures = self._progress.failures + 1
        if phrases.is_no(self._text):
            if failures >= self._form.tries:
                return self._gave_up()
            labels = tuple(slot.label for slot in self._form.slots)
            return FormStep(
                self._state(self._slots, None, failures, confirming=True),
                f"What should I change: {_or(labels)}? Or say 'cancel'.",
                (*(_capital(label) for label in labels), _CANCEL),
                Outcome.CONFIRM,
                self._gathered(self._slots),
            )
        if phrases.asks_something(self._text) or self._other_intent():
            return self._not_for_form()
        if failures >= self._form.tries:
            return self._gave_up()
        return self._summary(
            self._slots,
            failures=failures,
            before="Please say yes or no, or what to change.",
        )

    def _named_alone(self) -> FormStep | None:
        """Take "the date" after "what should I change?"."""
        words = re.sub(r"^(?:the|my|no|please|just)[\s,]+", "", phrases.plain(self._text)).strip(
            " .!"
        )
        words = re.sub(r"^(?:the|my)\s+|\s+please$", "", words)
        for slot in self._form.slots:
            if words in _names(slot):
                return self._ask_anew(slot)
        return None

    def _value_alone(self) -> FormStep | None:
        """Take "Friday" under a summary for the one slot that it fits."""
        if phrases.asks_something(self._text):
            return None
        fitting = [
            (slot, read) for slot in self._form.slots for read in self._differing(slot, self._text)
        ]
        if len({slot.name for slot, _ in fitting}) != 1 or len(fitting) != 1:
            return None
        slot, read = fitting[0]
        return self._set(slot, read)

    # --- changing what was said -----------------------------------------------------

    def _changed(self, asked: Slot | None, read: Read) -> FormStep | None:
        """Take a correction of a slot that was filled before, if the message is one."""
        wish = phrases.change_in(self._text)
        if wish is not None:
            named = self._slot_named(wish.rest)
            if named is not None and named[0] is not asked and named[0].name in self._slots:
                return self._change_named(named[0], self._text[wish.start + named[1] :])
            if wish.verb not in ("make", "set") and re.fullmatch(
                r"(?:it|that|something|this|my answer|one thing)", wish.rest.strip()
            ):
                last = self._last_filled()
                return None if last is None else self._ask_anew(last)
        if asked is not None and asked.type is SlotType.TEXT:
            return None
        stated = self._stated(asked)
        if stated is not None:
            return stated
        if phrases.softly_corrects(self._text):
            return self._softly_changed(asked, read)
        return None

    def _change_named(self, slot: Slot, rest: str) -> FormStep:
        to = re.match(
            r"\s*(?:,|from\b.*?\bto\b|to be\b|to\b|into\b|should be\b|is\b|be\b|with\b|=|:)\s*(.+)",
            rest,
            re.IGNORECASE | re.DOTALL,
        )
        value_text = to[1] if to else rest
        if not value_text.strip(" .!?,"):
            return self._ask_anew(slot)
        if to is None and slot.type is SlotType.TEXT:
            return self._ask_anew(slot)
        value = self._read(slot, value_text.strip(" .!?"))
        if value.value is not None:
            return self._set(slot, value)
        return self._ask_anew(slot, problem=value.problem)

    def _stated(self, asked: Slot | None) -> FormStep | None:
        """Take "the date should be Friday" or "item: keyboard" for a filled slot."""
        found = re.match(
            r"(?:(?:no|oh|actually|sorry|wait|but|well|and|yes)[\s,.!:;-]+)*(?:the |my )?"
            r"(?P<label>[\w -]{1,40}?)\s*"
            r"(?:should (?:be|have been)|must be|has to be|is|was|=|:)\s+(?P<value>.+)",
            phrases.plain(self._text),
            re.DOTALL,
        )
        if found is None:
            return None
        label = found["label"].strip()
        for slot in self._form.slots:
            if slot is not asked and slot.name in self._slots and label in _names(slot):
                value = self._read(slot, self._text[found.start("value") :].strip(" .!?"))
                return None if value.value is None else self._set(slot, value)
        return None

    def _softly_changed(self, asked: Slot | None, read: Read) -> FormStep | None:
        """Take "no, make it Friday" for the slot it fits, the latest one first."""
        begin = phrases.without_no(self._text)
        for name in reversed(self._slots):
            slot = self._form.slot(name)
            if asked is not None and read.value is not None:
                # The answer asked for, unless the "no" points back at the one before.
                last = self._last_filled()
                if begin == 0 or slot is not last or slot.type is not asked.type:
                    continue
            fitting = self._differing(slot, self._text[begin:])
            if len(fitting) == 1:
                return self._set(slot, fitting[0])
        return None

    def _differing(self, slot: Slot, text: str) -> list[Read]:
        """Return the values named for a slot that aren't the one it has."""
        found = mentions(slot, text, today=self._today, day_first=self._form.day_first)
        return [read for read in found if read.value != self._slots.get(slot.name)]

    def _slot_named(self, rest: str) -> tuple[Slot, int] | None:
        """Return the slot that a wish names, and where the name ends."""
        best: tuple[Slot, int, int] | None = None
        for slot in self._form.slots:
            for name in _names(slot):
                found = re.match(rf"(?:the |my |its? )?{re.escape(name)}(?!\w)", rest)
                if found and (best is None or len(name) > best[2]):
                    best = (slot, found.end(), len(name))
        if best is not None:
            return best[0], best[1]
        for kind, words in _KIND_WORDS.items():
            slots = [slot for slot in self._form.slots if slot.type is kind]
            found = re.match(rf"(?:the |my )?(?:{words})(?!\w)", rest)
            if found and len(slots) == 1:
                return slots[0], found.end()
        return None

    def _last_filled(self) -> Slot | None:
        names = list(self._slots)
        return self._form.slot(names[-1]) if names else None

    def _set(self, slot: Slot, read: Read) -> FormStep:
        value = read.value if read.value is not None else SKIPPED
        slots = {name: old for name, old in self._slots.items() if name != slot.name}
        slots[slot.name] = value
        return self.go_on(slots, f"Changed: {_listed(self._form, {slot.name: value})}.")

    def _ask_anew(self, slot: Slot, problem: str = "") -> FormStep:
        slots = {name: value for name, value in self._slots.items() if name != slot.name}
        before = ""
        if problem:
            hint = expected(slot, day_first=self._form.day_first)
            before = f"Sorry, {problem}. {hint}"
        return self._ask(slot, slots, before=before)

    # --- what comes next ------------------------------------------------------------

    def mentioned(self, beside: Read | None = None) -> dict[str, Read]:
        """Return values for empty slots that the message names without ambiguity.

        Args:
            beside: The answer to the question that was asked, whose place is taken.
        """
        found = {
            slot.name: [
                read
                for read in mentions(
                    slot, self._text, today=self._today, day_first=self._form.day_first
                )
                if beside is None or read.end <= beside.start or read.start >= beside.end
            ]
            for slot in self._missing
        }
        others = [
            read
            for slot in self._missing
            if slot.type is not SlotType.NUMBER
            for read in found[slot.name]
        ]
        if beside is not None:
            others.append(beside)
        taken: dict[str, Read] = {}
        for slot in self._missing:
            reads = found[slot.name]
            if slot.type is SlotType.NUMBER:
                reads = [read for read in reads if self._counts(slot, read, others)]
            if slot.type is SlotType.TEXT:
                # The figures of a date or an amount are nobody's telephone number.
                reads = [
                    read
                    for read in reads
                    if all(
                        other is read or read.end <= other.start or read.start >= other.end
                        for other in others
                    )
                ]
            rivals = [
                other
                for other in self._missing
                if other is not slot
                and other.type is slot.type
                and self._rivals(slot, other, found)
            ]
            if len({read.value for read in reads}) == 1 and not rivals:
                taken[slot.name] = reads[0]
        return taken

    def _rivals(self, slot: Slot, other: Slot, found: Mapping[str, list[Read]]) -> bool:
        """Whether two slots could take the same words."""
        places = {(read.start, read.end) for read in found[slot.name]}
        return any((read.start, read.end) in places for read in found[other.name])

    def _counts(self, slot: Slot, read: Read, others: list[Read]) -> bool:
        """Whether a number beside other things is meant for this slot.

        It is if the slot's unit or name follows it, or another value that was named: "two
        monitors". A number inside a date or an address isn't.
        """
        if any(read.start < other.end and other.start < read.end for other in others):
            return False
        after = phrases.plain(self._text[read.end :]).lstrip()
        words = [slot.unit.lower(), *_names(slot)]
        if any(word and after.startswith(word.rstrip("s")) for word in words):
            return True
        gap = [other.start - read.end for other in others if other.start >= read.end]
        return bool(gap) and min(gap) <= 2

    def go_on(self, slots: Mapping[str, SlotValue], before: str = "") -> FormStep:
        """Ask for the first slot that is missing, sum up, or be done."""
        for slot in self._form.slots:
            if slot.name not in slots:
                return self._ask(slot, slots, before=before)
        if self._form.confirm is None:
            return FormStep(None, "", (), Outcome.DONE, self._gathered(slots))
        return self._summary(slots, before=before)

    def open_question(self) -> FormStep:
        """Return the open question as it stands."""
        if self._asked is not None:
            return self._ask(self._asked, self._slots, failures=self._progress.failures)
        if self._form.confirm is None:
            return self._done()
        return self._summary(self._slots, failures=self._progress.failures)

    def _ask(
        self, slot: Slot, slots: Mapping[str, SlotValue], *, failures: int = 0, before: str = ""
    ) -> FormStep:
        choices = tuple(choice.value for choice in slot.choices)
        if slot.optional:
            choices = (*choices, "Skip")
        return FormStep(
            self._state(slots, slot.name, failures),
            f"{before} {slot.ask}".strip(),
            choices,
            Outcome.ASK,
            self._gathered(slots),
        )

    def _summary(
        self, slots: Mapping[str, SlotValue], *, failures: int = 0, before: str = ""
    ) -> FormStep:
        summary = fill_template(self._form.confirm or "", slots=shown_slots(self._form, slots))
        return FormStep(
            self._state(slots, None, failures, confirming=True),
            f"{before} {summary}".strip(),
            _YES_NO,
            Outcome.CONFIRM,
            self._gathered(slots),
        )

    def _done(self) -> FormStep:
        return FormStep(None, "", (), Outcome.DONE, self._gathered(self._slots))

    def _gave_up(self) -> FormStep:
        return FormStep(None, "", (), Outcome.FAILED, self._gathered(self._slots))

    def _not_for_form(self) -> FormStep:
        """Leave the form as it is; what was understood elsewhere is no failure here."""
        self._progress = replace(self._progress, failures=0)
        return replace(self.open_question(), outcome=Outcome.NOT_FOR_FORM)

    def _state(
        self,
        slots: Mapping[str, SlotValue],
        asking: str | None,
        failures: int,
        *,
        confirming: bool = False,
    ) -> FormProgress:
        return FormProgress(self._form.name, dict(slots), asking, failures, confirming)

    def _gathered(self, slots: Mapping[str, SlotValue]) -> Mapping[str, SlotValue]:
        return {name: value for name, value in slots.items() if value != SKIPPED}

    def _read(self, slot: Slot, text: str | None = None) -> Read:
        return answer(
            slot,
            self._text if text is None else text,
            today=self._today,
            day_first=self._form.day_first,
        )


_KIND_WORDS: Mapping[SlotType, str] = {
    SlotType.DATE: "date|day|deadline|when",
    SlotType.EMAIL: "e-?mail(?: address)?|mail|address",
    SlotType.NUMBER: "number|quantity|amount|count",
    SlotType.CHOICE: "choice|option|selection",
}


def _names(slot: Slot) -> tuple[str, ...]:
    """Return how a person may call a slot, in lower case."""
    return tuple(dict.fromkeys((slot.label.lower(), slot.name.replace("_", " "))))


def _cleaned(message: str) -> str:
    """Return a message without control characters at its ends or inside, line ends kept."""
    kept = "".join(c if c.isprintable() or c == "\n" else " " for c in message[:MAX_CHARS])
    return kept.strip()


def _in_order(form: Form, slots: Mapping[str, SlotValue]) -> dict[str, SlotValue]:
    return {slot.name: slots[slot.name] for slot in form.slots if slot.name in slots}


def _listed(form: Form, slots: Mapping[str, SlotValue]) -> str:
    """Return values as they stand in a sentence: `monitor, needed by Friday 4 December 2026`."""
    return ", ".join(
        _told(form, slot, slots[slot.name])
        for slot in form.slots
        if slot.name in slots and slots[slot.name] != SKIPPED
    )


def _told(form: Form, slot: Slot, value: SlotValue) -> str:
    """Return a value with its label, or alone where it says itself what it is."""
    text = shown(slot, value)
    if slot.type is SlotType.NUMBER and slot.unit:
        return f"{text} {slot.unit}"
    if slot.type is SlotType.EMAIL or slot.type is SlotType.CHOICE:
        alike = [
            other
            for other in form.slots
            if other.type is slot.type and (not slot.choices or _offers(other, text))
        ]
        if len(alike) == 1:
            return text
    return f"{slot.label} {text}"


def _offers(slot: Slot, text: str) -> bool:
    return any(choice.value == text for choice in slot.choices)


def _sentence(text: str) -> str:
    return f"{_capital(text)}."


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _or(labels: tuple[str, ...]) -> str:
    return labels[0] if len(labels) == 1 else f"{', '.join(labels[:-1])} or {labels[-1]}"
