"""Sessions, turns and decisions as JSON values and back.

The one place that knows how they are written. A value that can't be what was written raises
SessionError: a stored session is never half understood.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agent.errors import SessionError
from agent.types import Decision, FormProgress, Pending, Route, Session, Turn

__all__ = [
    "decision_from_json",
    "decision_to_json",
    "session_to_json",
    "state_from_json",
    "state_to_json",
    "turn_from_json",
    "turn_to_json",
]


def decision_to_json(decision: Decision) -> dict[str, Any]:
    """Return a decision record as JSON."""
    return {
        "id": decision.id,
        "route": decision.route.value,
        "rule": decision.rule,
        "intent": decision.intent,
        "confidence": decision.confidence,
        "inputs": dict(decision.inputs),
        "explanation": decision.explanation,
    }


def decision_from_json(value: Mapping[str, Any]) -> Decision:
    """Return the decision that `decision_to_json` wrote.

    Raises:
        SessionError: It isn't one.
    """
    try:
        return Decision(
            id=value["id"],
            route=Route(value["route"]),
            rule=value["rule"],
            intent=value["intent"],
            confidence=value["confidence"],
            inputs=value["inputs"],
            explanation=value["explanation"],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged("decision", error) from error


def turn_to_json(turn: Turn) -> dict[str, Any]:
    """Return a turn as JSON, its decision inside."""
    return {
        "message": turn.message,
        "reply": turn.reply,
        "route": turn.route.value,
        "intent": turn.intent,
        "decision": decision_to_json(turn.decision),
        "at": turn.at,
        "question": turn.question,
        "articles": list(turn.articles),
        "titles": list(turn.titles),
        "choices": list(turn.choices),
    }


def turn_from_json(value: Mapping[str, Any]) -> Turn:
    """Return the turn that `turn_to_json` wrote.

    Raises:
        SessionError: It isn't one.
    """
    try:
        return Turn(
            message=value["message"],
            reply=value["reply"],
            route=Route(value["route"]),
            intent=value["intent"],
            decision=decision_from_json(value["decision"]),
            at=value["at"],
            question=value["question"],
            articles=tuple(value["articles"]),
            titles=tuple(value["titles"]),
            choices=tuple(value["choices"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged("turn", error) from error


def state_to_json(session: Session) -> dict[str, Any]:
    """Return what changes from turn to turn besides the turns."""
    pending = session.pending
    return {
        "slots": dict(session.slots),
        "forms": [
            {
                "form": form.form,
                "slots": dict(form.slots),
                "asking": form.asking,
                "failures": form.failures,
                "confirming": form.confirming,
                "intent": form.intent,
            }
            for form in session.forms
        ],
        "pending": None
        if pending is None
        else {
            "kind": pending.kind,
            "message": pending.message,
            "choices": list(pending.choices),
            "values": list(pending.values),
        },
        "unsure": session.unsure,
        "handed_over": session.handed_over,
        "language": session.language,
    }


def state_from_json(value: Mapping[str, Any], **known: Any) -> Session:
    """Return a session with the state that `state_to_json` wrote.

    Args:
        value: The state.
        known: The session's other attributes.

    Raises:
        SessionError: It isn't one.
    """
    try:
        pending = value["pending"]
        return Session(
            slots=value["slots"],
            forms=tuple(
                FormProgress(
                    form=form["form"],
                    slots=form["slots"],
                    asking=form["asking"],
                    failures=form["failures"],
                    confirming=form["confirming"],
                    intent=form.get("intent"),
                )
                for form in value["forms"]
            ),
            pending=None
            if pending is None
            else Pending(
                kind=pending["kind"],
                message=pending["message"],
                choices=tuple(pending["choices"]),
                values=tuple(pending["values"]),
            ),
            unsure=value["unsure"],
            handed_over=value["handed_over"],
            language=value["language"],
            **known,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged("session", error) from error


def session_to_json(session: Session) -> dict[str, Any]:
    """Return a whole session as JSON: what an export holds."""
    return {
        "id": session.id,
        "owner": session.owner,
        "channel": session.channel,
        "created": session.created,
        "version": session.version,
        **state_to_json(session),
        "turns": [turn_to_json(turn) for turn in session.turns],
    }


def _damaged(what: str, error: Exception) -> SessionError:
    msg = (
        f"A stored {what} can't be read ({type(error).__name__}: {error}). Expected what this "
        "version writes. Delete that session, or put a backup of the file in its place."
    )
    return SessionError(msg)
