"""What the wording of a question says about a candidate, beside the reader's own score.

A reader of a few million weights is led astray by words that merely look like an answer.
Three plain signs correct it: the question's words stand around the candidate, a how-to is
answered by a step, and a "how many" or "when" by something with a number in it. English
only; in other languages the signs are silent and the reader alone decides.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from qa.deciding.answer_kind import fits, kind_asked
from qa.deciding.opposites import excluded_by, negated
from qa.deciding.question_type import QuestionType, question_type
from qa.reading.quotable import title_above
from qa.types import Candidate
from retrieval.passages.sentences import sentence_spans
from retrieval.search.analysis import Analyser
from retrieval.types import Passage

__all__ = ["Asked", "particulars", "place", "words"]

_ANALYSER = Analyser()

# Words that questions are made of; what is asked about is in the others.
_QUESTION_WORDS = frozenset(
    _ANALYSER.terms(
        "a an the is are was were be been am do does did i me my you your he she it we us our "
        "they them their to of in on at for from with by and or if as what which who whom whose "
        "when where why how much many long can could should would will may might must not this "
        "that these those there have has had get got need want please tell know"
    )
)

# What a name, code or number is told by: a capital inside a sentence, a digit, a sign inside.
_PARTICULAR = re.compile(
    r"(?<![.?!:]\s)(?<!^)\b(?!I['’])[A-Z][\w'’&-]+|\b[A-Z]{2,}[\w-]*|\b(?:[A-Za-z]*[0-9][\w.,:-]*)|"
    r"\b\w+[._@/-]\w[\w.@/-]*"
)

# Codes and versions alone: of a story's numbers ("my son is 24") no article need speak.
_CODE = re.compile(
    r"\b0x[0-9A-Fa-f]{3,}\b|\b[A-Za-z]{1,12}[-_]?[0-9]{2,}[\w-]*|\b[A-Z]{2,}-?[0-9]+\b|"
    r"\b(?i:v|version\s+|error\s+|code\s+|form\s+|model\s+|release\s+)([0-9][\w.]*)|"
    r"\b[0-9]{1,4}(?:\.[0-9]{1,4})+\b"
)
_ASKS_NUMBER = re.compile(
    r"\b(?:how\s+(?:many|much|long|often|far|big|large|old|late|early|soon|high|tall|deep|fast|"
    r"heavy)|when|what\s+(?:time|year|date|percentage|size|age)|(?:phone|extension|room|port)\s+"
    r"number|number\s+of|costs?|price|rate|limit|deadline|port)\b",
    re.IGNORECASE,
)
_HAS_NUMBER = re.compile(
    r"[0-9]|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|"
    r"thirty|hundred|thousand|million|once|twice|half|quarter|noon|midnight)\b",
    re.IGNORECASE,
)
_STEP = re.compile(r"[ \t]*\(?[0-9]{1,3}[.)][ \t]")
_ANY_STEP = re.compile(rf"^{_STEP.pattern}", re.MULTILINE)
_MAX_SENTENCE_CHARS = 600
_OUT_OF_DATE = re.compile(
    r"\b(?:superseded|obsolete|outdated|out\s+of\s+date|archived|deprecated|retired|no\s+longer\s+"
    r"(?:valid|applies|in\s+force|used|supported)|replaced\s+by|former(?:ly)?|previous(?:ly)?|legacy|"
    r"old\s+(?:rules?|policy|version|process)|expired|until\s+(?:the\s+end\s+of\s+)?20[0-9]{2})\b",
    re.IGNORECASE,
)
_MARKUP = "#*_=- \t\r\n"


def place(candidate: Candidate) -> str:
    """Return what a candidate stands in: titles above it, and its sentence or table row.

    "Select it and wait" says nothing without the heading above it, nor "Yes, two a day" without
    the question before it.
    """
    passage = candidate.passage
    where = _place(passage, candidate.start - passage.start, candidate.end - passage.start)
    return f"{where.above}. {where.around}" if where.above else where.around


def particulars(question: str) -> tuple[frozenset[str], ...]:
    """Return the names, codes and numbers of a question, each as the terms it is made of."""
    found = (_content(match.group()) for match in _PARTICULAR.finditer(question))
    return tuple(dict.fromkeys(each for each in found if each))


@dataclass(frozen=True)
class _Place:
    """What a candidate stands in.

    Attributes:
        above: Title of the article, headings, and the nearest heading or question above.
        nearest: The last of these.
        around: The sentence or table row.
    """

    above: str
    nearest: str
    around: str


class Asked:
    """A question, taken apart once for all candidates.

    Args:
        question: As asked.
    """

    def __init__(self, question: str) -> None:
        self._question = question
        self._terms = _content(question)
        self._type = question_type(question)
        self._wants_steps = self._type is QuestionType.HOW_TO
        self._wants_number = _ASKS_NUMBER.search(question) is not None
        self._kind = kind_asked(question)
        self._particulars = particulars(question)
        self._denies = negated(question)
        codes = (_terms(match[1] or match.group()) for match in _CODE.finditer(question))
        self._codes = tuple(each for each in codes if each)
        self._known: dict[tuple[str, int, int], Mapping[str, float]] = {}

    def evidence(self, candidate: Candidate) -> Mapping[str, float]:
        """Return what the wording says for a candidate and against it.

        Signs for it are 0 to 1; signs against it are -1 to 0, so that more is always better.
        """
        where = candidate.passage.id, candidate.start, candidate.end
        if where not in self._known:
            self._known[where] = self._evidence(candidate)
        return self._known[where]

    def _evidence(self, candidate: Candidate) -> dict[str, float]:
        passage = candidate.passage
        start, end = candidate.start - passage.start, candidate.end - passage.start
        text = passage.text
        line_start = text.rfind("\n", 0, start) + 1
        where = _place(passage, start, end)
        is_step = _STEP.match(text, line_start, end) is not None
        beside = f"{where.above}. {where.around}"
        return {
            "echo": self._held_by(_terms(beside)),
            "steps": float(self._wants_steps and is_step),
            "number": float(
                self._wants_number and _HAS_NUMBER.search(text, start, end) is not None
            ),
            "asked_above": _alike(self._terms, _content(where.nearest)),
            "kind": fits(self._kind, candidate.text),
            "opposite": -float(excluded_by(self._question, beside)),
            "particulars": -_missing(self._particulars, words(passage)),
            "polarity": -float(self._turned_round(where.around)),
            "current": -float(
                _OUT_OF_DATE.search(f"{_titles(passage)}. {where.around}") is not None
            ),
        }

    def support(self, candidate: Candidate, found: frozenset[str]) -> dict[str, float]:
        """Return what an answer is believed by beside its `evidence`.

        Args:
            candidate: The answer.
            found: The `words` of all passages that were found.
        """
        passage = candidate.passage
        titles = _terms(_titles(passage))
        return {
            "held_by_passage": self._held_by(words(passage)),
            "held_by_title": self._held_by(titles),
            "held_anywhere": self._held_by(found),
            "known": -_missing(self._particulars, found),
            "code": -float(any(not each <= found for each in self._codes)),
            "simple": -float(self._type in (QuestionType.YES_NO, QuestionType.WHY)),
            "factual": -float(self._type in (QuestionType.HOW_TO, QuestionType.LIST)),
        }

    def most_evidence(self, passage: Passage) -> dict[str, float]:
        """Return the most that `evidence` can be for any candidate of a passage."""
        titles, text = _titles(passage), passage.text
        return {
            "echo": self._held_by(words(passage)),
            "steps": float(self._wants_steps and _ANY_STEP.search(text) is not None),
            "number": float(self._wants_number and _HAS_NUMBER.search(text) is not None),
            "asked_above": 1.0,
            "kind": fits(self._kind, text),
            "opposite": 0.0,
            "particulars": -_missing(self._particulars, words(passage)),
            "polarity": 0.0,
            "current": -float(_OUT_OF_DATE.search(titles) is not None),
        }

    def _held_by(self, held: frozenset[str]) -> float:
        """Return the share of the question's words that are among others."""
        return len(self._terms & held) / len(self._terms) if self._terms else 0.0

    def _turned_round(self, text: str) -> bool:
        """Tell whether a text denies what is asked for, or grants what is asked to be denied.

        "No" is an answer to whether, and no answer to where.
        """
        if self._type in (QuestionType.YES_NO, QuestionType.WHY, QuestionType.HOW_TO):
            return False
        return self._denies != negated(text)


@lru_cache(maxsize=4096)
def _place(passage: Passage, start: int, end: int) -> _Place:
    nearest = title_above(passage.text, start).strip(_MARKUP)
    above = list(dict.fromkeys(p for p in (passage.title, *passage.headings, nearest) if p))
    around = _surroundings(passage.text, start, end, passage.table_header)
    return _Place(". ".join(above), above[-1] if above else "", around)


def words(passage: Passage) -> frozenset[str]:
    """Return the terms of a passage and of what stands above it."""
    return _terms(f"{_titles(passage)} {passage.table_header} {passage.text}")


def _titles(passage: Passage) -> str:
    return " ".join((passage.title, *passage.headings))


def _content(text: str) -> frozenset[str]:
    return _terms(text) - _QUESTION_WORDS


def _alike(one: frozenset[str], other: frozenset[str]) -> float:
    """Return Dice's coefficient of two sets of words, 0 to 1."""
    return 2.0 * len(one & other) / (len(one) + len(other)) if one and other else 0.0


def _missing(wanted: Sequence[frozenset[str]], held: frozenset[str]) -> float:
    """Return the share of names that aren't held; all of it where a code or number isn't.

    Half a name may do ("the Corvid desk" for "Corvid Ltd"); half of "version 3.12" is another's.
    """
    gone = [each for each in wanted if not each <= held]
    if any(sign.isdigit() for each in gone for term in each for sign in term):
        return 1.0
    return len(gone) / len(wanted) if wanted else 0.0


@lru_cache(maxsize=1024)
def _surroundings(text: str, start: int, end: int, table_header: str) -> str:
    """Return the sentence around a span; for a table's row, with the table's first row.

    Args:
        text: The passage's.
        start: Of the span in it.
        end: One past its last.
        table_header: Of the table that the text begins inside.
    """
    left = max(text.rfind("\n", 0, start) + 1, start - _MAX_SENTENCE_CHARS)
    right = text.find("\n", end)
    right = min(len(text) if right < 0 else right, end + _MAX_SENTENCE_CHARS)
    line = text[left:right]
    if line.lstrip().startswith("|"):
        return f"{_first_row(text, left, table_header)} {line}"
    inside = [(a, b) for a, b in sentence_spans(line) if a < end - left and b > start - left]
    return line[inside[0][0] : inside[-1][1]] if inside else line


def _first_row(text: str, at: int, table_header: str) -> str:
    """Return the first of the rows that stand without a gap above `at`.

    If they go back to the text's beginning, that is the header of the table it begins inside.
    """
    rows: list[str] = []
    for line in reversed(text[:at].splitlines()):
        if not line.lstrip().startswith("|"):
            return rows[-1] if rows else ""
        rows.append(line)
    return table_header or (rows[-1] if rows else "")


@lru_cache(maxsize=4096)
def _terms(text: str) -> frozenset[str]:
    return frozenset(_ANALYSER.terms(text))
