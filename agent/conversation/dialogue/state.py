"""What the steps of a turn hand on to each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from agent.conversation import forms
from agent.conversation.dialogue.clarify import understand
from agent.conversation.forms import FormStep
from agent.conversation.routing import SOMETHING_ELSE, RouterInputs
from agent.conversation.script import Script, target_of
from agent.types import HandoverReason, IntentRanking, Route, Session, SlotValue
from agent.understanding.cleaning import Cleaned, MessageKind, asks_how, puts_question
from agent.understanding.followups import Whole
from agent.understanding.language import Language
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
    message = perception.message
    ranking = perception.ranking
    kind = perception.cleaned.kind
    chosen = _chosen(script, session, perception)
    form, step = None, None
    if session.forms and chosen is None and not session.handed_over and message:
        form = script.config.forms.get(session.forms[-1].form)
        if form is not None and kind is not MessageKind.START_OVER:
            step = forms.fill(
                form,
                session.forms[-1],
                message,
                today=perception.today,
                ranking=ranking,
                own=script.opening(form.name),
                leave_at=script.config.routing.leave_form,
            )
    languages = script.config.languages
    code = perception.language.code
    known = {score.intent for score in ranking.scores} | ({chosen} if chosen else set())
    done = step is not None and step.outcome is forms.FormOutcome.DONE
    inputs = RouterInputs(
        message=kind,
        asks=puts_question(message),
        asks_how=asks_how(message),
        supported=not code or not languages or code in languages,
        language=code,
        scores=ranking.scores,
        in_scope=ranking.in_scope,
        scope_threshold=ranking.threshold,
        targets={name: script.targets[name] for name in sorted(known) if name in script.targets},
        rule=script.rule_for(message),
        rules={name: script.rules[name] for name in sorted(known) if name in script.rules},
        form=form.name if form else "",
        form_intent=next(iter(script.opening(form.name)), None) if form else None,
        form_outcome=step.outcome.value if step else "",
        form_then=target_of(form.then, form.name) if form and done else "",
        n_forms=len(session.forms),
        pending=session.pending.kind if session.pending else "",
        chosen=chosen,
        clarified=bool(session.turns) and session.turns[-1].route is Route.CLARIFY,
        unsure=session.unsure,
        handed_over=session.handed_over,
        thresholds=script.thresholds,
    )
    return DialogueState(inputs, step)


def _chosen(script: Script, session: Session, perception: Perception) -> str | None:
    if session.pending is None or session.handed_over:
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
