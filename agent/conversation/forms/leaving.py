"""Whether a message leads away from an open form: a question, another wish, small talk."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from agent.configuration.schema import Slot, SlotType
from agent.conversation.forms.phrases import asks_something, plain
from agent.conversation.forms.values import Read
from agent.types import IntentRanking

__all__ = ["Guess", "leads_away", "leads_away_from_summary"]

_SMALL_WORDS = frozenset(
    """a an the i we you it that this is are am be can could will would shall should may might
    do does have has got get take need needs want like make made please thanks thank sorry oh ok
    okay yes yeah and or but so just maybe perhaps possible possibly fine work works good by on at
    for to in of with before until till from one ones some any d ll s m ve re use send put say lets
    let us me my mine our what how about then instead rather think guess probably around exactly
    only also too there deliver delivered deadline day date number total""".split()  # noqa: SIM905
)
_MAX_QUESTION_WORDS = 25
_MAX_SMALL_TALK_WORDS = 4


@dataclass(frozen=True)
class Guess:
    """What the classifier makes of a message.

    Attributes:
        ranking: Its ranking; None if it wasn't asked.
        own: Intents that open this very form, and so don't lead away from it.
        leave_at: Least confidence of another intent that leads away from the form.
    """

    ranking: IntentRanking | None
    own: Collection[str]
    leave_at: float

    @property
    def intent(self) -> str | None:
        """The likeliest intent, however likely."""
        return self.ranking.intent if self.ranking is not None else None

    @property
    def is_another(self) -> bool:
        """Whether that is another wish than this form's, and likely enough."""
        return (
            self.ranking is not None
            and self.ranking.intent is not None
            and self.ranking.intent not in self.own
            and self.ranking.confidence >= self.leave_at
        )


def leads_away(asked: Slot, read: Read, text: str, guess: Guess) -> bool:
    """Whether a message is a question or another wish rather than an answer.

    Args:
        asked: The slot whose question is open.
        read: What the message gives for it.
        text: The message.
        guess: What the classifier makes of it.
    """
    kind = asks_something(text)
    if asked.type is SlotType.TEXT and asked.pattern is None:
        return _leads_away_from_text(kind, text, guess)
    if read.value is None:
        return bool(kind) or guess.is_another
    if asked.type is SlotType.TEXT or not kind:
        return False
    return _says_more(read, text)


def leads_away_from_summary(text: str, guess: Guess) -> bool:
    """Whether a message has nothing to do with the summary that was shown."""
    return bool(asks_something(text)) or guess.is_another


def _leads_away_from_text(kind: str, text: str, guess: Guess) -> bool:
    """Whether to leave a slot that would take any words.

    A description may well hold a question or resemble an intent, so only a message that
    is one short question, or small talk, leads away.
    """
    n_words = len(text.split())
    one_sentence = len(re.findall(r"[.!?]+(?:\s|$)", text)) <= 1
    intent = guess.intent
    if kind == "open":
        foreign = intent is None or intent not in guess.own
        return one_sentence and n_words <= _MAX_QUESTION_WORDS and foreign
    if kind == "closed":
        return one_sentence and guess.is_another
    small_talk = (intent or "").startswith("smalltalk/")
    return guess.is_another and n_words <= _MAX_SMALL_TALK_WORDS and small_talk


def _says_more(read: Read, text: str) -> bool:
    """Whether the words around a value say more than "can it be ... please"."""
    around = plain(f"{text[: read.start]} {text[read.end :]}")
    return any(word not in _SMALL_WORDS for word in re.findall(r"[^\W\d_]+", around))
