"""Asking back: one short question with choices, and what its answer means.

Pure. An answer may be a number ("2", "the second one", "the last"), the choice itself or
a part that tells it from the others ("the one for contractors"), the same in other words
where it names an intent, or "none of these". Anything else is a new message.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from agent.conversation.routing import SOMETHING_ELSE
from agent.types import IntentRanking, Pending

__all__ = ["SOMETHING_ELSE_LABEL", "ask_back", "understand"]

SOMETHING_ELSE_LABEL = "Something else"

# Longer messages are taken for new ones unless they name a choice in full.
_MAX_ANSWER_WORDS = 8
_LAST = frozenset({"last", "latter", "bottom"})
_MAX_DIGITS = 4
_LEAST_LIKENESS = 0.84
_LEAST_SHARE = 0.5

_ORDINALS = {
    "first": 0, "1st": 0, "one": 0, "former": 0, "top": 0, "a": 0,
    "second": 1, "2nd": 1, "two": 1, "b": 1,
    "third": 2, "3rd": 2, "three": 2, "c": 2,
    "fourth": 3, "4th": 3, "four": 3, "d": 3,
}  # fmt: skip


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.replace("'", "").replace("’", "").casefold())


_AROUND_NUMBER = frozenset(
    _words(
        "the one option choice number no please i mean meant want would like take pick choose id "
        "it is its thats that go with for me answer point um er ok okay yes so then"
    )
)
_NONE = re.compile(
    r"(?:no,? )?(?:something|anything|somewhere) else|none(?: of (?:these|those|them|the above))?"
    r"|neither(?: of (?:them|these|those))?|no|nope|not (?:these|those|any of (?:these|those|them))"
    r"|other|another thing|nothing of (?:that|this)"
)
_ONE_AND_ELSE = 2
_YES = re.compile(
    r"(?:yes|yeah|yep|yup|sure|right|correct|exactly|ok|okay)(?: please| it is| that)?|please do"
    r"|(?:yes )?thats (?:it|right|the one|what i mean(?:t)?)"
)
_COMMON = _AROUND_NUMBER | frozenset(
    _words(
        "a an and or of to in on at by from my your our their about with what how do does can is "
        "are was be this these those which who when where why we you they he she this"
    )
)


def ask_back(lead: str, labels: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """Return the question and the choices to offer, "Something else" last.

    Args:
        lead: Before the choices: "Which of these do you mean?".
        labels: What each choice is called.
    """
    choices = (*labels, SOMETHING_ELSE_LABEL)
    lines = [f"{number}. {choice}" for number, choice in enumerate(choices, start=1)]
    return "\n".join([lead, *lines]), choices


def understand(
    message: str, pending: Pending, *, ranking: IntentRanking | None = None, least: float = 0.25
) -> str | None:
    """Return the value that an answer chose, or None if it is a new message.

    With the choices "Order equipment", "Report a fault" and "Something else", "2", "the
    second", "report a fault please", "the fault" and "option 2" all choose the second.

    Args:
        message: The answer, cleaned.
        pending: What was asked.
        ranking: What the classifier makes of the answer, for intents in other words.
        least: Least confidence at which such an intent counts.
    """
    words = _words(message)
    if not words:
        return None
    said = " ".join(words)
    for choice, value in zip(pending.choices, pending.values, strict=True):
        if said == " ".join(_words(choice)):
            return value
    position = _position(words, len(pending.values))
    if position is not None:
        return pending.values[position]
    if _NONE.fullmatch(said):
        return SOMETHING_ELSE
    if len(pending.values) == _ONE_AND_ELSE and _YES.fullmatch(said):
        return pending.values[0]
    if len(words) > _MAX_ANSWER_WORDS:
        return None
    return _named(words, pending) or _reworded(pending, ranking, least)


def _position(words: Sequence[str], n_choices: int) -> int | None:
    """Return the place that "the 2nd one" or "number 2" names, or None."""
    telling = [word for word in words if word not in _AROUND_NUMBER]
    if not telling and "one" in words and not {"the", "that"} & set(words):
        # "one" or "option one", but not "the one".
        telling = ["one"]
    if len(telling) != 1:
        return None
    if telling[0] in "abcd" and len(words) > 2:
        return None
    if telling[0].isdecimal():
        place = int(telling[0][:_MAX_DIGITS]) - 1
    elif telling[0] in _LAST:
        # The last that was really offered: "something else" isn't one of them.
        place = n_choices - 2
    else:
        place = _ORDINALS.get(telling[0], -1)
    return place if 0 <= place < n_choices else None


def _named(words: Sequence[str], pending: Pending) -> str | None:
    """Return the one choice that the words name, by what tells it from the others."""
    labels = [set(_words(choice)) for choice in pending.choices]
    telling = [word for word in words if word not in _COMMON]
    if not telling:
        return None
    shares: list[float] = []
    for place, label in enumerate(labels):
        others = set().union(*(one for at, one in enumerate(labels) if at != place))
        matched = [any(_alike(word, own) for own in label) for word in telling]
        own_word = any(
            any(_alike(word, own) for own in label - others - _COMMON) for word in telling
        )
        shares.append(sum(matched) / len(telling) if own_word else 0.0)
    best = max(range(len(shares)), key=lambda place: shares[place])
    if shares[best] < _LEAST_SHARE or shares.count(shares[best]) > 1:
        return None
    return pending.values[best]


def _alike(word: str, other: str) -> bool:
    """Return whether two words are the same but for an ending or a slip of the finger."""
    if word == other:
        return True
    shorter, longer = sorted((word, other), key=len)
    if len(shorter) >= 4 and longer.startswith(shorter) and len(longer) - len(shorter) <= 3:
        return True
    return len(shorter) >= 5 and SequenceMatcher(None, word, other).ratio() >= _LEAST_LIKENESS


def _reworded(pending: Pending, ranking: IntentRanking | None, least: float) -> str | None:
    if pending.kind != "intent" or ranking is None or ranking.intent not in pending.values:
        return None
    return ranking.intent if ranking.confidence >= least else None
