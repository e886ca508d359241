"""What a conversation is about, as phrases with weights that fade from message to message."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agent.understanding.followups.dependence import cue, opens_new_subject
from agent.understanding.followups.phrases import Phrase, phrases

__all__ = ["Subject", "subject_of"]

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
