"""Makes a follow-up question whole from what was said before it, without a language model.

The question stays as it was asked; what it leaves unsaid is put behind it:
`how long does it take?` becomes `how long does it take? — travel expenses claim`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agent.followups.dependence import opens_new_subject, why_dependent
from agent.followups.phrases import Phrase, key, phrases, words
from agent.followups.words import ORDINALS
from agent.types import Turn

__all__ = ["Whole", "make_whole", "rewrite"]

_MAX_SUBJECT = 4
_JOIN = " — "


@dataclass(frozen=True)
class Whole:
    """A question that can be searched by itself.

    Attributes:
        question: The message, with what it left unsaid behind it.
        rewritten: Whether anything was added or replaced.
        how: What showed that it was a follow-up, in a word or two; empty if it wasn't.
    """

    question: str
    rewritten: bool
    how: str


def rewrite(question: str, history: Sequence[str]) -> str:
    """Make a question whole from a person's earlier messages.

    Args:
        question: The last message.
        history: The messages before it, oldest first.
    """
    return _whole(question, _subject(history), ()).question


def make_whole(message: str, history: Sequence[Turn]) -> Whole:
    """Make a message whole from the session: earlier messages, cited titles, choices.

    Args:
        message: The last message.
        history: The turns before it, oldest first.
    """
    chosen = _chosen(message, history[-1].choices) if history else None
    if chosen is not None:
        return Whole(chosen, True, "choice")
    titles = history[-1].titles[:1] if history else ()
    return _whole(message, _subject([turn.message for turn in history]), titles)


def _whole(question: str, subject: tuple[Phrase, ...], titles: Sequence[str]) -> Whole:
    if not (subject or titles) or opens_new_subject(question):
        return Whole(question, False, "")
    known = {each for phrase in subject for each in phrase.keys}
    why = why_dependent(question, known)
    if not why:
        return Whole(question, False, "")
    said = {key(word) for word in words(question)}
    added = [phrase.text for phrase in subject if not set(phrase.keys) <= said]
    held = said | {key(word) for text in added for word in words(text)}
    added += [title for title in titles if not {key(word) for word in words(title)} <= held]
    if not added:
        return Whole(question, False, "")
    return Whole(question.rstrip() + _JOIN + ", ".join(added), True, why)


def _subject(history: Sequence[str]) -> tuple[Phrase, ...]:
    """Return what is under discussion after these messages, the most lasting first."""
    subject: tuple[Phrase, ...] = ()
    for message in history:
        own = phrases(message)
        known = {each for phrase in subject for each in phrase.keys}
        carries_on = not opens_new_subject(message) and why_dependent(message, known)
        if carries_on:
            fresh = tuple(phrase for phrase in own if not set(phrase.keys) <= known)
            subject = (*subject[: _MAX_SUBJECT - len(fresh[:1])], *fresh[:1])
        elif own:
            subject = own[:_MAX_SUBJECT]
    return subject


def _chosen(message: str, choices: Sequence[str]) -> str | None:
    """Return the choice that a message picks by its place or its words, if it does."""
    if not choices:
        return None
    spoken = words(message)
    places = [ORDINALS[word] for word in spoken if word in ORDINALS]
    rest = [
        word
        for word in spoken
        if word not in ORDINALS and word not in {"the", "one", "please", "option", "choice"}
    ]
    if len(places) == 1 and not rest and places[0] < len(choices):
        return choices[places[0]]
    if len(spoken) == 1 and spoken[0].isdecimal() and 1 <= int(spoken[0]) <= len(choices):
        return choices[int(spoken[0]) - 1]
    for choice in choices:
        if spoken and words(choice) == spoken:
            return choice
    return None
