"""The lines of a body that hold text, and where on each its text stands."""

from __future__ import annotations

import re
from array import array

from retrieval.passages.structure.markers import Marker, read_marker

__all__ = ["Lines"]

_LINE = re.compile(r"[^\r\n]+")


class Lines:
    """The lines of a body that hold text, as flat arrays: a body may have millions.

    Attributes:
        body: The text.
        begin: Where each line starts.
        first: Its first character that isn't white space.
        last: One past its last that isn't.
        blank_before: 1 where a blank line stands above, or nothing does.
    """

    def __init__(self, body: str) -> None:
        self.body = body
        self.begin = array("q")
        self.first = array("q")
        self.last = array("q")
        self.blank_before = bytearray()
        after = 0
        for match in _LINE.finditer(body):
            text = match.group()
            stripped = text.lstrip()
            if not stripped:
                continue
            begin = match.start()
            first = begin + len(text) - len(stripped)
            # Line breaks are CR LF, CR or LF: with anything more in between, a line was blank.
            gap = body[after:begin] if begin - after <= 2 else ""
            self.begin.append(begin)
            self.first.append(first)
            self.last.append(first + len(stripped.rstrip()))
            self.blank_before.append(gap not in ("\n", "\r\n", "\r"))
            after = match.end()

    def __len__(self) -> int:
        return len(self.first)

    def text(self, i: int) -> str:
        """Return a line without white space at its ends."""
        return self.body[self.first[i] : self.last[i]]

    def indent(self, i: int) -> int:
        """Return the column of the first character, tabs going to the next multiple of 4."""
        begin, first = self.begin[i], self.first[i]
        if begin == first:
            return 0
        column = 0
        for ch in self.body[begin : min(first, begin + 400)]:
            column += 4 - column % 4 if ch == "\t" else 1
        return column

    def match(self, pattern: re.Pattern[str], i: int) -> re.Match[str] | None:
        r"""Match a pattern from a line's first character on; `\Z` is the line's end."""
        return pattern.match(self.body, self.first[i], self.last[i])

    def marker(self, i: int) -> Marker | None:
        """Return how a list item begins on this line, if one does."""
        return read_marker(self.body, self.first[i], self.last[i])
