"""What a turn that is handled leads to: a form, a call, a reply. Pure."""

from __future__ import annotations

from dataclasses import replace

from agent.configuration.schema import Action, Form
from agent.conversation import forms
from agent.conversation.dialogue.script import Script, target_of
from agent.conversation.dialogue.types import Heeded, Perception
from agent.conversation.forms import FormStep
from agent.conversation.routing import Routed
from agent.types import FormProgress, Route, Session, SlotValue

__all__ = ["call_for", "filled", "filled_at_once", "led_to", "shown", "started"]

_FOLLOWING = frozenset({"chose_intent", "clear_intent", "likely_intent", "likely_small_talk"})


def led_to(heeded: Heeded, routed: Routed) -> str:
    """Return what a turn that is handled leads to; empty if it only talks."""
    if routed.route is not Route.HANDLE:
        return ""
    if routed.rule == "form_step":
        return heeded.inputs.form_then
    if routed.rule in _FOLLOWING and routed.intent:
        return heeded.inputs.targets.get(routed.intent, "")
    return ""


def filled_at_once(
    script: Script, session: Session, perception: Perception, heeded: Heeded, routed: Routed
) -> tuple[Session, Heeded] | None:
    """Return the state as if a form had been open, where its opening message fills it whole.

    "A taxi for two at nine" may leave a form nothing to ask for. What follows the form is
    then routed like the end of any other.
    """
    kind, _, name = led_to(heeded, routed).partition(":")
    if kind != "form" or any(progress.form == name for progress in session.forms):
        return None
    form = script.config.forms[name]
    step = started(form, session, perception, heeded)
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
    kind, _, name = led_to(heeded, routed).partition(":")
    if kind != "call":
        return None
    return script.config.actions[name], {**session.slots, **filled(heeded.step)}


def started(form: Form, session: Session, perception: Perception, heeded: Heeded) -> FormStep:
    """Open a form with what the message already says, or the one that was asked about."""
    message = perception.message
    if heeded.inputs.chosen is not None and session.pending is not None:
        message = session.pending.message
    return forms.start(form, message=message, today=perception.today)


def filled(step: FormStep | None) -> dict[str, SlotValue]:
    """Return the slots of a form that is done."""
    if step is None or step.outcome is not forms.Outcome.DONE:
        return {}
    return dict(step.slots)


def shown(script: Script, heeded: Heeded) -> dict[str, str]:
    """Return the slots of a form that is done, as a person says them."""
    form = script.config.forms.get(heeded.inputs.form)
    return forms.shown_slots(form, filled(heeded.step)) if form is not None else {}
