"""What the steps of a turn hand on to each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from agent.conversation.forms import FormStep
from agent.conversation.routing import RouterInputs
from agent.types import HandoverReason, IntentRanking, Session, SlotValue
from agent.understanding.followups import Whole
from agent.understanding.messages.cleaning import Cleaned
from agent.understanding.messages.language import Language
from qa.types import Answer as Quote

__all__ = ["Asked", "Called", "Heeded", "Outcome", "Perception"]


@dataclass(frozen=True)
class Perception:
    """What the senses make of a message.

    Attributes:
        cleaned: The message itself.
        ranking: What the classifier makes of it.
        language: What it is written in, as far as that can be told.
        whole: The question made whole from the session.
        today: For dates in forms.
    """

    cleaned: Cleaned
    ranking: IntentRanking
    language: Language
    whole: Whole
    today: date

    @property
    def message(self) -> str:
        """The message, cleaned."""
        return self.cleaned.text


@dataclass(frozen=True)
class Heeded:
    """A message in the light of the session.

    Attributes:
        inputs: What the router looks at, still without a verdict.
        step: What the open form made of the message, or None.
    """

    inputs: RouterInputs
    step: FormStep | None = None


@dataclass(frozen=True)
class Asked:
    """What is put to the knowledge base.

    Attributes:
        question: What is read for, and kept with the turn.
        search: What to look for instead, for a follow-up; None is the question itself.
    """

    question: str
    search: str | None = None


@dataclass(frozen=True)
class Called:
    """A call that the company's endpoint answered.

    Attributes:
        action: What was called.
        reply: The action's reply with the response's values in it.
    """

    action: str
    reply: str


@dataclass(frozen=True)
class Outcome:
    """What a turn comes to.

    Attributes:
        text: The reply.
        session: The state after the turn; the turn itself isn't in it yet.
        citations: Quotes that support the text.
        choices: Short texts; sending one back picks it.
        question: What was searched, if the knowledge base was asked.
        reason: Why a person takes over with this turn, or None.
        detail: The rule, action or form behind it.
        form: The form that was open when a person took over, or None.
        slots: What was gathered by then.
    """

    text: str
    session: Session
    citations: tuple[Quote, ...] = ()
    choices: tuple[str, ...] = ()
    question: str | None = None
    reason: HandoverReason | None = None
    detail: str = ""
    form: str | None = None
    slots: Mapping[str, SlotValue] = field(default_factory=dict)
