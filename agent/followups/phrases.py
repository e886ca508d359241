"""What a message is about: its runs of words that carry a subject.

There is no tagger: a phrase is what stands between function words, punctuation and words
too common to be a subject. `where does the Penobscot River start` gives `Penobscot River`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from agent.followups.words import FUNCTION_WORDS, GENERIC_WORDS

__all__ = ["Phrase", "key", "phrases", "words"]

_TOKEN = re.compile(r"[^\W_]+(?:[-'’./&+][^\W_]+)*|[^\w\s]", re.UNICODE)


@dataclass(frozen=True)
class Phrase:
    """A run of words with a subject.

    Attributes:
        text: As written.
        keys: Its words, made comparable.
        named: It holds a capital or digit that isn't just the sentence's first letter.
    """

    text: str
    keys: tuple[str, ...]
    named: bool


def words(text: str) -> list[str]:
    """Return a text's words in lower case, in order, without punctuation."""
    return [token.replace("’", "'").lower() for token in _tokens(text) if _is_word(token)]


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
    named = False
    opening = True
    for token in [*_tokens(text), "."]:
        lower = token.replace("’", "'").lower()
        if _is_word(token) and lower not in FUNCTION_WORDS and lower not in GENERIC_WORDS:
            run.append(token)
            named = named or _named(token, opening)
        elif run:
            # A long list of content words is still one phrase: nobody marks its ends.
            found.append(
                Phrase(
                    " ".join(run), tuple(key(each.replace("’", "'").lower()) for each in run), named
                )
            )
            run, named = [], False
        opening = token in ".!?:"
    return tuple(found)


def _tokens(text: str) -> list[str]:
    return _TOKEN.findall(text)


def _is_word(token: str) -> bool:
    return token[0].isalnum()


def _named(token: str, opening: bool) -> bool:
    """Whether a word is written as a name: `Oslo`, `VPN`, `iPhone`, `E42`."""
    if any(character.isdigit() for character in token) or token[1:].lower() != token[1:]:
        return True
    return token[0].isupper() and not opening
