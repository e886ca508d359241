"""What the steps of a turn hand on to each other."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from agent.configuration.schema import Form
from agent.conversation import forms
from agent.conversation.dialogue.clarify import understand
from agent.conversation.forms import FormStep
from agent.conversation.routing import SOMETHING_ELSE, RouterInputs
from agent.conversation.script import Script, target_of
from agent.types import HandoverReason, IntentRanking, Route, Session, SlotValue
from agent.understanding.cleaning import Cleaned, MessageKind, asks_how, puts_question
from agent.understanding.followups import Whole
from agent.understanding.followups.words import phrases
from agent.understanding.language import Language
from agent.understanding.people import asks_for_person, wants_bot_back
from agent.understanding.polarity import Polarity, turned_round
from agent.understanding.small_words import small_word
from qa.types import Answer as Quote

__all__ = [
    "Asked",
    "Called",
    "DialogueState",
    "Perception",
    "Response",
    "track",
]


@dataclass(frozen=True)
class Perception:
    """What the senses make of a message.

    Attributes:
        cleaned: The message itself.
        ranking: What the classifier makes of it.
        language: What it is written in, as far as that can be told.
        whole: The question made whole from the session.
        today: For dates in forms.
        polarity: What of it counts, and what it denies.
        urgent: The intent in it that gets through whatever is open, or an empty text.
    """

    cleaned: Cleaned
    ranking: IntentRanking
    language: Language
    whole: Whole
    today: date
    polarity: Polarity = field(default_factory=Polarity)
    urgent: str = ""

    @property
    def message(self) -> str:
        """The message, cleaned."""
        return self.cleaned.text

    @property
    def said(self) -> str:
        """The message without what it denies; all of it where it says nothing besides."""
        return self.polarity.rest or self.message


@dataclass(frozen=True)
class DialogueState:
    """A message in the light of the session.

    Attributes:
        inputs: What the router looks at, still without a verdict.
        step: What the open form made of the message, or None.
    """

    inputs: RouterInputs
    step: FormStep | None = None

    def knowing(self, **facts: Any) -> DialogueState:
        """Return it with something that wasn't known before."""
        return replace(self, inputs=replace(self.inputs, **facts))


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
class Response:
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


def track(script: Script, session: Session, perception: Perception) -> DialogueState:
    """Look at a message in the light of the session."""
    chosen = _chosen(script, session, perception)
    form, step = None, None
    if session.forms and chosen is None and perception.message and not perception.urgent:
        form = script.config.forms.get(session.forms[-1].form)
        if form is not None and perception.cleaned.kind not in _BESIDE_FORMS:
            step = _filled(script, form, session, perception)
    inputs = RouterInputs(
        **_said(script, session, perception, chosen),
        **_open(script, session, form, step),
        chosen=chosen,
        unsure=session.unsure,
        handed_over=session.handed_over,
        thresholds=script.thresholds,
    )
    return DialogueState(inputs, step)


_BESIDE_FORMS = frozenset({MessageKind.START_OVER, MessageKind.BEGIN, MessageKind.PAYLOAD})


def _filled(script: Script, form: Form, session: Session, perception: Perception) -> FormStep:
    """Let the open form take the message."""
    return forms.fill(
        form,
        session.forms[-1],
        perception.message,
        today=perception.today,
        ranking=perception.ranking,
        own=script.opening(form.name),
        leave_at=script.config.routing.leave_form,
        labels=[script.label(intent) for intent in script.opening(form.name)],
    )


def _said(
    script: Script, session: Session, perception: Perception, chosen: str | None
) -> dict[str, Any]:
    """Return what the router looks at of the message itself."""
    message, ranking = perception.message, perception.ranking
    languages, code = script.config.languages, perception.language.code
    small = small_word(message)
    undone = turned_round(perception.said)
    scores = ranking.scores
    if undone or (perception.polarity.denied and not perception.polarity.rest):
        # Nothing that is denied, or turned round, is done; what is about that itself may be.
        scores = tuple(
            score
            for score in scores
            if score.intent in script.opposed or not _acts(script.targets.get(score.intent, ""))
        )
    known = {score.intent for score in scores}
    known |= {name for name in (chosen, perception.urgent) if name}
    return {
        "message": perception.cleaned.kind,
        "asks": puts_question(perception.said),
        "asks_how": asks_how(perception.said),
        "supported": not code or not languages or code in languages,
        "language": code,
        "scores": scores,
        "in_scope": ranking.in_scope,
        "scope_threshold": ranking.threshold,
        "targets": {name: script.targets[name] for name in sorted(known) if name in script.targets},
        "urgent": perception.urgent,
        "small": small.value if small is not None else "",
        "denied": "" if undone or perception.polarity.rest else perception.polarity.denied,
        "undone": undone if len(scores) < len(ranking.scores) else "",
        "wants_person": asks_for_person(message),
        "wants_back": wants_bot_back(message),
        "asked_more": _asked_more(session),
        "mumbles": len(phrases(message)) == 0,
        "rule": script.rule_for(perception.said),
        "rules": {name: script.rules[name] for name in sorted(known) if name in script.rules},
    }


def _acts(target: str) -> bool:
    """Whether a target does something that may be denied."""
    return target.partition(":")[0] in ("form", "call") or target == "handover"


_MORE = re.compile(r"\b(?:anything|something) (?:else|more)\b[^?]*\?\s*$", re.IGNORECASE)


def _asked_more(session: Session) -> bool:
    return bool(session.turns) and _MORE.search(session.turns[-1].reply) is not None


def _open(
    script: Script, session: Session, form: Form | None, step: FormStep | None
) -> dict[str, Any]:
    """Return what the router looks at of what is open: forms, and a question back."""
    done = step is not None and step.outcome is forms.FormOutcome.DONE
    pending = session.pending
    intent = None
    if form is not None:
        intent = session.forms[-1].intent or next(iter(script.opening(form.name)), None)
    return {
        "form": form.name if form else "",
        "form_intent": intent,
        "form_outcome": step.outcome.value if step else "",
        "form_then": target_of(form.then, form.name) if form and done else "",
        "n_forms": len(session.forms),
        "pending": pending.kind if pending else "",
        "pending_values": pending.values if pending else (),
        "clarified": bool(session.turns) and session.turns[-1].route is Route.CLARIFY,
    }


def _chosen(script: Script, session: Session, perception: Perception) -> str | None:
    if session.pending is None or perception.urgent or asks_for_person(perception.message):
        return None
    if perception.cleaned.kind is MessageKind.CANCEL:
        # Breaking off a question back is leaving its choices; an open form stays open.
        return SOMETHING_ELSE
    if perception.cleaned.kind is not MessageKind.WORDS:
        return None
    return understand(
        perception.message,
        session.pending,
        ranking=perception.ranking,
        least=script.config.routing.consider,
    )
