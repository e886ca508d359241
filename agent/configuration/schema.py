"""What an agent's configuration says, as frozen values.

The file it is read from is YAML; `reading/` reads it and `checks.py` refuses what can't
work. Nothing here touches a disk, so a configuration can be put together in Python too.
`docs/agent.md` describes every key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from agent.configuration.texts import Texts
from agent.types import HandoverReason

__all__ = [
    "Action",
    "AgentConfig",
    "Answer",
    "Call",
    "Choice",
    "DateWindow",
    "Form",
    "HandOver",
    "Handling",
    "HandoverRule",
    "HandoverSettings",
    "MaskPattern",
    "OpenForm",
    "Routing",
    "Say",
    "Slot",
    "SlotType",
    "Step",
    "Texts",
]


@dataclass(frozen=True)
class Say:
    """Say a fixed text: `reply: "..."`.

    Attributes:
        text: May hold `{slot}` placeholders.
    """

    text: str


@dataclass(frozen=True)
class Answer:
    """Let the knowledge base answer: `answer: true` or `answer: "a question"`.

    Attributes:
        question: What is asked instead of the message; None asks the message itself.
    """

    question: str | None = None


@dataclass(frozen=True)
class OpenForm:
    """Open a form: `form: name`."""

    form: str


@dataclass(frozen=True)
class Call:
    """Call the company's own endpoint: `call: name`."""

    action: str


@dataclass(frozen=True)
class HandOver:
    """Hand the conversation to a person: `handover: asked` or `handover: "a detail"`.

    Attributes:
        reason: `ASKED` for the word `asked`, otherwise `RULE`.
        detail: What the configuration wrote, for the person who takes over; empty for
            `asked`.
    """

    reason: HandoverReason
    detail: str = ""


Step = Say | Answer | OpenForm | Call | HandOver
"""What an intent, or a finished form, does."""


@dataclass(frozen=True)
class Handling:
    """What one intent does.

    Attributes:
        intent: Its name.
        step: What happens.
        label: How the intent is called when the agent asks which one is meant;
            "order_equipment" gives "Order equipment" unless the file says otherwise.
        urgent: It gets through whatever is open: an unfinished form, a question back, a
            conversation that a person has taken over. For what must never be an answer to
            a form's question: a crisis, an emergency, the wish for a person.
    """

    intent: str
    step: Step
    label: str
    urgent: bool = False


class SlotType(StrEnum):
    """What kind of value a slot takes."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    EMAIL = "email"
    CHOICE = "choice"


class DateWindow(StrEnum):
    """Which dates are taken; today is both past and future."""

    ANY = "any"
    PAST = "past"
    FUTURE = "future"


@dataclass(frozen=True)
class Choice:
    """One value of a choice slot, with other words for it."""

    value: str
    synonyms: tuple[str, ...] = ()


@dataclass(frozen=True)
class Slot:
    """One thing that a form asks for.

    Attributes:
        name: A lower-case word; templates name it as `{name}`.
        type: What kind of value it takes.
        ask: The question.
        label: How the slot is called in sentences; "needed_by" gives "needed by".
        hint: What is said when an answer makes no sense, instead of our own wording.
        choices: For a choice; never empty there.
        optional: "skip" is a valid answer.
        personal: Never stored unmasked, and left out of handover packets unless the
            configuration says `handover: {personal: true}`.
        pattern: For a text: a regular expression that the whole answer matches.
        min: Least number, or least length of a text in characters; None is no bound.
        max: Largest number, or length of a text in characters; None is no bound.
        whole: For a number: only integers.
        unit: For a number: what it counts ("days"), understood after it and said in hints.
        earliest: For a date: ISO 8601, `today`, `today+7` or `today-7` (days).
        latest: For a date, the same way.
        when: For a date: any, past or future.
    """

    name: str
    type: SlotType
    ask: str
    label: str
    hint: str = ""
    choices: tuple[Choice, ...] = ()
    optional: bool = False
    personal: bool = False
    pattern: str | None = None
    min: float | None = None
    max: float | None = None
    whole: bool = False
    unit: str = ""
    earliest: str | None = None
    latest: str | None = None
    when: DateWindow = DateWindow.ANY


@dataclass(frozen=True)
class Form:
    """A scripted task: questions, a summary to confirm, and what follows.

    Attributes:
        name: As `handle` and `then` refer to it.
        slots: In the order in which they are asked for; at least one.
        then: What happens once it is filled (and confirmed).
        label: How the form is called in sentences.
        start: Said before the first question; may be empty.
        confirm: The summary with a yes-or-no question, or None to go on unasked.
        cancelled: Said when the person breaks it off.
        tries: Answers in a row that make no sense until a person takes over.
        day_first: Whether 3/12 is 3 December (true) or 12 March.
    """

    name: str
    slots: tuple[Slot, ...]
    then: Step
    label: str
    start: str = ""
    confirm: str | None = None
    cancelled: str = "All right, I have dropped that. Is there anything else?"
    tries: int = 3
    day_first: bool = True

    def slot(self, name: str) -> Slot:
        """Return the slot of that name; KeyError if there is none."""
        for slot in self.slots:
            if slot.name == name:
                return slot
        raise KeyError(name)


@dataclass(frozen=True)
class Action:
    """A call to the company's own HTTP endpoint.

    Templates name a slot as `{slot}` and an environment variable as `${NAME}`, which is
    looked up when the call is made.

    Attributes:
        name: As `call` refers to it.
        url: http or https; placeholders are percent-encoded.
        method: GET, HEAD, PUT, DELETE, POST or PATCH.
        headers: Name → template.
        query: Name → template, added to the URL.
        json: The body as nested values whose texts are templates; None sends none.
        timeout_s: For connecting, and for the whole of one attempt.
        retries: Attempts after the first.
        backoff_s: Wait before the first retry; doubled each time.
        idempotency_key: Send an `Idempotency-Key` header, which makes POST and PATCH safe
            to try again at endpoints that honour it.
        max_bytes: A longer response is refused.
        reply: Said after success; may name `{slot}` and `{response.key}`.
        failed: Said when the call fails for good.
    """

    name: str
    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    json: Any = None
    timeout_s: float = 5.0
    retries: int = 2
    backoff_s: float = 0.2
    idempotency_key: bool = False
    max_bytes: int = 1_000_000
    reply: str = "Done."
    failed: str = "I'm sorry, that didn't work just now. A colleague will look into it."


@dataclass(frozen=True)
class HandoverRule:
    """When a person takes over whatever the rest says.

    Attributes:
        name: Becomes the packet's detail.
        words: Any of these words or phrases in the message, case ignored, whole words.
        intents: Or any of these intents.
    """

    name: str
    words: tuple[str, ...] = ()
    intents: tuple[str, ...] = ()


@dataclass(frozen=True)
class HandoverSettings:
    """When and how a person takes over.

    Attributes:
        unsure_turns: Turns in a row that the agent couldn't help with.
        personal: The packet carries personal data unmasked.
        return_after_h: Hours without a word from the person after which a conversation
            that was handed over comes back to the agent.
        rules: In the order in which they are tried.
    """

    unsure_turns: int = 2
    personal: bool = False
    return_after_h: float = 12.0
    rules: tuple[HandoverRule, ...] = ()


@dataclass(frozen=True)
class MaskPattern:
    """Personal data of the company's own: what matches is stored as `[name]`."""

    name: str
    pattern: str


@dataclass(frozen=True)
class Routing:
    """Thresholds of the router, each 0 to 1 unless said otherwise.

    Attributes:
        handle: Least confidence of an intent that is acted on without asking back.
        consider: Least confidence of an intent that is worth a clarifying question.
        tie: Two intents, or two articles, whose confidences differ by less are nearly tied.
        leave_form: Least confidence of another intent that interrupts an open form.
        max_chars: A longer message is cut there before it is looked at (characters).
    """

    handle: float = 0.5
    consider: float = 0.25
    tie: float = 0.1
    leave_form: float = 0.6
    max_chars: int = 4000


@dataclass(frozen=True)
class AgentConfig:
    """A whole agent.

    Attributes:
        name: What it calls itself.
        intents: Files (or folders) of examples, in any format that is read.
        small_talk: `.qna` files.
        say: Its own sentences.
        handle: Intent → what it does. An intent that isn't listed goes to the knowledge
            base with the message as it is.
        forms: Name → form.
        actions: Name → call.
        handover: When a person takes over.
        mask: The company's own personal data.
        routing: The router's thresholds.
        languages: Two-letter codes that are answered; others get a polite reply.
        day_first: Whether 3/12 is 3 December (true) or 12 March.
        path: The file it was read from; None for one made in Python.
        notes: What looked odd but works, for whoever looks after the file.
    """

    name: str = "Frontdesk"
    intents: tuple[Path, ...] = ()
    small_talk: tuple[Path, ...] = ()
    say: Texts = field(default_factory=Texts)
    handle: Mapping[str, Handling] = field(default_factory=dict)
    forms: Mapping[str, Form] = field(default_factory=dict)
    actions: Mapping[str, Action] = field(default_factory=dict)
    handover: HandoverSettings = field(default_factory=HandoverSettings)
    mask: tuple[MaskPattern, ...] = ()
    routing: Routing = field(default_factory=Routing)
    languages: tuple[str, ...] = ("en",)
    day_first: bool = True
    path: Path | None = None
    notes: tuple[str, ...] = ()
