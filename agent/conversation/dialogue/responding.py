"""The last step: the reply, and the session's state after it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from agent.configuration.placeholders import fill as fill_template
from agent.configuration.schema import Form, Say
from agent.conversation import forms
from agent.conversation.dialogue.clarify import ask_back
from agent.conversation.dialogue.following import filled, led_to, shown, started
from agent.conversation.dialogue.state import Called, DialogueState, Perception, Response
from agent.conversation.dialogue.wording import joined, quoted, refused
from agent.conversation.routing import SOMETHING_ELSE, Routed
from agent.conversation.script import Script
from agent.types import HandoverReason, Pending, Route, Session, SlotValue, Verdict
from agent.understanding.language import reply_in_kind

__all__ = ["conclude"]


def conclude(
    script: Script,
    session: Session,
    perception: Perception,
    state: DialogueState,
    routed: Routed,
    *,
    verdict: Verdict | None = None,
    called: Called | None = None,
) -> Response:
    """Return the reply and the state after it.

    Args:
        script: What the dialogue goes by.
        session: As it was before the message.
        perception: What the senses made of the message.
        state: What `track` returned.
        routed: What the router made of that.
        verdict: The knowledge base's, if it was asked.
        called: What the company's endpoint answered, if it was called.
    """
    turn = _Turn(script, session, perception, state, routed, verdict, called)
    outcome = turn.outcome()
    asked = verdict.question if verdict is not None else None
    too_long = script.config.say.too_long if perception.cleaned.cut else ""
    return replace(outcome, text=joined(too_long, outcome.text), question=asked)


@dataclass(frozen=True)
class _Turn:
    """Everything that one turn's end looks at."""

    script: Script
    session: Session
    perception: Perception
    state: DialogueState
    routed: Routed
    verdict: Verdict | None
    called: Called | None

    def outcome(self) -> Response:
        """Return the reply by the row that fired."""
        say = self.script.config.say
        rule = self.routed.rule
        after = replace(
            self._form_left(),
            pending=None,
            language=self.perception.language.code or self.session.language,
        )
        if rule == "start_over":
            return Response(
                say.greeting,
                replace(after, forms=(), slots={}, pending=None, unsure=0, handed_over=False),
            )
        if rule == "begins":
            # A page that is loaded again finds what was open.
            return self._back_to_form(say.greeting, replace(after, pending=self.session.pending))
        if rule == "given_back":
            return Response(say.given_back, replace(after, unsure=0, handed_over=False))
        if rule == "broken":
            # What was open stays open: the same answer may work the next time.
            return Response(say.failed, replace(after, pending=self.session.pending))
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

    def _to_a_person(self, after: Session) -> Response:
        say, routed = self.script.config.say, self.routed
        if routed.reason is None:
            turns = self.session.turns
            again = bool(turns) and turns[-1].decision.rule in (
                "with_a_person",
                "still_with_a_person",
            )
            return self._back_to_form(say.handed_over_still if again else say.handed_over, after)
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
        slots.update(filled(self.state.step))
        return Response(
            text,
            replace(after, forms=(), unsure=0, handed_over=True),
            reason=routed.reason,
            detail=routed.detail,
            form=self.session.forms[-1].form if self.session.forms else None,
            slots=slots,
        )

    # --- a question back --------------------------------------------------------------------

    def _ask_back(self, after: Session) -> Response:
        routed, pending = self.routed, self.session.pending
        if routed.rule == "which_still" and pending is not None:
            text, choices = ask_back(self.script.config.say.clarify, pending.choices[:-1])
            return Response(text, replace(after, pending=pending), choices=choices)
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
        return Response(text, replace(after, pending=pending), choices=choices)

    # --- the knowledge base -----------------------------------------------------------------

    def _answer(self, after: Session) -> Response:
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
            unsure = self.session.unsure + (not self.state.inputs.mumbles)
            return self._back_to_form(text, replace(after, unsure=unsure))
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

    def _handle(self, after: Session) -> Response:
        say, rule = self.script.config.say, self.routed.rule
        kind, _, name = led_to(self.state, self.routed).partition(":")
        fixed = {
            "no_words": say.empty,
            "nothing_to_cancel": say.cancelled_nothing,
            "chose_something_else": say.offer_person,
            "denied": say.not_done,
            "undone": say.not_undone,
            "small_word": self._to_small_word(),
        }
        if rule in fixed:
            if rule == "no_words":
                # Nothing was said: what was asked is still asked.
                after = replace(after, pending=self.session.pending)
            return self._back_to_form(fixed[rule], after)
        if rule == "gets_through":
            # Whatever was asked for doesn't matter now.
            after = replace(after, forms=())
        if rule == "too_many_forms":
            return self._back_to_form("", after)
        if rule == "form_step":
            return self._form_step(after, kind, name)
        if kind == "smalltalk":
            return self._back_to_form(self.script.small_talk[name], after)
        return self._follow(kind, name, replace(after, unsure=0), self.session.slots)

    def _to_small_word(self) -> str:
        say, inputs = self.script.config.say, self.state.inputs
        if inputs.small == "yes":
            return say.go_ahead
        if inputs.small == "done" or inputs.asked_more:
            return say.closing
        return say.acknowledged

    def _form_step(self, after: Session, kind: str, name: str) -> Response:
        step = self.state.step
        if step is None:
            return Response("", after)
        if step.progress is not None:
            waiting = (*self.session.forms[:-1], *reversed(step.others))
            progresses = (*waiting, step.progress)
            return Response(
                step.say, replace(after, forms=progresses, unsure=0), choices=tuple(step.choices)
            )
        after = replace(self._form_over(after), unsure=0)
        if step.outcome is forms.FormOutcome.CANCELLED:
            return self._back_to_form(step.say, after)
        done = self._follow(kind, name, after, {**after.slots, **shown(self.script, self.state)})
        return replace(done, text=joined(step.say, done.text))

    def _follow(
        self, kind: str, name: str, after: Session, slots: Mapping[str, SlotValue]
    ) -> Response:
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
                else config.forms[self.state.inputs.form].then
            )
            if isinstance(step, Say):
                return self._back_to_form(fill_template(step.text, slots=slots), after)
        return self._back_to_form("", after)

    def _open(self, form: Form, after: Session) -> Response:
        if any(progress.form == form.name for progress in after.forms):
            # It is open already, on top or waiting: no second one.
            return self._back_to_form("", after)
        step = started(form, self.session, self.perception, self.state)
        if step.progress is None:
            return self._back_to_form(step.say, after)
        opened = replace(after, forms=(*after.forms, *reversed(step.others), step.progress))
        return Response(step.say, opened, choices=tuple(step.choices))

    def _form_left(self) -> Session:
        """Return the session with its form as it was left by a message that wasn't for it."""
        step = self.state.step
        if step is None or step.progress is None or self.state.inputs.form_took_it:
            return self.session
        return replace(self.session, forms=(*self.session.forms[:-1], step.progress))

    # --- open forms -------------------------------------------------------------------------

    def _form_over(self, after: Session) -> Session:
        """Return the state without the form that this message brought to its end."""
        step = self.state.step
        if step is None or step.progress is not None or not self.state.inputs.form_took_it:
            return after
        return replace(
            after,
            forms=(*self.session.forms[:-1], *reversed(step.others)),
            slots={**self.session.slots, **filled(step)},
        )

    def _back_to_form(self, text: str, after: Session) -> Response:
        """Add the question of the form that was interrupted, if one is open."""
        if not after.forms:
            return Response(text, after)
        progress = after.forms[-1]
        form = self.script.config.forms[progress.form]
        step = forms.ask_again(form, progress, today=self.perception.today)
        lead = fill_template(self.script.config.say.back_to_form, slots={"form": form.label})
        return Response(
            joined(text, joined(lead, step.say) if lead else step.say),
            after,
            choices=tuple(step.choices),
        )
