"""The intent doctor's findings as JSON and as text that a support lead can act on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from agent.intents.answered import AnsweredIntent
from agent.types import IntentExample
from agent.workshop.doctor.doctor import ENOUGH_EXAMPLES, Collision, Diagnosis

__all__ = ["report_lines", "to_json"]

_SHOWN = 20
"""Findings of a kind that the text lists; the JSON has all."""

_EXAMPLES = 3


def to_json(diagnosis: Diagnosis, answered: Sequence[AnsweredIntent] | None) -> dict[str, Any]:
    """Return everything found; docs/intents.md says what each key holds.

    Args:
        diagnosis: What `examine` found.
        answered: What `answered_by_articles` found; None if no knowledge base was given.
    """
    loaded = diagnosis.loaded
    return {
        "files": dict(loaded.format),
        "examples": len(loaded.examples),
        "intents": dict(diagnosis.intents),
        "out_of_scope": diagnosis.out_of_scope,
        "accuracy": diagnosis.accuracy,
        "findings": diagnosis.findings + len(answered or ()),
        "rejected": [
            {"path": entry.path, "line": entry.line, "reason": entry.reason}
            for entry in loaded.rejected
        ],
        "same_message": [
            {
                "first": _example(pair.first),
                "second": _example(pair.second),
                "similarity": pair.similarity,
            }
            for pair in diagnosis.same_message
        ],
        "mislabelled": [
            {
                **_example(entry.example),
                "likely": entry.likely,
                "given_probability": entry.given_probability,
                "likely_probability": entry.likely_probability,
            }
            for entry in diagnosis.mislabelled
        ],
        "collisions": [
            {
                "intents": [pair.first, pair.second],
                "confused": pair.confused,
                "of": pair.of,
                "accuracy_before": pair.accuracy_before,
                "accuracy_after": pair.accuracy_after,
                "examples": [_example(example) for example in pair.examples],
            }
            for pair in diagnosis.collisions
        ],
        "too_few": [
            {"intent": entry.intent, "count": entry.count, "missing": entry.missing}
            for entry in diagnosis.too_few
        ],
        "repeated": [
            {**_example(entry.example), "first": _example(entry.first)}
            for entry in loaded.duplicates
        ],
        "answered": None
        if answered is None
        else [
            {
                "intent": entry.intent,
                "article_id": entry.article_id,
                "title": entry.title,
                "answered": entry.answered,
                "asked": entry.asked,
                "share": entry.share,
            }
            for entry in answered
        ],
        "skipped": dict(loaded.skipped),
        "warnings": list(loaded.warnings),
    }


def report_lines(diagnosis: Diagnosis, answered: Sequence[AnsweredIntent] | None) -> Iterator[str]:
    """Yield the report, line by line; arguments as for `to_json`."""
    loaded = diagnosis.loaded
    scope = f", {diagnosis.out_of_scope:,} of them out of scope" if diagnosis.out_of_scope else ""
    examples = _count(len(loaded.examples), "example")
    yield f"{examples} of {_count(len(diagnosis.intents), 'intent')}{scope}"
    if diagnosis.accuracy is not None:
        yield (
            f"{_percent(diagnosis.accuracy)} of the examples are recognised from all the others "
            "(a quick estimate, before refusing)"
        )
    for kind, count in loaded.skipped.items():
        yield f"left out: {count:,} x {kind}"
    for warning in loaded.warnings:
        yield f"note: {warning}"
    yield from _section(
        "Can't be read",
        "Mend these lines; the rest was examined.",
        (
            f"{entry.path}:{entry.line}: {entry.reason}"
            if entry.line
            else f"{entry.path}: {entry.reason}"
            for entry in loaded.rejected
        ),
    )
    yield from _section(
        "The same message under two intents",
        "Nobody can tell these apart: keep each message under one intent.",
        (
            f"{_place(pair.first)} {pair.first.text!r} is {_name(pair.first.intent)}\n"
            f"    {_place(pair.second)} {pair.second.text!r} is {_name(pair.second.intent)}"
            for pair in diagnosis.same_message
        ),
    )
    yield from _section(
        "Probably under the wrong intent",
        "Read each one; move it if you agree.",
        (
            f"{_place(entry.example)} {entry.example.text!r}\n"
            f"    is under {_name(entry.example.intent)}, reads like {_name(entry.likely)}"
            for entry in diagnosis.mislabelled
        ),
    )
    yield from _section(
        "Intents that are taken for each other",
        "Merge them, or give each examples that only it can have.",
        map(_collision, diagnosis.collisions),
    )
    yield from _section(
        "Too few examples",
        f"From {ENOUGH_EXAMPLES} on an intent is learned; 10 to 20 varied ones are better.",
        (
            f"{entry.intent} has {entry.count}: write {entry.missing} more"
            for entry in diagnosis.too_few
        ),
    )
    yield from _section(
        "Written twice",
        "Each was counted once; the later line can go.",
        (
            f"{_place(entry.example)} {entry.example.text!r} repeats {_place(entry.first)}"
            for entry in loaded.duplicates
        ),
    )
    if answered is not None:
        yield from _section(
            "An article already answers it",
            "Let the knowledge base reply instead of a script, and it stays right when the "
            "article changes.",
            (
                f"{entry.intent}: {entry.answered} of {entry.asked} examples asked are answered "
                f"by {entry.title!r} ({entry.article_id})"
                for entry in answered
            ),
        )
    total = diagnosis.findings + len(answered or ())
    yield ""
    things = f"{_count(total, 'thing')} to look at."
    if loaded.rejected:
        yield f"{_count(len(loaded.rejected), 'line')} can't be read, {things}"
    else:
        yield things if total else "Nothing to mend."


def _count(number: int, name: str) -> str:
    return f"{number:,} {name}{'' if number == 1 else 's'}"


def _section(title: str, advice: str, entries: Iterable[str]) -> Iterator[str]:
    found = list(entries)
    if not found:
        return
    yield ""
    yield f"{title} ({len(found):,})"
    yield f"  {advice}"
    for entry in found[:_SHOWN]:
        yield f"  - {entry}"
    if len(found) > _SHOWN:
        yield f"  ... and {len(found) - _SHOWN:,} more (--json lists all)"


def _collision(pair: Collision) -> str:
    figures = (
        f"{pair.first} and {pair.second}: {pair.confused} of {pair.of} examples are taken for the "
        "other; merged, "
        f"{_percent(pair.accuracy_before)} recognised would become {_percent(pair.accuracy_after)}"
    )
    lines = [figures]
    lines += [
        f"    {_place(example)} {example.text!r} ({_name(example.intent)})"
        for example in pair.examples[:_EXAMPLES]
    ]
    return "\n".join(lines)


def _example(example: IntentExample) -> dict[str, Any]:
    return {
        "text": example.text,
        "intent": example.intent,
        "path": example.path,
        "line": example.line or None,
    }


def _place(example: IntentExample) -> str:
    return f"{example.path}:{example.line}" if example.line else example.path


def _name(intent: str | None) -> str:
    return "out of scope" if intent is None else intent


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
