"""A session as it may be stored: every text in it masked, every name that is personal hashed."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

from agent.memory.privacy.masking import Masker
from agent.memory.sessions.columns import storable
from agent.types import Session, Turn

__all__ = ["masked_name", "masked_state", "masked_turn"]


def masked_state(session: Session, masker: Masker, *, hide: tuple[str, ...]) -> Session:
    """Return a session whose slots, forms and pending question are masked; not its turns.

    Args:
        session: As it is.
        masker: What texts go through.
        hide: Texts to hide besides what patterns find.
    """
    mask, mask_json = masker.mask, masker.mask_json
    pending = session.pending
    return replace(
        session,
        slots=mask_json(session.slots, hide=hide),
        forms=tuple(
            replace(form, slots=mask_json(form.slots, hide=hide)) for form in session.forms
        ),
        pending=None
        if pending is None
        else replace(
            pending,
            message=mask(pending.message, hide=hide),
            choices=tuple(mask(choice, hide=hide) for choice in pending.choices),
        ),
    )


def masked_turn(turn: Turn, masker: Masker, *, hide: tuple[str, ...]) -> Turn:
    """Return a turn whose texts are masked, its decision's among them.

    Args:
        turn: As it was.
        masker: What texts go through.
        hide: Texts to hide besides what patterns find.
    """
    mask = masker.mask
    decision = turn.decision
    return replace(
        turn,
        message=mask(turn.message, hide=hide),
        reply=mask(turn.reply, hide=hide),
        question=None if turn.question is None else mask(turn.question, hide=hide),
        titles=tuple(mask(title, hide=hide) for title in turn.titles),
        choices=tuple(mask(choice, hide=hide) for choice in turn.choices),
        decision=replace(
            decision,
            inputs=masker.mask_json(decision.inputs, hide=hide),
            explanation=mask(decision.explanation, hide=hide),
        ),
    )


def masked_name(name: str, masker: Masker) -> str:
    """Return an owner's or a session's name as stored: hashed if it is personal itself."""
    name = storable(name)
    if masker.mask(name) == name:
        return name
    return "sha256:" + sha256(name.encode("utf-8")).hexdigest()
