"""The organisation's own acronyms and synonyms, used by the lexical leg alone.

A CSV file in UTF-8, one group a line: every phrase of a line stands for every other.

    term,synonyms
    PTO,paid time off,annual leave
    MFA,two-factor authentication

A first line of column names (`term`, `acronym`, `synonyms`, `meaning`, ...) is skipped, as are
empty lines and those that start with `#`.

Queries are expanded, never passages: the file can change without indexing anything again.
Only what the user typed is looked up, never what was added, so groups can't chain or loop.
A sentence encoder knows paraphrases by itself and is left the question as it was asked.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from retrieval.errors import SourceError, StoreError
from retrieval.search.analysis import Analyser
from retrieval.system.untrusted import worded

__all__ = ["NO_SYNONYMS", "SYNONYM_WEIGHT", "Expander", "Expansion", "Synonyms"]

SYNONYM_WEIGHT = 0.6
"""Weight of an added term, where one of the query's own weighs 1: what was typed comes first."""

_COLUMN_NAMES = frozenset(
    {"abbreviation", "acronym", "definition", "expansion", "meaning", "phrase", "stands_for"}
    | {"synonym", "synonyms", "term", "terms"}
)

_REMEDY = "write one group a line, such as `PTO,paid time off`"


@dataclass(frozen=True)
class Synonyms:
    """Groups of phrases that mean the same.

    Attributes:
        groups: Phrases as written, two or more a group.
    """

    groups: tuple[tuple[str, ...], ...] = ()

    @classmethod
    def load(cls, path: Path) -> Synonyms:
        """Read a CSV file of synonyms.

        Raises:
            SourceError: The file can't be read, or a line isn't a group; names file and line.
        """
        try:
            text = path.read_bytes().decode("utf-8-sig")
        except OSError as error:
            raise SourceError(
                f"the synonyms in {str(path)!r} can't be read ({error.strerror}): "
                "check the path and its permissions"
            ) from error
        except UnicodeDecodeError as error:
            line = error.object.count(b"\n", 0, error.start) + 1
            raise SourceError(
                f"{path}:{line}: the synonyms aren't UTF-8 text: save the file as UTF-8"
            ) from error
        return cls(tuple(_groups(text, path)))

    def to_json(self) -> bytes:
        """Return the groups as the file synonyms.json: lists of phrases."""
        return _SCHEMA.dump_json(self.groups)

    @classmethod
    def from_json(cls, content: bytes) -> Synonyms:
        """Undo `to_json`.

        Raises:
            StoreError: It isn't a list of lists of text.
        """
        try:
            return cls(_SCHEMA.validate_json(content, strict=True))
        except ValidationError as error:
            raise StoreError(
                f"the synonyms kept with the index can't be read ({worded(error)}), expected "
                "lists of phrases: build the index again with `frontdesk index`"
            ) from error


_SCHEMA = TypeAdapter(tuple[tuple[str, ...], ...])

NO_SYNONYMS = Synonyms()


def _groups(text: str, path: Path) -> Iterable[tuple[str, ...]]:
    analyser = Analyser()
    reader = csv.reader(text.splitlines(keepends=True), skipinitialspace=True, strict=True)
    first = True
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise SourceError(
                f"{path}:{reader.line_num}: not a line of CSV ({error}): {_REMEDY}"
            ) from error
        phrases = tuple(dict.fromkeys(" ".join(cell.split()) for cell in cells if cell.strip()))
        if not phrases or phrases[0].startswith("#"):
            continue
        is_header = first and all(
            name.casefold().replace(" ", "_") in _COLUMN_NAMES for name in phrases
        )
        first = False
        if is_header:
            continue
        if len(phrases) < 2:
            raise SourceError(
                f"{path}:{reader.line_num}: {phrases[0]!r} stands alone, expected two or more "
                f"phrases that mean the same: {_REMEDY}"
            )
        for phrase in phrases:
            if not analyser.terms(phrase):
                raise SourceError(
                    f"{path}:{reader.line_num}: {phrase!r} has no letter or digit to search for: "
                    f"{_REMEDY}"
                )
        yield phrases


@dataclass(frozen=True)
class Expansion:
    """A query's terms with their weights, and what synonyms had to do with it.

    Attributes:
        weights: Term → weight, for `LexicalIndex.scores`.
        added: Phrase found in the query → the phrases that were added for it.
    """

    weights: Mapping[str, float]
    added: dict[str, tuple[str, ...]] = field(default_factory=dict)


class Expander:
    """Synonyms in the analyser's terms, ready to expand queries.

    Attributes:
        terms: All terms of all phrases.

    Args:
        synonyms: The groups.
        analyser: The index's.
        weight: Weight of each added term.
    """

    def __init__(
        self, synonyms: Synonyms, analyser: Analyser, *, weight: float = SYNONYM_WEIGHT
    ) -> None:
        self._weight = weight
        # Terms of a phrase → (phrase, other phrases of its groups with their terms).
        self._entries: dict[tuple[str, ...], tuple[str, dict[str, tuple[str, ...]]]] = {}
        for group in synonyms.groups:
            analysed = {phrase: tuple(analyser.terms(phrase)) for phrase in group}
            for phrase, terms in analysed.items():
                others = {other: added for other, added in analysed.items() if added != terms}
                for form in _forms(phrase, terms):
                    self._entries.setdefault(form, (phrase, {}))[1].update(others)
        self._longest = max(map(len, self._entries), default=0)
        self.terms = frozenset(term for entry in self._entries for term in entry)

    def expand(self, terms: Sequence[str]) -> Expansion:
        """Weigh a query's terms and add the synonyms of the phrases in it.

        The longest phrase at a place is taken; a term that the query has already gets
        nothing more.

        Args:
            terms: The query after analysis, in order.
        """
        weights: dict[str, float] = {}
        for term in terms:
            weights[term] = weights.get(term, 0.0) + 1.0
        own = frozenset(weights)
        added: dict[str, tuple[str, ...]] = {}
        place = 0
        while place < len(terms):
            for length in range(min(self._longest, len(terms) - place), 0, -1):
                entry = self._entries.get(tuple(terms[place : place + length]))
                if entry is not None:
                    phrase, others = entry
                    if others:
                        added[phrase] = tuple(others)
                    for extra in others.values():
                        weights.update((term, self._weight) for term in extra if term not in own)
                    place += length - 1
                    break
            place += 1
        return Expansion(weights, added)


def _forms(phrase: str, terms: tuple[str, ...]) -> Iterable[tuple[str, ...]]:
    """Return the sequences of terms by which a query may hold the phrase."""
    if not terms:
        return
    yield terms
    if len(terms) > 1 and not any(character.isspace() for character in phrase):
        # A compound ends in its spelling as one word: `Wi-Fi` is also found by `wifi`.
        yield terms[-1:]
