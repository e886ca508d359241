"""Which language a short text is in, with a strong prejudice for "can't tell".

Whoever writes `ok`, `vpn?` or a product's name must never be told that their language isn't
supported, so that a language is named only on good evidence: a script that few languages
share, or several words of which none is everyday English, taken for one language by py3langid
(naive Bayes over byte sequences, 4.5 MB, offline). Everyday English is seen without it: the
model is read from disk only once a text looks like something else.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import regex

from qa.deciding.english import COMMON_ENGLISH, SHORT_ENGLISH

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

__all__ = ["UNKNOWN", "Language", "detect_language", "foreign_language", "foreign_to"]


@dataclass(frozen=True)
class Language:
    """A language with how sure it is.

    Attributes:
        code: ISO 639-1, two letters; empty if it can't be told.
        confidence: 0 to 1.
    """

    code: str
    confidence: float


UNKNOWN = Language("", 0.0)

_ENGLISH = "en"
_SHARE = 0.2
_SHARE_OF_SEVERAL = 0.06
_SHARE_OF_THEIRS = 0.6
_SURE = 0.5
_SURE_OF_FEW_WORDS = 0.8
_ENGLISH_RULED_OUT = 0.1
_FEW_WORDS = 3
_READ_AT_MOST = 2000
_ENOUGH = 400
_TEXTS = 3
_loading = threading.Lock()
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_NOT_LANGUAGE = re.compile(r"https?://\S+|www\.\S+|\S+@\S+|`[^`]*`|\S*[\\/_<>{}=]\S*|\S*\d\S*")
_LAST_LATIN = "\u024f"
# Languages that people write to a help desk in; the model knows dialects as well, which a short
# line is easily mistaken for. Bosnian is left to Croatian: a line could be either.
# "van der" and the like stand inside names.
_NAME = regex.compile(
    r"(?<=\s)\p{Lu}[\w'’.-]*(?:\s+(?:(?:van|von|der|den|de|di|da|do|dos|la|le|el|al|bin|y)\s+)*"
    r"\p{Lu}[\w'’.-]*)*"
)
_LANGUAGES = (
    "af am ar az be bg bn ca cs cy da de el en es et eu fa fi fr ga gl gu he hi hr hu hy id is",
    "it ja ka kk km kn ko ky la lo lt lv mk ml mn mr ms my ne nl no pa pl ps pt ro ru si sk sl so",
    "sq sr sv sw ta te th tl tr uk ur uz vi zh zu",
)


def detect_language(text: str) -> Language:
    """Return the language of a text, or `UNKNOWN` where it can't be told for sure.

    Args:
        text: Any; its first 2,000 characters are looked at.
    """
    words = _words(text)
    if not words:
        return UNKNOWN
    english = _share_of_english(words)
    if english:
        return Language(_ENGLISH, min(1.0, 0.5 + english))
    needed = _SURE
    letters = "".join(words)
    if max(letters) <= _LAST_LATIN:
        # A name, a slip or a word that English borrowed looks like any other language.
        if len(words) < _FEW_WORDS or (len(words) == _FEW_WORDS and letters.isascii()):
            return UNKNOWN
        if len(words) == _FEW_WORDS:
            needed = _SURE_OF_FEW_WORDS
    ranking = _ranking(" ".join(words))
    code, confidence = ranking[0]
    if confidence < needed:
        return UNKNOWN
    if code != _ENGLISH and dict(ranking)[_ENGLISH] > _ENGLISH_RULED_OUT:
        return UNKNOWN
    return Language(code, confidence)


def foreign_language(text: str, supported: Collection[str]) -> Language | None:
    """Return the language of a text if it surely is none of those supported.

    Args:
        text: Any.
        supported: Codes of the languages that are answered; none means that all are.
    """
    found = detect_language(text)
    return found if found.code and supported and found.code not in supported else None


def foreign_to(question: str, texts: Sequence[str]) -> Language | None:
    """Return a question's language if it surely isn't that of the texts found for it.

    What was found tells the languages of a knowledge base that mixes several, and costs
    nothing to keep. One text that can't be told is reason enough to go on.

    Args:
        question: As asked.
        texts: Passages, best first; the first three are looked at.
    """
    nearest = [text[:_ENOUGH] for text in texts[:_TEXTS]]
    if _in_their_words(question, nearest):
        return None
    asked = detect_language(question)
    if not asked.code or not nearest:
        return None
    if detect_language(_without_names(question)).code != asked.code:
        # It was the names that looked so.
        return None
    if asked.code == _ENGLISH and any(_share_of_english(_words(text)) for text in nearest):
        # The usual case costs microseconds and reads no model.
        return None
    found = {detect_language(text).code for text in nearest}
    return asked if "" not in found and asked.code not in found else None


def _without_names(question: str) -> str:
    """Return a question without words that begin with a capital, its first word aside.

    Whoever asks for "Jan van der Berg" asks in the language of the other words.
    """
    first, _, rest = question.partition(" ")
    kept = _NAME.sub(" ", f" {rest}")
    return f"{first}{kept}" if _NAME.search(f" {rest}") else question


def _in_their_words(question: str, texts: Sequence[str]) -> bool:
    """Whether most of a question's words stand in the texts: then it is in their language."""
    words = set(_words(question))
    theirs = {word for text in texts for word in _words(text)}
    return len(words & theirs) >= _SHARE_OF_THEIRS * max(1, len(words))


def _words(text: str) -> list[str]:
    cleaned = _NOT_LANGUAGE.sub(" ", unicodedata.normalize("NFC", text[:_READ_AT_MOST]))
    return [word.lower().replace("’", "'") for word in _WORD.findall(cleaned)]


def _share_of_english(words: Sequence[str]) -> float:
    """Return the share of everyday English words, or 0 if it is too small to count."""
    english = sum(word in COMMON_ENGLISH for word in words)
    share = english / max(1, len(words))
    short = sum(word in SHORT_ENGLISH for word in words) if english else 0
    enough = share >= _SHARE or (english + short > 1 and share >= _SHARE_OF_SEVERAL)
    return share if enough else 0.0


def _ranking(text: str) -> list[tuple[str, float]]:
    """Return all languages with their probabilities, the likeliest first."""
    return [(code, float(score)) for code, score in _identifier().rank(text)]


def _identifier() -> LanguageIdentifier:
    with _loading:  # two threads at once would read the model twice
        return _load()


@cache
def _load() -> LanguageIdentifier:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages([code for line in _LANGUAGES for code in line.split()])
    return identifier
