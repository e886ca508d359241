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
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from qa.english import COMMON_ENGLISH

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

__all__ = ["UNKNOWN", "Language", "detect_language", "foreign_language"]


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
_SURE = 0.5
_SHARE_OF_ENGLISH = 0.2
_MIN_WORDS = 3
_READ_AT_MOST = 2000
_loading = threading.Lock()
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_NOT_LANGUAGE = re.compile(r"https?://\S+|www\.\S+|\S+@\S+|`[^`]*`|\S*[\\/_<>{}=]\S*|\S*\d\S*")
# Languages that people write to a help desk in; the model knows dialects that a short line
# is easily mistaken for.
_LANGUAGES = (
    "af am ar az be bg bn bs ca cs cy da de el en es et eu fa fi fr ga gl gu he hi hr hu hy id is "
    "it ja ka kk km kn ko ky la lo lt lv mk ml mn mr ms my ne nl no pa pl ps pt ro ru si sk sl so "
    "sq sr sv sw ta te th tl tr uk ur uz vi zh zu"
).split()


def detect_language(text: str) -> Language:
    """Return the language of a text, or `UNKNOWN` where it can't be told for sure.

    Args:
        text: Any; its first 2,000 characters are looked at.
    """
    cleaned = _NOT_LANGUAGE.sub(" ", unicodedata.normalize("NFC", text[:_READ_AT_MOST]))
    words = [word.lower().replace("’", "'") for word in _WORD.findall(cleaned)]
    if not words:
        return UNKNOWN
    english = sum(word in COMMON_ENGLISH for word in words) / len(words)
    if english >= _SHARE_OF_ENGLISH:
        return Language(_ENGLISH, min(1.0, 0.5 + english))
    if "".join(words).isascii() and len(words) < _MIN_WORDS:
        return UNKNOWN
    with _loading:
        code, confidence = _identifier().classify(" ".join(words))
    return Language(code, confidence) if confidence >= _SURE else UNKNOWN


def foreign_language(text: str, supported: Collection[str]) -> Language | None:
    """Return the language of a text if it surely is none of those supported."""
    found = detect_language(text)
    return found if found.code and supported and found.code not in supported else None


@cache
def _identifier() -> LanguageIdentifier:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(_LANGUAGES)
    return identifier
