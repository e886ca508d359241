"""Makes a follow-up question whole from what was said before it, without a language model.

The question stays as it was asked; what it leaves unsaid is put behind it:
`how long does it take?` becomes `how long does it take? — travel expenses claim`. A fragment
takes the place of what it stands for (see `ellipsis`). A message that stands by itself, or
turns to something else, is left alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agent.types import Turn
from agent.understanding.followups.choices import chosen, with_choice_named
from agent.understanding.followups.dependence import Cue, cue, opens_new_subject
from agent.understanding.followups.ellipsis import in_its_place
from agent.understanding.followups.phrases import Phrase, key, phrases, words
from agent.understanding.followups.subject import Subject, subject_of

__all__ = ["Whole", "make_whole", "rewrite"]

_MOST_ADDED = 3
_SHORT_NAME = "short name"
_WEAK = frozenset({_SHORT_NAME, *(each.value for each in Cue if each.weak)})
_JOIN = " — "


@dataclass(frozen=True)
class Whole:
    """A question that can be searched by itself.

    Attributes:
        question: The message, with what it left unsaid behind it: for the reader, and to show.
        rewritten: Whether anything was added or replaced.
        how: What showed that it was a follow-up, in a word or two; empty if it wasn't.
        search: What to search for it. The message counts double in it: what was asked now
            matters more than what was asked before.
    """

    question: str
    rewritten: bool
    how: str
    search: str

    @property
    def doubtful(self) -> bool:
        """Whether the message may as well be on a new matter: then it is worth asking alone."""
        return self.rewritten and self.how in _WEAK

    @property
    def fragment(self) -> bool:
        """Whether the message was but a few words: "receipts for taxis"."""
        return self.how == Cue.FRAGMENT


def rewrite(question: str, history: Sequence[str]) -> str:
    """Return what to search for a question that follows a person's earlier messages.

    Args:
        question: The last message.
        history: The messages before it, oldest first.
    """
    return (_put_in_place(question, history) or _made_whole(question, subject_of(history))).search


def make_whole(message: str, history: Sequence[Turn]) -> Whole:
    """Make a message whole from the session: earlier messages, cited titles, choices.

    Args:
        message: The last message.
        history: The turns before it, oldest first.
    """
    if not history:
        return _alone(message)
    last = history[-1]
    offered = last.choices or (last.titles if len(last.titles) > 1 else ())
    named = chosen(message, offered) or with_choice_named(message, offered)
    if named is not None:
        return Whole(named, True, "choice", named)
    placed = _put_in_place(message, [turn.message for turn in history if turn.question])
    if placed is not None:
        return placed
    return _made_whole(message, subject_of([_said(turn) for turn in history]), last.titles[:1])


def _put_in_place(message: str, history: Sequence[str]) -> Whole | None:
    """Make a fragment whole by the question before it, which may have been one itself."""
    earlier = ""
    for said in history:
        earlier = in_its_place(said, earlier) or said
    whole = in_its_place(message, earlier)
    return None if whole is None else Whole(whole, True, "ellipsis", whole)


def _said(turn: Turn) -> str:
    """Return what a turn was about; `the second one` says it only once made whole."""
    return turn.message if phrases(turn.message) else turn.question or turn.message


def _alone(message: str) -> Whole:
    return Whole(message, False, "", message)


def _made_whole(question: str, subject: Subject, titles: Sequence[str] = ()) -> Whole:
    if opens_new_subject(question) or not (subject.phrases or titles):
        return _alone(question)
    said = {key(word) for word in words(question)}
    added = [longer.text for longer in _longer(question, subject)]
    how = _SHORT_NAME if added else ""
    leans = cue(question, subject.known)
    if leans is not None:
        how = leans.value
        rest = [phrase.text for phrase in subject.phrases if not said.issuperset(phrase.keys)]
        # The article under discussion says best what is meant by `it`.
        added = list(dict.fromkeys([*titles, *added, *rest]))
    fresh: list[str] = []
    for text in added:
        its_words = {key(word) for word in words(text)}
        if not its_words <= said and len(fresh) < _MOST_ADDED:
            fresh.append(text)
            said |= its_words
    if not fresh:
        return _alone(question)
    asked, unsaid = question.strip(), _JOIN + ", ".join(fresh)
    return Whole(asked + unsaid, True, how, f"{asked} {asked}{unsaid}")


def _longer(question: str, subject: Subject) -> list[Phrase]:
    """Return the full names of what a question names in short: `the wall`, `the Act`."""
    found: list[Phrase] = []
    for phrase in phrases(question):
        short = set(phrase.keys)
        full = next((each for each in subject.phrases if short < set(each.keys)), None)
        if full is not None and not phrase.named and full not in found:
            found.append(full)
    return found
