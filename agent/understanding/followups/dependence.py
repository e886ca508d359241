"""Tells whether a message needs what was said before it to be understood."""

from __future__ import annotations

import re
from collections.abc import Collection
from enum import StrEnum

from agent.understanding.followups.words import (
    FOLLOW_UP_OPENERS,
    NEW_SUBJECT_OPENERS,
    POINTING_WORDS,
    QUESTION_WORDS,
    ROLE_NOUNS,
    phrases,
    words,
)

__all__ = ["Cue", "cue", "opens_new_subject"]


class Cue(StrEnum):
    """What shows that a message leans on an earlier one."""

    PRONOUN = "pronoun"
    OPENER = "opener"
    NO_SUBJECT = "no subject"
    FRAGMENT = "fragment"
    LITTLE_SAID = "little said"
    DEFINITE = "definite"

    @property
    def weak(self) -> bool:
        """Whether a message on a new matter often shows the same: "I need a new laptop".

        One that names no subject at all is none of these. By itself it would be answered with
        whatever article speaks of prices or dates.
        """
        return self in (Cue.FRAGMENT, Cue.LITTLE_SAID, Cue.DEFINITE)


# `it is possible to`, `this week`, `that` before a clause: words that point at nothing said.
_EMPTY_POINTING = re.compile(
    r"\b(?:is|was|would|will|does|did|can|could|may|might|should)?\s*it\s+(?:be\s+|take\s+)?"
    r"(?:possible|necessary|true that|ok|okay|allowed|safe|better|normal|likely)\b"
    r"|\b(?:this|that)\s+(?:week|month|year|quarter|morning|afternoon|evening|weekend|time)\b"
    r"|\b(?:say|says|said|mean|means|think|know|told|sure|so|such|guess|hope|sorry|fact)\s+that\b"
    r"|\b(?:one|ones|person|people|someone|anyone|something|anything|everything|those)\s+that\b",
    re.IGNORECASE,
)
_POINTING = re.compile(rf"\b(?:{'|'.join(sorted(POINTING_WORDS))})\b", re.IGNORECASE)
_LONE_POINTING = re.compile(
    r"\b(?:the same|the other|the others|the former|the latter|either of|both of|any of|"
    r"one of the|back then|at that time|in there|over there|from there|by then)\b",
    re.IGNORECASE,
)
_DEFINITE = re.compile(rf"\bthe (?:{'|'.join(sorted(ROLE_NOUNS))})\b", re.IGNORECASE)
_FRAGMENT_WORDS = 3
_OWN_ANTECEDENT_WORDS = 2
_DEFINITE_WORDS = 3
_WHOLE_BY_LENGTH_WORDS = 60


def opens_new_subject(text: str) -> bool:
    """Whether a message says itself that it is about something else."""
    start = " ".join(words(text)[:8])
    return any(start == each or start.startswith(each + " ") for each in NEW_SUBJECT_OPENERS)


def cue(text: str, known: Collection[str]) -> Cue | None:
    """Return what shows that a message leans on an earlier one, or None if nothing does.

    Args:
        text: The message.
        known: Keys of the words of the subject under discussion.
    """
    spoken = words(text)
    if not spoken or len(spoken) > _WHOLE_BY_LENGTH_WORDS:
        # Whoever writes this much says what it is about.
        return None
    if _points_back(text):
        return Cue.PRONOUN
    opening = " ".join(spoken[:4])
    if any(opening == each or opening.startswith(each + " ") for each in FOLLOW_UP_OPENERS):
        return Cue.OPENER
    own = phrases(text)
    if not own:
        return Cue.NO_SUBJECT
    if any(phrase.named for phrase in own):
        return None
    if len(spoken) <= _FRAGMENT_WORDS and not QUESTION_WORDS.intersection(spoken):
        return Cue.FRAGMENT
    said = {each for phrase in own for each in phrase.keys}
    if len(said) == 1 and not said & set(known):
        return Cue.LITTLE_SAID
    if len(said) <= _DEFINITE_WORDS and _DEFINITE.search(text):
        return Cue.DEFINITE
    return None


def _points_back(text: str) -> bool:
    """Whether a word stands for something that the message itself doesn't name before."""
    if _LONE_POINTING.search(text):
        return True
    bare = _EMPTY_POINTING.sub(" ", text)
    pointing = _POINTING.search(bare)
    if pointing is None:
        return False
    # `What is a catch basin and how are they designed?` names itself what `they` are.
    before = {each for phrase in phrases(bare[: pointing.start()]) for each in phrase.keys}
    return len(before) < _OWN_ANTECEDENT_WORDS
