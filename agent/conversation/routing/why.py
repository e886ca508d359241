"""Why a turn went where it went, in plain words: a decision record for people.

Reads the record alone, and shows every number in it: what isn't known here by name is
listed as it stands.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agent.types import Decision, Route

__all__ = ["Section", "explain"]

_ROUTES = {
    Route.ANSWER: "the knowledge base",
    Route.HANDLE: "a task or small talk",
    Route.CLARIFY: "a question back",
    Route.HANDOFF: "a person",
}
_TARGETS = {
    "answer": "the knowledge base",
    "say": "a reply",
    "smalltalk": "small talk",
    "form": "the form",
    "call": "the call",
    "handover": "a person",
}
_KINDS = {
    "no_words": "The message has no words.",
    "start_over": "The message asks to start over.",
    "cancel": "The message asks to cancel.",
    "begin": "The chat page opened the conversation.",
    "payload": "The message is a payload of a chat page.",
}
_REASONS = {
    "not_found": "nothing was found",
    "low_confidence": "no answer is sure enough",
    "out_of_scope": "the question is out of scope",
    "readers_disagree": "the readers disagree",
    "unsupported_language": "the language isn't supported",
    "out_of_time": "the time ran out",
}
_SAID = {
    "urgent": "It holds {0!r}, which gets through whatever is open.",
    "denied": "It says {0!r}: what it names isn't done.",
    "undone": "It says {0!r}, the opposite of what the likeliest intents are for.",
    "small": "It says {0!r} and nothing else.",
    "wants_person": "It asks for a person in so many words.",
    "wants_back": "It asks for the agent again.",
}
_SHOWN_INTENTS = 5
# What `explain` words by itself.
_WORDED = frozenset(
    {
        "message", "supported", "language", "scores", "in_scope", "scope_threshold", "targets",
        "rule", "rules", "form", "form_intent", "form_outcome", "form_then", "n_forms", "pending",
        "chosen", "clarified", "unsure", "handed_over", "broken", "failed_action", "verdict",
        "thresholds", "asks", "urgent", "small", "denied", "undone", "wants_person", "wants_back",
        "asked_more", "mumbles", "pending_values",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Section:
    """A part of the explanation: sentences, then a table.

    Attributes:
        title: What it is about.
        lines: One sentence each.
        columns: The table's header; empty without a table.
        rows: Its rows, as texts.
    """

    title: str
    lines: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


def explain(decision: Decision) -> tuple[Section, ...]:
    """Return the decision in words, the outcome first and every score after it."""
    inputs = decision.inputs
    sections = [
        Section(
            "Decision",
            (
                decision.explanation,
                (
                    f"So the turn went to {_ROUTES[decision.route]} ({decision.route.value}), by "
                    f"the rule {decision.rule!r}, {_percent(decision.confidence)} sure."
                ),
            ),
        ),
        *_conversation(inputs),
        *_intents(inputs),
        *_articles(inputs),
        *_thresholds(inputs),
    ]
    others = tuple(
        (key, _worded(value)) for key, value in sorted(inputs.items()) if key not in _WORDED
    )
    if others:
        sections.append(Section("What else counted", (), ("name", "value"), others))
    return tuple(sections)


def _conversation(inputs: Mapping[str, Any]) -> Iterator[Section]:
    lines = [_KINDS[inputs["message"]]] if inputs.get("message") in _KINDS else []
    if inputs.get("asks"):
        lines.append("The message is put as a question.")
    lines += [words.format(inputs[key]) for key, words in _SAID.items() if inputs.get(key)]
    if inputs.get("supported") is False:
        lines.append(f"The language ({inputs.get('language') or 'unknown'}) isn't supported.")
    if inputs.get("broken"):
        lines.append("Something inside failed while the message was looked at.")
    if inputs.get("rule"):
        lines.append(f"A word of the message set off the handover rule {inputs['rule']!r}.")
    if inputs.get("form"):
        took = {
            "not_for_form": "left the message to others",
            "": "didn't look at the message",
        }.get(inputs.get("form_outcome", ""), f"took the message ({inputs.get('form_outcome')})")
        lines.append(f"The open form {inputs['form']!r} {took}.")
        if inputs.get("n_forms", 0) > 1:
            lines.append(f"{inputs['n_forms']} forms are open.")
        if inputs.get("form_then"):
            lines.append(f"After the form comes {_target(inputs['form_then'])}.")
    if inputs.get("pending"):
        chosen = inputs.get("chosen")
        what = f"{chosen!r} was chosen" if chosen is not None else "nothing was chosen"
        lines.append(f"A question back ({inputs['pending']}) was open, and {what}.")
    if inputs.get("clarified"):
        lines.append("The turn before asked back, so this one may not.")
    if inputs.get("unsure"):
        limit = (inputs.get("thresholds") or {}).get("unsure_turns")
        of = f" of {limit}" if limit is not None else ""
        lines.append(f"{inputs['unsure']}{of} turns in a row before this one didn't help.")
    if inputs.get("failed_action"):
        lines.append(f"The call {inputs['failed_action']!r} failed.")
    if inputs.get("handed_over"):
        lines.append("A person has taken over.")
    if lines:
        yield Section("Conversation", tuple(lines))


def _intents(inputs: Mapping[str, Any]) -> Iterator[Section]:
    scores: Sequence[Mapping[str, Any]] = inputs.get("scores") or ()
    if not scores:
        return
    in_scope = float(inputs.get("in_scope", 0.0))
    least = float(inputs.get("scope_threshold", 0.0))
    verdict = "so the best may be believed" if in_scope >= least else "so none is believed"
    targets: Mapping[str, str] = inputs.get("targets") or {}
    rules: Mapping[str, str] = inputs.get("rules") or {}
    rows = []
    for score in scores[:_SHOWN_INTENTS]:
        intent = str(score["intent"])
        leads_to = _target(targets.get(intent, "answer"))
        if intent in rules:
            leads_to = f"a person, by the rule {rules[intent]!r}"
        sure = float(score["confidence"])
        rows.append((intent, _percent(sure * in_scope), _percent(sure), leads_to))
    yield Section(
        "Intents",
        (
            (
                f"{_percent(in_scope)} sure that the message is about one of them (at least "
                f"{_percent(least)} is needed), {verdict}."
            ),
        ),
        ("intent", "sure", "if about one", "leads to"),
        tuple(rows),
    )


def _articles(inputs: Mapping[str, Any]) -> Iterator[Section]:
    verdict = inputs.get("verdict")
    if verdict is None:
        yield Section("Knowledge base", ("It wasn't asked: the rest was enough to decide.",))
        return
    if verdict.get("status") == "answered":
        line = f"It answers, {_percent(float(verdict.get('confidence', 0.0)))} sure."
    else:
        reason = verdict.get("reason")
        line = f"It doesn't answer: {_REASONS.get(reason, str(reason))}."
    rows = tuple(
        (
            str(found["title"] or found["article_id"]),
            str(found["article_id"]),
            _percent(float(found["confidence"])),
            _short(str(found.get("quote", ""))),
        )
        for found in verdict.get("found") or ()
    )
    columns = ("title", "article", "sure", "quote") if rows else ()
    yield Section("Knowledge base", (line,), columns, rows)


def _thresholds(inputs: Mapping[str, Any]) -> Iterator[Section]:
    thresholds: Mapping[str, Any] = inputs.get("thresholds") or {}
    if not thresholds:
        return
    words = {
        "handle": "an intent is acted on from",
        "consider": "a question back is worth it from",
        "tie": "two are nearly tied if they differ by less than",
    }
    lines = [
        f"{words[name][0].upper()}{words[name][1:]} {_percent(float(value))}."
        for name, value in thresholds.items()
        if name in words
    ]
    if "unsure_turns" in thresholds:
        lines.append(
            f"A person takes over after {thresholds['unsure_turns']} turns in a row without help."
        )
    lines += [
        f"{name}: {_worded(value)}."
        for name, value in thresholds.items()
        if name not in words and name != "unsure_turns"
    ]
    yield Section("Settings", tuple(lines))


def _target(target: str) -> str:
    kind, _, name = target.partition(":")
    worded = _TARGETS.get(kind, kind)
    if not name:
        return worded
    # What follows is the form's or the call's name, the question put, or the handover's rule.
    joint = {"answer": ", asked ", "handover": ", by the rule "}.get(kind, " ")
    return f"{worded}{joint}{name!r}"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _short(text: str, limit: int = 60) -> str:
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def _worded(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.3g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_worded(held)}" for key, held in value.items()) or "none"
    if isinstance(value, (list, tuple)):
        return ", ".join(_worded(held) for held in value) or "none"
    return str(value)
