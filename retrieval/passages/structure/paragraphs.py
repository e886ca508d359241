"""Where a break between two lines parts paragraphs, and where it is a mere wrap.

Text files come hard-wrapped or with one paragraph a line:

1. A line whose last word begins beyond column 120 was not wrapped by any program, so nothing
   around it is: the break after it parts paragraphs. (So does one after a line that long that
   ends a sentence, for scripts that write no spaces.)
2. In a body that never parts its paragraphs by blank lines, a break after the end of a sentence
   parts paragraphs if the next word would still have fitted on the line: the author broke there.
3. "Q:" and "A:" begin a paragraph. Every other break is a wrap.
"""

from __future__ import annotations

import re

from retrieval.passages.sentences import ends_sentence
from retrieval.passages.structure.lines import Lines
from retrieval.passages.structure.openings import Openings

__all__ = ["WRAP_COLUMNS", "interrupts", "parted_by_blanks", "split_paragraphs"]

WRAP_COLUMNS = 120
"""No program hard-wraps text wider than this (mail 72-78, code 79-100, wide editors 120)."""

_QUESTION_OR_ANSWER = re.compile(r"(?:Q|A|Question|Answer)[ \t]?[0-9]{0,3}[.:)][ \t]")


def parted_by_blanks(lines: Lines) -> bool:
    """Tell whether blank lines part a body's paragraphs: prose, a blank line, prose."""
    plain_before = False
    for i in range(len(lines)):
        ch = lines.body[lines.first[i]]
        plain = ch not in "#|`~" and lines.last[i] - lines.first[i] > 40
        if plain and plain_before and lines.blank_before[i] and lines.marker(i) is None:
            return True
        # A paragraph's last line may be short: any line of the run will do.
        plain_before = plain or (plain_before and not lines.blank_before[i])
    return False


def interrupts(openings: Openings, i: int) -> bool:
    """Tell whether another block begins on line `i`, right under a line of a paragraph."""
    if openings.other(i):
        return True
    marker = openings.lines.marker(i)
    if marker is None:
        return False
    # A wrapped sentence may well go on with "42. " or "b) "; with "1. " it hardly does.
    return marker.family in ("bullet", "step") or marker.number <= 1


def split_paragraphs(
    lines: Lines, start: int, end: int, *, by_blanks: bool
) -> list[tuple[int, int]]:
    """Split a run of plain lines where its breaks aren't mere wraps.

    Args:
        lines: Of the body.
        start: First line of the run.
        end: One past its last.
        by_blanks: Whether blank lines part the body's paragraphs.

    Returns:
        First line and one past the last of each paragraph.
    """
    widest = 0
    if not by_blanks:
        widest = max(lines.last[j] - lines.begin[j] for j in range(start, end))
    found: list[tuple[int, int]] = []
    begin = start
    for j in range(start + 1, end + 1):
        if j == end or _parts(lines, j - 1, widest, by_blanks):
            found.append((begin, j))
            begin = j
    return found


def _parts(lines: Lines, i: int, widest: int, by_blanks: bool) -> bool:
    """Tell whether the break after line `i` parts paragraphs (see the rules on top)."""
    if lines.match(_QUESTION_OR_ANSWER, i + 1):
        return True
    length = lines.last[i] - lines.begin[i]
    if length > WRAP_COLUMNS:
        last_space = lines.body.rfind(" ", lines.first[i], lines.last[i])
        if last_space - lines.begin[i] > WRAP_COLUMNS:
            return True
    if length <= WRAP_COLUMNS and by_blanks:
        return False
    if not ends_sentence(
        lines.text(i) if length < 200 else lines.body[lines.last[i] - 64 : lines.last[i]]
    ):
        return False
    if length > WRAP_COLUMNS:
        return True
    next_space = lines.body.find(" ", lines.first[i + 1], lines.last[i + 1])
    next_word = (lines.last[i + 1] if next_space < 0 else next_space) - lines.first[i + 1]
    return length + 1 + next_word <= widest
