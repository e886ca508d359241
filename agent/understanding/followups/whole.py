"""Makes a follow-up question whole from what was said before it, without a language model.

The question stays as it was asked; what it leaves unsaid is put behind it:
`how long does it take?` becomes `how long does it take? — travel expenses claim`. A fragment
takes the place of what it stands for (see `ellipsis`). A message that stands by itself, or
turns to something else, is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from agent.types import Turn
from agent.understanding.followups.dependence import Cue, cue, opens_new_subject
from agent.understanding.followups.ellipsis import in_its_place
from agent.understanding.followups.words import ORDINALS, Phrase, key, phrases, words

__all__ = [
    "Subject",
    "Whole",
    "chosen",
    "make_whole",
    "rewrite",
    "subject_of",
    "with_choice_named",
]

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


_PLACE = re.compile(
    rf"\b(?:the\s+|that\s+)?(?P<place>{'|'.join(sorted(ORDINALS))})"
    r"(?:\s+(?:one|option|choice|article|link|answer|suggestion|result|of\s+(?:these|those|them)))"
    r"\b|\bthe\s+(?P<pair>former|latter)\b"
    r"|\b(?:option|choice|number|article|no\.?)\s*#?(?P<number>\d{1,2})\b",
    re.IGNORECASE,
)
_FILLERS = frozenset({"the", "that", "one", "please", "option", "choice", "number", "article"})
_PAIR = 2


def chosen(message: str, choices: Sequence[str]) -> str | None:
    """Return the choice that a message picks and says nothing besides, or None.

    By its place (`the second one`, `2`, `the last`) or by its words.
    """
    spoken = words(message)
    for choice in choices:
        if spoken and words(choice) == spoken:
            return choice
    rest = [word for word in spoken if word not in _FILLERS]
    if len(rest) != 1:
        return None
    if rest[0].isdecimal():
        return _at(int(rest[0]) - 1, choices) if int(rest[0]) > 0 else None
    return _placed(rest[0], choices)


def with_choice_named(message: str, choices: Sequence[str]) -> str | None:
    """Return the message with `the second one` replaced by the choice's own words, or None."""
    found = _PLACE.search(message)
    if found is None:
        return None
    if found["number"]:
        place = int(found["number"])
        choice = _at(place - 1, choices) if place > 0 else None
    else:
        choice = _placed((found["place"] or found["pair"]).lower(), choices)
    if choice is None:
        return None
    return message[: found.start()] + choice + message[found.end() :]


def _placed(word: str, choices: Sequence[str]) -> str | None:
    if word not in ORDINALS:
        return None
    if word in {"former", "latter"} and len(choices) != _PAIR:
        return None
    return _at(ORDINALS[word], choices)


def _at(place: int, choices: Sequence[str]) -> str | None:
    return choices[place] if -1 <= place < len(choices) and choices else None


# Set on MT-RAG's clapnq conversations; from half to double of each hardly matters.
_FADES = 0.6
_FADES_AT_CHANGE = 0.2
_WEIGHT_IN_FOLLOW_UP = 0.6
_LEAST_SHARE = 0.34
_LOOKS_BACK = 12


@dataclass(frozen=True)
class Subject:
    """What is under discussion.

    Attributes:
        phrases: Heaviest first; those that faded away are left out.
    """

    phrases: tuple[Phrase, ...]

    @property
    def known(self) -> frozenset[str]:
        """Keys of all its words."""
        return frozenset(each for phrase in self.phrases for each in phrase.keys)


def subject_of(messages: Sequence[str]) -> Subject:
    """Follow a conversation and return what it has come to be about.

    A message that carries on lets what was said fade and adds to it; one on another matter
    makes it fade at once. A phrase that is part of a longer one (`the wall` after `the Great
    Wall of China`) counts for that.

    Args:
        messages: A person's messages, oldest first; the last twelve are looked at.
    """
    weights: dict[Phrase, float] = {}
    for message in messages[-_LOOKS_BACK:]:
        _follow(weights, message)
    heaviest = sorted(weights, key=lambda phrase: -weights[phrase])
    if not heaviest:
        return Subject(())
    least = _LEAST_SHARE * weights[heaviest[0]]
    return Subject(tuple(phrase for phrase in heaviest if weights[phrase] >= least))


def _follow(weights: dict[Phrase, float], message: str) -> None:
    """Change the weights as a message does."""
    own = phrases(message)
    known = {each for phrase in weights for each in phrase.keys}
    leans = bool(weights) and not opens_new_subject(message) and cue(message, known) is not None
    if own or leans:
        shares = any(known.intersection(phrase.keys) for phrase in own)
        for phrase in weights:
            weights[phrase] *= _FADES if leans or shares else _FADES_AT_CHANGE
    for phrase in own:
        said = set(phrase.keys)
        added = _WEIGHT_IN_FOLLOW_UP if leans else 1.0
        longer = next((each for each in weights if said <= set(each.keys)), None)
        if longer is not None:
            weights[longer] += added
            continue
        for shorter in [each for each in weights if set(each.keys) < said]:
            added += weights.pop(shorter)
        weights[phrase] = added
