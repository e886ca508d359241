"""How far a list reaches: its items, and what authors put between two steps."""

from __future__ import annotations

from dataclasses import dataclass

from retrieval.passages.sentences import ends_sentence
from retrieval.passages.structure.markers import Marker
from retrieval.passages.structure.openings import Openings

__all__ = ["FoundList", "read_list"]

_RESUME_LINES = 12
_RESUME_CHARS = 600
"""How much prose that isn't indented may stand between two numbered steps."""


@dataclass(frozen=True)
class FoundList:
    """A list: spans of its items, whether they are numbered, and the line after the last."""

    items: list[tuple[int, int]]
    ordered: bool
    next_line: int


def read_list(openings: Openings, first_line: int) -> FoundList | None:
    """Return the list that begins on a line, if one does."""
    lines = openings.lines
    opening = lines.marker(first_line)
    if opening is None:
        return None
    items: list[tuple[int, int]] = []
    number = opening.number
    indent = lines.indent(first_line)
    text_column = indent + opening.width
    item_start = lines.first[first_line]
    i = first_line + 1
    while i < len(lines):
        column = lines.indent(i)
        marker = lines.marker(i) if column < text_column else None
        if marker is not None and marker.family == opening.family:
            if marker.ordered and marker.number <= 1 < number:
                break  # the count starts again: another procedure
            items.append((item_start, lines.last[i - 1]))
            item_start, number = lines.first[i], marker.number
            indent, text_column = column, column + marker.width
            i += 1
            continue
        if column > indent:
            # Below the item's text, whatever it is: a nested list, a paragraph, code.
            fence_end = openings.fence_end(i)
            i = i + 1 if fence_end is None else fence_end + 1
            continue
        if _continues(openings, i, marker):
            i += 1
            continue
        resumed = _resumes(openings, i, opening, number, text_column)
        if resumed is None:
            break
        i = resumed
    items.append((item_start, lines.last[i - 1]))
    return FoundList(items, opening.ordered, i)


def _continues(openings: Openings, i: int, marker: Marker | None) -> bool:
    """Tell whether a line that isn't indented goes on with the sentence of the item above."""
    if marker is not None or openings.lines.blank_before[i] or openings.other(i):
        return False
    above = openings.lines.text(i - 1)
    return not ends_sentence(above) and above[-1] not in ":;"


def _resumes(
    openings: Openings, i: int, opening: Marker, number: int, text_column: int
) -> int | None:
    """Return the line of the next step, if only something small stands before it.

    Authors put a screenshot, a note, a command or bullets between two steps without
    indenting them: step 3 after step 2 shows that the procedure goes on.
    """
    if not opening.ordered:
        return None
    lines = openings.lines
    j, prose_lines, prose_chars = i, 0, 0
    while j < len(lines) and prose_lines <= _RESUME_LINES and prose_chars <= _RESUME_CHARS:
        if openings.atx(j) is not None or openings.is_rule(j):
            break
        marker = lines.marker(j)
        if marker is None:
            prose_lines += 1
            prose_chars += lines.last[j] - lines.first[j]
        elif marker.family == opening.family and lines.indent(j) < text_column:
            if marker.number == number + 1:
                return j
            break
        fence_end = openings.fence_end(j)
        j = j + 1 if fence_end is None else fence_end + 1
    return _announced(openings, i)


def _announced(openings: Openings, i: int) -> int | None:
    """Return the line after the bullets or code that a step ending in a colon announces."""
    lines = openings.lines
    if lines.body[lines.last[i - 1] - 1] not in ":：":
        return None
    fence_end = openings.fence_end(i)
    if fence_end is not None:
        return fence_end + 1
    marker = lines.marker(i)
    if marker is None or marker.ordered:
        return None
    j, column = i + 1, lines.indent(i)
    while j < len(lines):
        marker = lines.marker(j)
        bullet = marker is not None and not marker.ordered
        if not bullet and lines.indent(j) <= column:
            break
        j += 1
    return j
