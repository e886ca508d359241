"""The first step: what the session and a message come to, as the router's inputs. Pure."""

from __future__ import annotations

from agent.conversation import forms
from agent.conversation.dialogue.clarify import understand
from agent.conversation.dialogue.script import Script, target_of
from agent.conversation.dialogue.types import Heeded, Perception
from agent.conversation.routing import SOMETHING_ELSE, RouterInputs
from agent.types import Route, Session
from agent.understanding.messages.cleaning import MessageKind, asks_how, puts_question

__all__ = ["heed"]


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
