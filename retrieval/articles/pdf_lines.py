"""From the characters that a page draws to lines of cells.

PDFium gives every character with its box, in the order in which the page draws them. A line
is what stands on one baseline and goes on to the right; a gap wider than a word's space
begins a new cell in it. Raised and lowered characters stay in their line.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

__all__ = ["Cell", "Character", "Line", "lines_of"]

_EDGE = 0.12
"""Headers and footers lie within this part of a page's height from its edges."""

_GAP = 0.85
"""A gap between two cells, in sizes of the type; where a drawn space lies in it, see below."""

_GAP_WITH_SPACE = 1.6
_WORD_GAP = 0.22
"""A gap between two words where no space is drawn."""

_LIGATURES = str.maketrans(
    {
        "\ufb00": "ff",
        "\ufb01": "fi",
        "\ufb02": "fl",
        "\ufb03": "ffi",
        "\ufb04": "ffl",
        "\u00a0": " ",
        "\x02": "-",  # PDFium's mark for a hyphen that breaks a word
        "\ufffe": "-",
    }
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


class Character(NamedTuple):
    """One drawn character; points, y upwards, on the baseline."""

    text: str
    x0: float
    x1: float
    y: float
    size: float
    bold: bool


class Cell(NamedTuple):
    """A part of a line that stands by itself."""

    x0: float
    x1: float
    text: str


@dataclass
class Line:
    """One line of a page.

    Attributes:
        cells: From left to right.
        y: Height of its baseline on the page, in points from the bottom.
        size: Size of most of its text.
        bold: Whether all of it is bold.
        edge: Where it lies: "top", "bottom" or "".
        page: Counted from 1.
    """

    cells: list[Cell]
    y: float
    size: float
    bold: bool
    edge: str = ""
    page: int = 1

    @property
    def text(self) -> str:
        """The whole line."""
        return " ".join(" ".join(cell.text for cell in self.cells).split())

    @property
    def x(self) -> float:
        """Its left end."""
        return self.cells[0].x0


@dataclass
class _Open:
    """A line while characters are added to it."""

    y: float
    size: float
    bold: bool = True
    cells: list[Cell] = field(default_factory=list)
    sizes: Counter[float] = field(default_factory=Counter)
    start: float = 0.0
    end: float | None = None
    text: str = ""
    raised: str = ""
    spaces: int = 0

    def takes(self, character: Character) -> bool:
        """Tell whether a character goes on with this line."""
        if self.end is None:
            return True
        size = max(self.size, character.size)
        rise = abs(character.y - self.y)
        # The characters of a ligature share one box.
        right = character.x0 >= self.end - 0.6 * size or abs(character.x1 - self.end) < 0.5
        leftwards = unicodedata.bidirectional(character.text[:1]) in ("R", "AL")
        if rise <= 0.3 * size and abs(self.size - character.size) <= 0.5 * size:
            return right or leftwards
        beside = right and character.x0 - self.end <= 0.6 * size
        return beside and rise <= 0.75 * size and self._other_height(character)

    def _other_height(self, character: Character) -> bool:
        """Tell a raised or lowered character, or the first one after such."""
        smaller, larger = sorted((self.size, character.size))
        return smaller <= 0.85 * larger

    def add(self, character: Character) -> None:
        if character.size > 1.15 * self.size and character.text.strip() and self.end is not None:
            # The line began with a raised mark; it is the mark of a note.
            self.text = f"[{self.text.strip()}] " if self.text.strip().isdigit() else self.text
            self.raised = ""
            self.y, self.size = character.y, character.size
        if not character.text.strip():
            self.spaces += 1
            return
        gap = 0.0 if self.end is None else character.x0 - self.end
        limit = _GAP if not self.spaces else _GAP_WITH_SPACE if self.spaces == 1 else 1.1
        high = character.y - self.y > 0.15 * self.size and character.size <= 0.85 * self.size
        if self.raised and not high:
            self._end_raised()
        if self.end is not None and gap > limit * self.size:
            self._end_cell()
        elif self.text and not self.raised and (self.spaces or gap > _WORD_GAP * self.size):
            self.text += " "
        if not self.text:
            self.start = character.x0
        if high and self.text:
            self.raised += character.text
        else:
            self.text += character.text
        self.end = (
            max(character.x1, character.x0)
            if self.end is None or gap >= 0
            else max(self.end, character.x1)
        )
        self.spaces = 0
        self.bold = self.bold and character.bold
        self.sizes[character.size] += 1
        if self.sizes[character.size] >= self.sizes[self.size]:
            self.size = character.size

    def _end_raised(self) -> None:
        """Write 10 and a raised 6 as 10^6, and a note's mark in brackets."""
        raised, self.raised = self.raised, ""
        before = self.text[-1:]
        if not raised.isdigit():
            self.text += raised
        elif before.isdigit():
            self.text += "^" + raised
        else:
            word = re.search(r"[^\W\d_]+$", self.text)
            unit = word is not None and len(word[0]) <= 3
            self.text += raised if unit else f"[{raised}]"

    def _end_cell(self) -> None:
        self._end_raised()
        text = " ".join(self.text.split())
        if text:
            self.cells.append(Cell(self.start, self.end or self.start, text))
        self.text = ""

    def done(self, page: int, bottom: float, height: float) -> Line | None:
        self._end_cell()
        if not self.cells:
            return None
        above = (self.y - bottom) / height if height > 0 else 0.5
        edge = "top" if above > 1 - _EDGE else "bottom" if above < _EDGE else ""
        return Line(self.cells, self.y, self.size, self.bold, edge, page)


def lines_of(
    characters: Iterable[Character], bottom: float, height: float, page: int = 1
) -> list[Line]:
    """Return a page's lines in the order in which it draws them.

    Args:
        characters: As the page draws them.
        bottom: Lower edge of the page, in points.
        height: Its height.
        page: Its number.
    """
    lines: list[Line] = []
    line: _Open | None = None
    for character in characters:
        text = _CONTROL.sub("", character.text.translate(_LIGATURES))
        if not text:
            continue
        character = character._replace(text=text)
        if line is None or not line.takes(character):
            if not text.strip():
                continue
            if line is not None and (done := line.done(page, bottom, height)) is not None:
                lines.append(done)
            line = _Open(character.y, character.size)
        line.add(character)
    if line is not None and (done := line.done(page, bottom, height)) is not None:
        lines.append(done)
    return lines
