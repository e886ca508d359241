"""What the wording of a question says about a candidate, beside the reader's own score.

A reader of a few million weights is led astray by words that merely look like an answer.
Three plain signs correct it: the question's words stand around the candidate, a how-to is
answered by a step, and a "how many" or "when" by something with a number in it. English
only; in other languages the signs are silent and the reader alone decides.
"""

from __future__ import annotations

import re
from functools import lru_cache

from qa.deciding.question_type import QuestionType, question_type
from qa.types import Candidate
from retrieval.passages.sentences import sentence_spans
from retrieval.search.analysis import Analyser
from retrieval.types import Passage

__all__ = ["Asked", "place"]

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


def place(candidate: Candidate) -> str:
    """Return what a candidate stands in: titles above it, and its sentence or table row.

    "Select it and wait" says nothing without the heading above it.
    """
    passage = candidate.passage
    start, end = candidate.start - passage.start, candidate.end - passage.start
    above = dict.fromkeys(part for part in (passage.title, *passage.headings) if part)
    return ". ".join((*above, _surroundings(passage.text, start, end, passage.table_header)))


class Asked:
    """A question, taken apart once for all candidates.

    Args:
        question: As asked.
    """

    def __init__(self, question: str) -> None:
        self._terms = frozenset(_ANALYSER.terms(question)) - _QUESTION_WORDS
        self._wants_steps = question_type(question) is QuestionType.HOW_TO
        self._wants_number = _ASKS_NUMBER.search(question) is not None

    def evidence(self, candidate: Candidate) -> dict[str, float]:
        """Return `echo`, `steps` and `number`, each 0 to 1.

        `echo` is the share of the question's words that stand in the candidate's sentence,
        or in the title and headings above it.
        """
        passage = candidate.passage
        start, end = candidate.start - passage.start, candidate.end - passage.start
        text = passage.text
        line_start = text.rfind("\n", 0, start) + 1
        echo = 0.0
        if self._terms:
            around = _terms(_surroundings(text, start, end, passage.table_header))
            above = _terms(" ".join((passage.title, *passage.headings)))
            echo = len(self._terms & (around | above)) / len(self._terms)
        is_step = _STEP.match(text, line_start, end) is not None
        return {
            "echo": echo,
            "steps": float(self._wants_steps and is_step),
            "number": float(
                self._wants_number and _HAS_NUMBER.search(text, start, end) is not None
            ),
        }

    def most_evidence(self, passage: Passage) -> dict[str, float]:
        """Return the most that `evidence` can be for any candidate of a passage."""
        echo = 0.0
        if self._terms:
            above = _terms(" ".join((passage.title, *passage.headings)))
            inside = _terms(f"{passage.table_header} {passage.text}")
            echo = len(self._terms & (inside | above)) / len(self._terms)
        return {
            "echo": echo,
            "steps": float(self._wants_steps and _ANY_STEP.search(passage.text) is not None),
            "number": float(self._wants_number and _HAS_NUMBER.search(passage.text) is not None),
        }


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
