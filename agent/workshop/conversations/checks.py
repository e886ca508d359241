"""What a turn gave, held against what a step expects of it. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from agent.types import Decision, Reply, Route, Session
from agent.workshop.conversations.suite import NONE
from agent.workshop.conversations.types import Check, Step

__all__ = ["Difference", "Observed", "differences", "observe"]

_MAX_SHOWN = 300


@dataclass(frozen=True)
class Observed:
    """Everything that a step may check.

    Attributes:
        reply: What came back.
        explanation: The decision's sentence; empty without a record.
        rule: The row of the router's table that fired; empty without a record.
        refusal: Why nothing was answered, or None.
        question: What was searched, or None.
        form: The form that is open afterwards, or None.
        slots: What is gathered, as it is stored.
        sent: The JSON of the last call of this turn; None if nothing was called.
        stored: The whole session as it is stored, as JSON text.
    """

    reply: Reply
    explanation: str = ""
    rule: str = ""
    refusal: str | None = None
    question: str | None = None
    form: str | None = None
    slots: Mapping[str, Any] = field(default_factory=dict)
    sent: Mapping[str, Any] | None = None
    stored: str = ""


@dataclass(frozen=True)
class Difference:
    """One expectation that wasn't met.

    Attributes:
        key: Which.
        expected: In words.
        got: In words.
        line: Of the expectation, in its file.
    """

    key: str
    expected: str
    got: str
    line: int = 0


def observe(
    reply: Reply,
    decision: Decision | None,
    session: Session | None,
    *,
    sent: Mapping[str, Any] | None = None,
    stored: str = "",
) -> Observed:
    """Put together what a turn gave.

    Args:
        reply: What came back.
        decision: Its record, if there is one.
        session: As it is stored after the turn.
        sent: The JSON of the last call of this turn.
        stored: The whole session as JSON text.
    """
    form = session.forms[-1] if session and session.forms else None
    turn = session.turns[-1] if session and session.turns else None
    slots: dict[str, Any] = dict(session.slots) if session else {}
    slots.update(reply.handover.slots if reply.handover else {})
    slots.update(form.slots if form else {})
    return Observed(
        reply=reply,
        explanation=decision.explanation if decision else "",
        rule=decision.rule if decision else "",
        refusal=_refusal(reply, decision),
        question=turn.question if turn else None,
        form=form.form if form else None,
        slots=slots,
        sent=sent,
        stored=stored,
    )


def _refusal(reply: Reply, decision: Decision | None) -> str | None:
    """Return why nothing was answered: only where the turn went to look for an answer."""
    if decision is None or reply.citations or reply.route not in (Route.ANSWER, Route.HANDOFF):
        return None
    if decision.rule == "unsupported_language":
        return decision.rule
    verdict = decision.inputs.get("verdict") or {}
    reason = verdict.get("reason") if verdict.get("status") == "refused" else None
    return str(reason) if reason else None


def differences(step: Step, observed: Observed) -> tuple[Difference, ...]:
    """Return every expectation of the step that isn't met, in the order they are written."""
    found = (_COMPARE[check.key](check, observed) for check in step.checks)
    return tuple(difference for difference in found if difference is not None)


_Compare = Callable[[Check, Observed], Difference | None]


def _any_of(value: Callable[[Observed], str | None]) -> _Compare:
    """Return a check for a value that is one of those wanted, or nothing."""

    def compare(check: Check, observed: Observed) -> Difference | None:
        got = value(observed)
        if got in check.texts or (got is None and not check.texts):
            return None
        return Difference(check.key, " or ".join(check.texts) or NONE, got or NONE, check.line)

    return compare


def _holds(text: Callable[[Observed], str], *, wanted: bool = True) -> _Compare:
    """Return a check for texts that a longer one holds, all of them, or none of them."""

    def compare(check: Check, observed: Observed) -> Difference | None:
        whole = _plain(text(observed))
        wrong = [one for one in check.texts if (_plain(one) in whole) is not wanted]
        if not wrong:
            return None
        expected = ("" if wanted else "no ") + (" and " if wanted else " and no ").join(
            repr(one) for one in wrong
        )
        return Difference(check.key, expected, _short(text(observed)), check.line)

    return compare


def _choices(check: Check, observed: Observed) -> Difference | None:
    offered = observed.reply.choices
    shown = ", ".join(map(repr, offered)) or NONE
    if not check.texts:
        return Difference(check.key, NONE, shown, check.line) if offered else None
    plain = [_plain(choice) for choice in offered]
    missing = [one for one in check.texts if not any(_plain(one) in choice for choice in plain)]
    if not missing:
        return None
    return Difference(check.key, ", ".join(map(repr, missing)), shown, check.line)


def _named(values: Callable[[Observed], Mapping[str, Any] | None]) -> _Compare:
    """Return a check for values by name; more names than wanted don't matter."""

    def compare(check: Check, observed: Observed) -> Difference | None:
        got = values(observed)
        if check.values is None:
            return Difference(check.key, NONE, _json(got), check.line) if got else None
        wrong = {
            name: value
            for name, value in check.values.items()
            if got is None or name not in got or not _same(value, got[name])
        }
        if not wrong:
            return None
        return Difference(check.key, _json(wrong), _json(got), check.line)

    return compare


def _first_article(observed: Observed) -> str | None:
    citations = observed.reply.citations
    return citations[0].article_id if citations else None


def _handover(observed: Observed) -> str | None:
    return observed.reply.handover.reason.value if observed.reply.handover else None


_COMPARE: Mapping[str, _Compare] = {
    "route": _any_of(lambda o: o.reply.route.value),
    "intent": _any_of(lambda o: o.reply.intent),
    "article": _any_of(_first_article),
    "contains": _holds(lambda o: o.reply.text),
    "lacks": _holds(lambda o: o.reply.text, wanted=False),
    "choices": _choices,
    "form": _any_of(lambda o: o.form),
    "slots": _named(lambda o: o.slots),
    "question": _holds(lambda o: o.question or ""),
    "handover": _any_of(_handover),
    "refusal": _any_of(lambda o: o.refusal),
    "sent": _named(lambda o: o.sent),
    "stored": _holds(lambda o: o.stored),
    "not_stored": _holds(lambda o: o.stored, wanted=False),
}


def _plain(text: str) -> str:
    """Fold case and white space, so that a line break in a reply changes nothing."""
    return " ".join(text.casefold().split())


def _same(wanted: Any, got: Any) -> bool:
    """Compare values as people write them: `10` and "10" and 10.0 are one."""
    if isinstance(wanted, Mapping) and isinstance(got, Mapping):
        return all(name in got and _same(value, got[name]) for name, value in wanted.items())
    if isinstance(wanted, Sequence) and not isinstance(wanted, str):
        return (
            isinstance(got, Sequence) and len(wanted) == len(got) and all(map(_same, wanted, got))
        )
    if isinstance(wanted, bool) or isinstance(got, bool):
        return wanted is got
    if isinstance(wanted, int | float) or isinstance(got, int | float):
        try:
            return float(wanted) == float(got)
        except (TypeError, ValueError):
            return False
    return bool(wanted == got)


def _json(values: Any) -> str:
    return NONE if values is None else json.dumps(values, ensure_ascii=False, default=str)


def _short(text: str) -> str:
    return text if len(text) <= _MAX_SHOWN else text[:_MAX_SHOWN] + "…"
