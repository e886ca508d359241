"""The dialogue: one turn as pure steps, without disk, network, clock or globals.

    heed      what the session and the message come to, as the router's inputs
    questions what to ask the knowledge base, where the router needs its verdict
    call_for  the company's endpoint to call, where what was decided needs it
    conclude  the reply, and the session's state after it

`agent.agent` does what is needed between the steps: it classifies, searches, calls and
stores.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from agent import forms
from agent.clarify import ask_back, understand
from agent.configuration.placeholders import fill as fill_template
from agent.configuration.schema import Action, Answer, Form, Say
from agent.followups import Whole
from agent.forms import FormStep
from agent.messages.cleaning import Cleaned, MessageKind, asks_how, puts_question
from agent.messages.language import Language, reply_in_kind
from agent.routing import SOMETHING_ELSE, Routed, RouterInputs
from agent.script import Script, target_of
from agent.types import (
    FormProgress,
    HandoverReason,
    IntentRanking,
    Pending,
    Route,
    Session,
    SlotValue,
    Verdict,
)
from agent.wording import joined, quoted, refused
from qa.types import Answer as Quote

__all__ = [
    "Asked",
    "Called",
    "Heeded",
    "Outcome",
    "Perception",
    "call_for",
    "conclude",
    "filled_at_once",
    "heed",
    "questions",
    "shown",
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


def heed(script: Script, session: Session, perception: Perception) -> Heeded:
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
    done = step is not None and step.outcome is forms.Outcome.DONE
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
    return Heeded(inputs, step)


def questions(
    script: Script, session: Session, perception: Perception, heeded: Heeded, routed: Routed
) -> tuple[Asked, ...]:
    """Return what to ask the knowledge base; the next where the one before isn't answered.

    A question that the configuration has for an intent serves messages that are too short
    to search with. A message that is a question itself says more: it comes first, unless the
    intent is so sure that nothing else needs looking at ("when are you open?"). What was
    made whole on a weak sign is asked as it was said as well, and so first where more speaks
    for a new matter.
    """
    inputs = heeded.inputs
    said = perception.whole
    whole = [Asked(said.question, said.search if said.rewritten else None)]
    if said.doubtful:
        alone = Asked(perception.message)
        whole.insert(0 if _turns_to_new_matter(session, perception, routed) else 1, alone)
    if inputs.chosen is not None and session.pending is not None:
        whole = [Asked(session.pending.message)]
    if inputs.form_took_it:
        step = script.config.forms[inputs.form].then
        slots = {**session.slots, **shown(script, heeded)}
        if isinstance(step, Answer) and step.question is not None:
            return (Asked(fill_template(step.question, slots=slots)),)
    if routed.intent is not None:
        handling = script.config.handle.get(routed.intent)
        if handling is not None and isinstance(handling.step, Answer) and handling.step.question:
            configured = Asked(handling.step.question)
            first = inputs.first
            sure = first is not None and first.confidence >= script.thresholds.sure
            if not inputs.asks or inputs.chosen:
                return (configured,)
            return (configured, *whole) if sure else (*whole, configured)
    return tuple(whole)


def _turns_to_new_matter(session: Session, perception: Perception, routed: Routed) -> bool:
    """Return whether a message that may be a follow-up more likely begins something else.

    "I need a new laptop" after an answer on passwords: what it would be completed by is then
    the wrong thing to look for, and it would be found.
    """
    before = session.turns[-1].intent if session.turns else None
    if routed.intent is not None and routed.intent != before:
        return True
    return not perception.whole.fragment and not puts_question(perception.message)


def filled_at_once(
    script: Script, session: Session, perception: Perception, heeded: Heeded, routed: Routed
) -> tuple[Session, Heeded] | None:
    """Return the state as if a form had been open, where its opening message fills it whole.

    "A taxi for two at nine" may leave a form nothing to ask for. What follows the form is
    then routed like the end of any other.
    """
    kind, _, name = _target(heeded, routed).partition(":")
    if kind != "form" or any(progress.form == name for progress in session.forms):
        return None
    form = script.config.forms[name]
    step = _started(form, session, perception, heeded)
    if step.outcome is not forms.Outcome.DONE:
        return None
    inputs = replace(
        heeded.inputs,
        form=name,
        form_intent=routed.intent,
        form_outcome=step.outcome.value,
        form_then=target_of(form.then, name),
        n_forms=heeded.inputs.n_forms + 1,
        verdict=None,
    )
    opened = replace(session, forms=(*session.forms, FormProgress(name)))
    return opened, Heeded(inputs, step)


def call_for(
    script: Script, session: Session, heeded: Heeded, routed: Routed
) -> tuple[Action, dict[str, SlotValue]] | None:
    """Return the action that what was decided calls for, with its values, or None."""
    kind, _, name = _target(heeded, routed).partition(":")
    if kind != "call":
        return None
    return script.config.actions[name], {**session.slots, **_filled(heeded.step)}


def conclude(
    script: Script,
    session: Session,
    perception: Perception,
    heeded: Heeded,
    routed: Routed,
    *,
    verdict: Verdict | None = None,
    called: Called | None = None,
) -> Outcome:
    """Return the reply and the state after it.

    Args:
        script: What the dialogue goes by.
        session: As it was before the message.
        perception: What the senses made of the message.
        heeded: What `heed` returned.
        routed: What the router made of that.
        verdict: The knowledge base's, if it was asked.
        called: What the company's endpoint answered, if it was called.
    """
    turn = _Turn(script, session, perception, heeded, routed, verdict, called)
    outcome = turn.outcome()
    asked = verdict.question if verdict is not None else None
    too_long = script.config.say.too_long if perception.cleaned.cut else ""
    return replace(outcome, text=joined(too_long, outcome.text), question=asked)


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


def _filled(step: FormStep | None) -> dict[str, SlotValue]:
    """Return the slots of a form that is done."""
    if step is None or step.outcome is not forms.Outcome.DONE:
        return {}
    return dict(step.slots)


def shown(script: Script, heeded: Heeded) -> dict[str, str]:
    """Return the slots of a form that is done, as a person says them."""
    form = script.config.forms.get(heeded.inputs.form)
    return forms.shown_slots(form, _filled(heeded.step)) if form is not None else {}


_FOLLOWING = frozenset({"chose_intent", "clear_intent", "likely_intent", "likely_small_talk"})


def _target(heeded: Heeded, routed: Routed) -> str:
    """Return what a turn that is handled leads to; empty if it only talks."""
    if routed.route is not Route.HANDLE:
        return ""
    if routed.rule == "form_step":
        return heeded.inputs.form_then
    if routed.rule in _FOLLOWING and routed.intent:
        return heeded.inputs.targets.get(routed.intent, "")
    return ""


def _started(form: Form, session: Session, perception: Perception, heeded: Heeded) -> FormStep:
    """Open a form with what the message already says, or the one that was asked about."""
    message = perception.message
    if heeded.inputs.chosen is not None and session.pending is not None:
        message = session.pending.message
    return forms.start(form, message=message, today=perception.today)


@dataclass(frozen=True)
class _Turn:
    """Everything that one turn's end looks at."""

    script: Script
    session: Session
    perception: Perception
    heeded: Heeded
    routed: Routed
    verdict: Verdict | None
    called: Called | None

    def outcome(self) -> Outcome:
        """Return the reply by the row that fired."""
        say = self.script.config.say
        rule = self.routed.rule
        after = replace(
            self._form_left(),
            pending=None,
            language=self.perception.language.code or self.session.language,
        )
        if rule == "start_over":
            return Outcome(
                say.greeting,
                replace(after, forms=(), slots={}, pending=None, unsure=0, handed_over=False),
            )
        if rule == "broken":
            # What was open stays open: the same answer may work the next time.
            return Outcome(say.failed, replace(after, pending=self.session.pending))
        match self.routed.route:
            case Route.HANDOFF:
                return self._to_a_person(after)
            case Route.CLARIFY:
                return self._ask_back(after)
            case Route.ANSWER:
                return self._answer(after)
            case _:
                return self._handle(after)

    # --- a person ---------------------------------------------------------------------------

    def _to_a_person(self, after: Session) -> Outcome:
        say, routed = self.script.config.say, self.routed
        if routed.reason is None:
            return Outcome(say.handed_over, after)
        lead = ""
        if routed.reason is HandoverReason.FORM_FAILED:
            text = say.form_failed
        elif routed.reason is HandoverReason.ACTION_FAILED:
            text = joined(self.script.config.actions[routed.detail].failed, say.handover)
        else:
            if routed.reason is HandoverReason.UNSURE_TWICE and self.verdict is not None:
                lead = refused(say, self.verdict, offer=False)
            text = joined(lead, say.handover)
        slots = dict(self.session.slots)
        for progress in self.session.forms:
            slots.update(progress.slots)
        slots.update(_filled(self.heeded.step))
        return Outcome(
            text,
            replace(after, forms=(), unsure=0, handed_over=True),
            reason=routed.reason,
            detail=routed.detail,
            form=self.session.forms[-1].form if self.session.forms else None,
            slots=slots,
        )

    # --- a question back --------------------------------------------------------------------

    def _ask_back(self, after: Session) -> Outcome:
        routed = self.routed
        if routed.kind == "article":
            titles = {
                found.article_id: found.title
                for found in (self.verdict.answers if self.verdict is not None else ())
            }
            labels = [titles[article] for article in routed.choices]
        else:
            labels = [self.script.label(intent) for intent in routed.choices]
        say = self.script.config.say
        text, choices = ask_back(say.clarify_one if len(labels) == 1 else say.clarify, labels)
        pending = Pending(
            kind=routed.kind,
            message=self.perception.whole.question,
            choices=choices,
            values=(*routed.choices, SOMETHING_ELSE),
        )
        return Outcome(text, replace(after, pending=pending), choices=choices)

    # --- the knowledge base -----------------------------------------------------------------

    def _answer(self, after: Session) -> Outcome:
        say = self.script.config.say
        after = self._form_over(after)
        if self.routed.rule == "unsupported_language":
            text = reply_in_kind(
                self.perception.language.code, supported=self.script.config.languages
            )
            text = text or say.unsupported_language
            return self._back_to_form(text, after)
        verdict = self.verdict
        if verdict is None or self.routed.rule == "refused":
            text = (
                say.not_found
                if verdict is None
                else refused(say, verdict, offer=self.session.unsure == 0)
            )
            return self._back_to_form(text, replace(after, unsure=self.session.unsure + 1))
        quote = next(
            (
                answer
                for answer in verdict.answers
                if self.routed.article in (None, answer.article_id)
            ),
            verdict.answers[0],
        )
        answered = self._back_to_form(quoted(quote), replace(after, unsure=0))
        return replace(answered, citations=(quote,))

    # --- scripts ----------------------------------------------------------------------------

    def _handle(self, after: Session) -> Outcome:
        say, rule = self.script.config.say, self.routed.rule
        kind, _, name = _target(self.heeded, self.routed).partition(":")
        fixed = {
            "no_words": say.empty,
            "nothing_to_cancel": say.cancelled_nothing,
            "chose_something_else": say.offer_person,
        }
        if rule in fixed:
            if rule == "no_words":
                # Nothing was said: what was asked is still asked.
                after = replace(after, pending=self.session.pending)
            return self._back_to_form(fixed[rule], after)
        if rule == "too_many_forms":
            return self._back_to_form("", after)
        if rule == "form_step":
            return self._form_step(after, kind, name)
        if kind == "smalltalk":
            return self._back_to_form(self.script.small_talk[name], after)
        return self._follow(kind, name, replace(after, unsure=0), self.session.slots)

    def _form_step(self, after: Session, kind: str, name: str) -> Outcome:
        step = self.heeded.step
        if step is None:
            return Outcome("", after)
        if step.progress is not None:
            progresses = (*self.session.forms[:-1], step.progress)
            return Outcome(
                step.say, replace(after, forms=progresses, unsure=0), choices=tuple(step.choices)
            )
        after = replace(self._form_over(after), unsure=0)
        if step.outcome is forms.Outcome.CANCELLED:
            return self._back_to_form(step.say, after)
        done = self._follow(kind, name, after, {**after.slots, **shown(self.script, self.heeded)})
        return replace(done, text=joined(step.say, done.text))

    def _follow(
        self, kind: str, name: str, after: Session, slots: Mapping[str, SlotValue]
    ) -> Outcome:
        """Do what a step says: of an intent, or of a form that is done."""
        config = self.script.config
        if kind == "form":
            return self._open(config.forms[name], after)
        if kind == "call" and self.called is not None:
            return self._back_to_form(self.called.reply, after)
        if kind == "say":
            step = (
                config.handle[self.routed.intent].step
                if self.routed.rule != "form_step" and self.routed.intent
                else config.forms[self.heeded.inputs.form].then
            )
            if isinstance(step, Say):
                return self._back_to_form(fill_template(step.text, slots=slots), after)
        return self._back_to_form("", after)

    def _open(self, form: Form, after: Session) -> Outcome:
        if any(progress.form == form.name for progress in after.forms):
            # It is open already, on top or waiting: no second one.
            return self._back_to_form("", after)
        step = _started(form, self.session, self.perception, self.heeded)
        if step.progress is None:
            return self._back_to_form(step.say, after)
        opened = replace(after, forms=(*after.forms, step.progress))
        return Outcome(step.say, opened, choices=tuple(step.choices))

    def _form_left(self) -> Session:
        """Return the session with its form as it was left by a message that wasn't for it."""
        step = self.heeded.step
        if step is None or step.progress is None or self.heeded.inputs.form_took_it:
            return self.session
        return replace(self.session, forms=(*self.session.forms[:-1], step.progress))

    # --- open forms -------------------------------------------------------------------------

    def _form_over(self, after: Session) -> Session:
        """Return the state without the form that this message brought to its end."""
        step = self.heeded.step
        if step is None or step.progress is not None or not self.heeded.inputs.form_took_it:
            return after
        return replace(
            after,
            forms=self.session.forms[:-1],
            slots={**self.session.slots, **_filled(step)},
        )

    def _back_to_form(self, text: str, after: Session) -> Outcome:
        """Add the question of the form that was interrupted, if one is open."""
        if not after.forms:
            return Outcome(text, after)
        progress = after.forms[-1]
        form = self.script.config.forms[progress.form]
        step = forms.ask_again(form, progress, today=self.perception.today)
        lead = fill_template(self.script.config.say.back_to_form, slots={"form": form.label})
        return Outcome(
            joined(text, joined(lead, step.say) if lead else step.say),
            after,
            choices=tuple(step.choices),
        )
