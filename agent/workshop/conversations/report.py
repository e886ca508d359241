"""Results of test conversations as JSON, as text for people, and as rows of predictions."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any

from agent.workshop.conversations.runner import Played, PlayedStep, Results

__all__ = ["failure_text", "predictions_csv", "results_json", "results_text"]

_INDENT = " " * 4


def results_json(results: Results) -> dict[str, Any]:
    """Return what `evaluate agent --json` prints."""
    failures = results.failures
    return {
        "passed": len(results.played) - len(failures),
        "failed": len(failures),
        "steps": results.steps,
        "n": len(results.played),
        "failures": [_failure_json(one) for one in failures],
        "signature": dict(results.signature),
    }


def results_text(results: Results) -> str:
    """Return every failure in full, then how many passed."""
    texts = [failure_text(one) for one in results.failures]
    n_passed = len(results.played) - len(results.failures)
    texts.append(
        f"{n_passed} of {len(results.played)} conversations passed, {results.steps} steps."
    )
    return "\n\n".join(texts)


def failure_text(played: Played) -> str:
    """Return a conversation up to its first difference, and why the agent did that.

    FAILED  orders a monitor  (forms.yaml:12)
        you    I need a second screen
        agent  What do you need?  [HANDLE, order_equipment]
               contains: expected 'By when', got 'What do you need?' (line 15)
               why: The intent is 'order_equipment' (97 % sure).
    """
    conversation = played.conversation
    lines = [f"FAILED  {conversation.name}  ({conversation.path}:{conversation.line})"]
    for one in played.steps:
        lines.extend(_step_lines(one))
    return "\n".join(lines)


def _step_lines(one: PlayedStep) -> Iterator[str]:
    yield from _said("you", one.step.say)
    if one.observed is not None:
        reply = one.observed.reply
        yield from _said("agent", f"{reply.text}  [{_route_words(one)}]")
        if reply.choices:
            yield _beside(f"choices: {', '.join(map(repr, reply.choices))}")
        if reply.citations:
            quoted = ", ".join(f"{c.article_id} ({c.title})" for c in reply.citations)
            yield _beside(f"quotes: {quoted}")
    for difference in one.differences:
        yield _beside(
            f"{difference.key}: expected {difference.expected}, "
            f"got {difference.got} (line {difference.line})"
        )
    if one.differences and one.observed is not None and one.observed.explanation:
        yield _beside(f"why: {one.observed.explanation} (row {one.observed.rule!r})")


def _route_words(one: PlayedStep) -> str:
    if one.observed is None:
        return ""
    reply = one.observed.reply
    words = [reply.route.value]
    if reply.intent:
        words.append(reply.intent)
    if one.observed.refusal:
        words.append(f"refused: {one.observed.refusal}")
    if reply.handover:
        words.append(f"handover: {reply.handover.reason.value}")
    return ", ".join(words)


def _said(speaker: str, text: str) -> Iterator[str]:
    shown = text if len(text) <= 600 else f"{text[:600]}… ({len(text)} characters)"
    for number, line in enumerate(shown.splitlines() or [""]):
        yield f"{_INDENT}{speaker if number == 0 else '':<6} {line}".rstrip()


def _beside(text: str) -> str:
    return f"{_INDENT}{'':<6} {text}"


def _failure_json(played: Played) -> dict[str, Any]:
    failed = played.failed or played.steps[-1]
    return {
        "conversation": played.conversation.name,
        "file": played.conversation.path,
        "line": failed.step.line,
        "step": len(played.steps),
        "say": failed.step.say,
        "differences": [
            {"key": d.key, "expected": d.expected, "got": d.got, "line": d.line}
            for d in failed.differences
        ],
        "rule": failed.observed.rule if failed.observed else None,
        "explanation": failed.observed.explanation if failed.observed else None,
        "transcript": _transcript(played.steps),
    }


def _transcript(steps: Sequence[PlayedStep]) -> list[list[str]]:
    lines: list[list[str]] = []
    for one in steps:
        lines.append(["user", one.step.say])
        if one.observed is not None:
            lines.append(["agent", one.observed.reply.text])
    return lines


def predictions_csv(results: Results) -> str:
    """Return a row a step: `text,gold,predicted,confidence`.

    What is predicted is the route, with the intent behind a slash where one was acted on;
    `gold` has as much of it as the step states.
    """
    buffer = io.StringIO()
    rows = csv.writer(buffer, lineterminator="\n")
    rows.writerow(("text", "gold", "predicted", "confidence"))
    for played in results.played:
        for one in played.steps:
            gold = {check.key: " or ".join(check.texts) for check in one.step.checks}
            reply = one.observed.reply if one.observed else None
            rows.writerow(
                (
                    one.step.say,
                    _labelled(gold.get("route", ""), gold.get("intent", "")),
                    _labelled(reply.route.value, reply.intent or "") if reply else "",
                    f"{reply.confidence:.6f}" if reply else "",
                )
            )
    return buffer.getvalue()


def _labelled(route: str, intent: str) -> str:
    return f"{route}/{intent}" if intent else route
