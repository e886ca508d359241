"""What a message is about: its runs of words that carry a subject.

There is no tagger: a phrase is what stands between function words, punctuation and words
too common to be a subject, and `of` joins two of them. `where does the Penobscot River start`
gives `Penobscot River`, `the Great Wall of China` gives `Great Wall of China`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from agent.understanding.followups.words import ADVERB_LOOKALIKES, FUNCTION_WORDS, GENERIC_WORDS

__all__ = ["Phrase", "key", "phrases", "words"]

_TOKEN = re.compile(r"[^\W_]+(?:[-'’./&+][^\W_]+)*|[^\w\s]", re.UNICODE)
_JOINTS = frozenset({"of"})
_SENTENCE_ENDS = frozenset(".!?:")
_READ_AT_MOST = 2000
_LONGEST = 8


@dataclass(frozen=True)
class Phrase:
    """A run of words with a subject.

    Attributes:
        text: As written.
        keys: Its words, made comparable; without `of`.
        named: It holds a capital or digit that isn't just a sentence's first letter.
    """

    text: str
    keys: tuple[str, ...]
    named: bool


def words(text: str) -> list[str]:
    """Return a text's words in lower case, in order, without punctuation.

    Like everything here it looks at a text's first 2,000 characters.
    """
    return [_lower(word) for word in _TOKEN.findall(text[:_READ_AT_MOST]) if word[0].isalnum()]


def key(word: str) -> str:
    """Make a lower-case word comparable: possessive and plural endings are cut."""
    word = word.removesuffix("'s").removesuffix("'")
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("ches", "shes", "sses", "xes")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def phrases(text: str) -> tuple[Phrase, ...]:
    """Return the phrases of a text, in order."""
    found: list[Phrase] = []
    run: list[str] = []
    joint = ""
    named = False
    opening = True
    for token in [*_TOKEN.findall(text[:_READ_AT_MOST]), "."]:
        lower = _lower(token)
        if token[0].isalnum() and _is_manner(lower):
            continue
        if token[0].isalnum() and _says_something(token, lower, opening):
            if joint:
                run.append(joint)
                joint = ""
            run.append(token)
            named = named or _named(token, opening)
        elif run and not joint and lower in _JOINTS:
            joint = lower
        elif run:
            found.append(_phrase(run, named))
            run, joint, named = [], "", False
        opening = token in _SENTENCE_ENDS
    return tuple(found)


def _says_something(token: str, lower: str, opening: bool) -> bool:
    if lower in FUNCTION_WORDS:
        return False
    # `great` says little, `the Great Wall` much.
    return lower not in GENERIC_WORDS or (_named(token, opening) and not token.isupper())


def _is_manner(word: str) -> bool:
    """Whether a word is an adverb of manner: `especially`, `indirectly`."""
    return len(word) > 4 and word.endswith("ly") and word not in ADVERB_LOOKALIKES


def _phrase(run: list[str], named: bool) -> Phrase:
    # `How is sickle cell disease treated`: the participle at the end isn't part of the name.
    while len(run) > 1 and len(run[-1]) > 4 and run[-1].islower() and run[-1].endswith("ed"):
        run = run[:-1]
    run = run[:_LONGEST]
    while run[-1] in _JOINTS:
        run = run[:-1]
    keys = tuple(key(_lower(word)) for word in run if word not in _JOINTS)
    return Phrase(" ".join(run), keys, named)


def _lower(token: str) -> str:
    return token.replace("’", "'").lower()


def _named(token: str, opening: bool) -> bool:
    """Whether a word is written as a name: `Oslo`, `VPN`, `iPhone`, `E42`."""
    if any(character.isdigit() for character in token) or token[1:].lower() != token[1:]:
        return True
    return token[0].isupper() and not opening
