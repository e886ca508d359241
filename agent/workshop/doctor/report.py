"""The intent doctor's findings as JSON and as text that a support lead can act on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from agent.intents.answered import AnsweredIntent
from agent.types import IntentExample
from agent.workshop.doctor.doctor import ENOUGH_EXAMPLES, Collision, Diagnosis
from retrieval.articles import Rejected

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
    collisions = [_plain(pair) for pair in diagnosis.collisions]
    articles = None if answered is None else [_plain(entry, "examples") for entry in answered]
    for pair in collisions:
        pair["intents"] = [pair.pop("first"), pair.pop("second")]
    for plain, entry in zip(articles or (), answered or (), strict=True):
        plain["share"] = entry.share
    return {
        "files": dict(loaded.format),
        "examples": len(loaded.examples),
        "intents": dict(diagnosis.intents),
        "out_of_scope": diagnosis.out_of_scope,
        "accuracy": diagnosis.accuracy,
        "findings": diagnosis.findings + len(answered or ()),
        "rejected": [_plain(entry, "unclear_rights") for entry in loaded.rejected],
        "same_message": [_plain(pair) for pair in diagnosis.same_message],
        "mislabelled": [_beside_example(entry) for entry in diagnosis.mislabelled],
        "collisions": collisions,
        "too_few": [_plain(entry) for entry in diagnosis.too_few],
        "repeated": [_beside_example(entry) for entry in loaded.duplicates],
        "answered": articles,
        "skipped": dict(loaded.skipped),
        "warnings": list(loaded.warnings),
    }


def _plain(found: Any, *left_out: str) -> dict[str, Any]:
    """Return a finding's fields as JSON has them; a line that isn't known is null."""
    plain = {
        name: [_plain(each) for each in value]
        if isinstance(value, tuple)
        else _plain(value)
        if isinstance(value, IntentExample)
        else value
        for name, value in vars(found).items()
        if name not in left_out
    }
    return {**plain, "line": found.line or None} if isinstance(found, IntentExample) else plain


def _beside_example(found: Any) -> dict[str, Any]:
    """Return a finding about one example, with the example's own fields among it."""
    plain = _plain(found)
    return {**plain.pop("example"), **plain}


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
    for title, advice, worded, found in _sections(diagnosis, answered):
        yield from _section(title, advice, [worded(each) for each in found])
    total = diagnosis.findings + len(answered or ())
    yield ""
    things = f"{_count(total, 'thing')} to look at."
    if loaded.rejected:
        yield f"{_count(len(loaded.rejected), 'line')} can't be read, {things}"
    else:
        yield things if total else "Nothing to mend."


def _sections(
    diagnosis: Diagnosis, answered: Sequence[AnsweredIntent] | None
) -> list[tuple[str, str, Callable[[Any], str], Sequence[Any]]]:
    """Return title, advice, how a finding is worded, and the findings, gravest first."""
    return [
        (
            "Can't be read",
            "Mend these lines; the rest was examined.",
            lambda each: f"{_place(each)}: {each.reason}",
            diagnosis.loaded.rejected,
        ),
        (
            "The same message under two intents",
            "Nobody can tell these apart: keep each message under one intent.",
            lambda each: f"{_is(each.first)}\n    {_is(each.second)}",
            diagnosis.same_message,
        ),
        (
            "Probably under the wrong intent",
            "Read each one; move it if you agree.",
            lambda each: (
                f"{_said(each.example)}\n    is under {_name(each.example.intent)}, reads like "
                f"{_name(each.likely)}"
            ),
            diagnosis.mislabelled,
        ),
        (
            "Intents that are taken for each other",
            "Merge them, or give each examples that only it can have.",
            _collision,
            diagnosis.collisions,
        ),
        (
            "Too few examples",
            f"From {ENOUGH_EXAMPLES} on an intent is learned; 10 to 20 varied ones are better.",
            lambda each: f"{each.intent} has {each.count}: write {each.missing} more",
            diagnosis.too_few,
        ),
        (
            "Written twice",
            "Each was counted once; the later line can go.",
            lambda each: f"{_said(each.example)} repeats {_place(each.first)}",
            diagnosis.loaded.duplicates,
        ),
        (
            "An article already answers it",
            "Let the knowledge base reply, not a script: it stays right when the article changes.",
            lambda each: (
                f"{each.intent}: {each.answered} of {each.asked} examples asked are answered "
                f"by {each.title!r} ({each.article_id})"
            ),
            answered or (),
        ),
    ]


def _count(number: int, name: str) -> str:
    return f"{number:,} {name}{'' if number == 1 else 's'}"


def _section(title: str, advice: str, found: Sequence[str]) -> Iterator[str]:
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
        f"    {_said(example)} ({_name(example.intent)})" for example in pair.examples[:_EXAMPLES]
    ]
    return "\n".join(lines)


def _said(example: IntentExample) -> str:
    return f"{_place(example)} {example.text!r}"


def _is(example: IntentExample) -> str:
    return f"{_said(example)} is {_name(example.intent)}"


def _place(found: IntentExample | Rejected) -> str:
    return f"{found.path}:{found.line}" if found.line else found.path


def _name(intent: str | None) -> str:
    return "out of scope" if intent is None else intent


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
