"""Text → search terms: one analyser for every lexical index and every query.

What it does, in order, and why a help desk wants it:

1. Unicode NFKC and case folding; accents of Latin, Greek and Cyrillic letters dropped
   (people type `resume` for `résumé`); invisible characters (soft hyphen, zero-width
   space) removed, since they come along with pasted text.
2. Words are runs of letters and digits. `c++` and `c#` keep their signs.
3. A compound yields its parts and itself written as one word, so that every spelling
   meets every other: `wi-fi` → `wi fi wifi`, `e-mail` → `e mail email`,
   `office365` → `office 365 office365`, `U.S.` → `u s us`. A point between digits stays:
   `v2.1` → `v 2.1 v2.1`, and `1,000` is `1000`. `0x80070005` is one term.
4. Snowball's English stemmer (PyStemmer), unless switched off.

There is no list of stop words. rank-bm25 as published floors the weight of frequent
words, so that a list changes its results (top 10 of two libraries overlap by 0.66 with
stop words and by 0.97 without); with the idf used here frequent words weigh next to nothing,
and `who`, `it` or `may` are words that an organisation's own names are made of.

It is not a tokenizer for languages written without spaces: such text becomes few, long terms.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Mapping
from typing import Any

import Stemmer

from retrieval.errors import StoreError

__all__ = ["Analyser"]

_VERSION = "words-1"
"""Changes whenever the same text would give other terms: an index built before is stale."""

_MAX_TERM_CHARS = 64
"""Longer runs (encoded blobs, text without spaces) are cut here: nobody types them."""

_MAX_CACHED_WORDS = 200_000

_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"))
_APOSTROPHES = str.maketrans({"\u2019": "'", "\u02bc": "'", "\u2010": "-", "\u2011": "-"})
_ACCENTS = re.compile("[\u0300-\u036f]")

_WORD = re.compile(
    r"""
    [a-z](?:\+\+|\#)(?!\w)               # c++, c#
  | [^\W_]+                              # letters and digits, then
    (?:
        (?:[-.'_&]|(?<=\d),(?=\d))       # one connector inside the word
        [^\W_]+
    )*
    """,
    re.VERBOSE,
)
_CONNECTOR = re.compile(r"(?<=\d)\.(?=\d)|([-.'_&,])")
_NAME_AND_NUMBER = re.compile(r"([^\W\d_]+)(\d+(?:\.\d+)*)")


class Analyser:
    """Turns text into search terms; safe to share between threads.

    Args:
        stem: Reduce words to their English stem.

    Example:
        >>> Analyser().terms("Resetting the VPN client's Wi-Fi")
        ['reset', 'the', 'vpn', 'client', 'wi', 'fi', 'wifi']
    """

    def __init__(self, *, stem: bool = True) -> None:
        self._stem = stem
        # A stemmer keeps state between calls, so each thread has its own.
        self._local = threading.local()

    @property
    def settings(self) -> dict[str, Any]:
        """What the terms depend on, for the manifest."""
        return {"analyser": _VERSION, "stem": self._stem}

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> Analyser:
        """Make the analyser that an index was built with.

        Raises:
            StoreError: The settings are those of another version.
        """
        version, stem = settings.get("analyser"), settings.get("stem")
        if version != _VERSION or not isinstance(stem, bool):
            raise StoreError(
                f"the index was built with the analyser {dict(settings)!r}, and this version has "
                f"{_VERSION!r}: build the index again with `frontdesk index`"
            )
        return cls(stem=stem)

    def terms(self, text: str) -> list[str]:
        """Return the search terms of a text, in order, repeats included."""
        cache = self._cache()
        terms: list[str] = []
        for word in _WORD.findall(_folded(text)):
            known = cache.get(word)
            if known is None:
                known = self._analysed(word)
                if len(cache) >= _MAX_CACHED_WORDS:
                    cache.clear()
                cache[word] = known
            terms += known
        return terms

    def stems(self, words: list[str]) -> list[str]:
        """Return the terms of plain words (small letters only), one each, without keeping them."""
        self._cache()
        stemmer = self._local.stemmer
        return list(stemmer.stemWords(words)) if stemmer else words

    def _cache(self) -> dict[str, tuple[str, ...]]:
        try:
            cache: dict[str, tuple[str, ...]] = self._local.cache
        except AttributeError:
            cache = self._local.cache = {}
            self._local.stemmer = Stemmer.Stemmer("english") if self._stem else None
        return cache

    def _analysed(self, word: str) -> tuple[str, ...]:
        stemmer = self._local.stemmer
        spellings = [spelling[:_MAX_TERM_CHARS] for spelling in _spellings(word)]
        return tuple(stemmer.stemWords(spellings) if stemmer else spellings)


def _folded(text: str) -> str:
    """Return the text without case, accents and invisible characters."""
    if text.isascii():
        return text.lower()
    text = unicodedata.normalize("NFKC", text.translate(_INVISIBLE)).casefold()
    text = _ACCENTS.sub("", unicodedata.normalize("NFKD", text))
    # Case folding may leave a form that is not composed: compose it at the end.
    return unicodedata.normalize("NFKC", text).translate(_APOSTROPHES)


def _spellings(word: str) -> list[str]:
    """Return the parts of a compound and the compound as one word, or just the word.

    Example:
        >>> _spellings("wi-fi"), _spellings("user's"), _spellings("v2.1"), _spellings("can't")
        (['wi', 'fi', 'wifi'], ['user'], ['v', '2.1', 'v2.1'], ['cant'])
    """
    word = word.removesuffix("'s")
    if word.isalpha():
        return [word]
    whole = _CONNECTOR.sub(lambda found: "" if found[1] else ".", word)
    if "'" in word or "," in word:
        # Parts of "can't" and "1,000" mean nothing by themselves.
        word = word.replace("'", "").replace(",", "")
    parts: list[str] = []
    for part in _CONNECTOR.sub(lambda found: " " if found[1] else ".", word).split():
        name_and_number = _NAME_AND_NUMBER.fullmatch(part)
        parts += name_and_number.groups() if name_and_number else [part]
    return parts if parts == [whole] else [*parts, whole]
