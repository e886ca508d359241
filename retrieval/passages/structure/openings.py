"""What begins on a line other than a paragraph or list: a heading, code, a rule, a table."""

from __future__ import annotations

import re

from retrieval.passages.sentences import ends_sentence
from retrieval.passages.structure.lines import Lines
from retrieval.passages.structure.markers import RULE
from retrieval.passages.structure.tables import TableStart, table_start

__all__ = ["Openings"]

_HEADING = re.compile(r"(#{1,6})(?:[ \t]+(?=\S)|\Z)")
_UNDERLINE = re.compile(r"={3,}\Z|-{3,}\Z")
_FENCE = re.compile(r"(`{3,}|~{3,})([^\r\n]*)")


class Openings:
    """Tells for any line what begins there, whatever the lines before it are.

    Attributes:
        lines: Of the body.
    """

    def __init__(self, lines: Lines) -> None:
        self.lines = lines
        # Shortest fence of each kind known to have no end: opening scans stay linear.
        self._unclosed = {"`": 1 << 30, "~": 1 << 30}

    def atx(self, i: int) -> re.Match[str] | None:
        """Return the "## " of a heading; its group 1 is the number signs."""
        lines = self.lines
        if lines.body[lines.first[i]] != "#" or lines.indent(i) > 3:
            return None
        return lines.match(_HEADING, i)

    def is_setext(self, i: int) -> bool:
        """Tell whether line `i` is a title that the next line underlines, clearly meant so.

        A short line that doesn't end a sentence, underlined over at least half its length: a
        dashed line under prose is a rule, not a heading.
        """
        lines = self.lines
        if i + 1 >= len(lines):
            return False
        length = lines.last[i] - lines.first[i]
        below = lines.last[i + 1] - lines.first[i + 1]
        if lines.body[lines.first[i + 1]] not in "=-" or lines.blank_before[i + 1]:
            return False
        if length > 120 or below < max(3, length // 2) or not lines.match(_UNDERLINE, i + 1):
            return False
        text = lines.text(i)
        plain = lines.indent(i) <= 3 and lines.marker(i) is None and not self.other(i)
        return plain and "|" not in text and not ends_sentence(text) and text[-1] not in ":;,"

    def fence_end(self, i: int) -> int | None:
        """Return the line that closes the fence opened on line `i`; None where none does."""
        lines = self.lines
        ch = lines.body[lines.first[i]]
        if ch not in "`~":
            return None
        opening = lines.match(_FENCE, i)
        if opening is None or (ch == "`" and "`" in opening.group(2)):
            return None
        length = len(opening.group(1))
        if length >= self._unclosed[ch]:
            return None
        for j in range(i + 1, len(lines)):
            if lines.body[lines.first[j]] != ch:
                continue
            text = lines.text(j)
            if len(text) >= length and text.strip(ch) == "":
                return j
        self._unclosed[ch] = length
        return None

    def is_rule(self, i: int) -> bool:
        """Tell whether the line is one of dashes or the like."""
        lines = self.lines
        return lines.body[lines.first[i]] in "-*_=" and bool(lines.match(RULE, i))

    def table(self, i: int) -> TableStart | None:
        """Return how a table begins whose first row is line `i`, if one does."""
        return table_start(self.lines, i)

    def other(self, i: int) -> bool:
        """Tell whether something other than a paragraph or list begins on this line."""
        return (
            self.atx(i) is not None
            or self.is_rule(i)
            or self.fence_end(i) is not None
            or self.table(i) is not None
        )
