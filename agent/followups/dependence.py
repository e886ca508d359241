"""Tells whether a message needs what was said before it to be understood."""

from __future__ import annotations

import re
from collections.abc import Collection

from agent.followups.phrases import Phrase, phrases, words
from agent.followups.words import (
    FOLLOW_UP_OPENERS,
    NEW_SUBJECT_OPENERS,
    POINTING_WORDS,
    QUESTION_WORDS,
)

__all__ = ["opens_new_subject", "why_dependent"]

# `it is possible to`, `this week`, `that` before a clause: words that point at nothing said.
_EMPTY_POINTING = re.compile(
    r"\b(?:is|was|would|will|does|did|can|could|may|might|should)?\s*it\s+(?:be\s+|take\s+)?"
    r"(?:possible|necessary|true that|ok|okay|allowed|safe|better|normal|likely)\b"
    r"|\b(?:this|that)\s+(?:week|month|year|quarter|morning|afternoon|evening|weekend|time)\b"
    r"|\b(?:say|says|said|mean|means|think|know|told|sure|so|such|guess|hope|sorry|fact)\s+that\b"
    r"|\b(?:one|ones|person|people|someone|anyone|something|anything|everything|those)\s+that\b",
    re.IGNORECASE,
)
_LONE_POINTING = re.compile(
    r"\b(?:the same|the other|the others|the former|the latter|either of|both of|any of|"
    r"one of the|back then|at that time|in there|over there|from there|by then)\b",
    re.IGNORECASE,
)
_SHORT_WORDS = 3


def opens_new_subject(text: str) -> bool:
    """Whether a message says itself that it is about something else."""
    start = " ".join(words(text)[:8])
    return any(start.startswith(opener) for opener in NEW_SUBJECT_OPENERS)


def why_dependent(text: str, known: Collection[str]) -> str:
    """Return what shows that a message leans on an earlier one; empty if nothing does.

    Args:
        text: The message.
        known: Keys of the words of the subject under discussion.
    """
    spoken = words(text)
    if not spoken:
        return ""
    own = phrases(text)
    stripped = _EMPTY_POINTING.sub(" ", text)
    if any(word in POINTING_WORDS for word in words(stripped)) or _LONE_POINTING.search(text):
        return "pronoun"
    opening = " ".join(spoken[:4])
    if any(opening == each or opening.startswith(each + " ") for each in FOLLOW_UP_OPENERS):
        return "opener"
    if not own:
        return "no subject"
    if any(phrase.named for phrase in own):
        return ""
    if len(spoken) <= _SHORT_WORDS and not set(spoken) & QUESTION_WORDS:
        return "fragment"
    if _about(own) <= 1 and not _keys(own) & set(known):
        return "little said"
    return ""


def _keys(found: tuple[Phrase, ...]) -> set[str]:
    return {each for phrase in found for each in phrase.keys}


def _about(found: tuple[Phrase, ...]) -> int:
    return len(_keys(found))
