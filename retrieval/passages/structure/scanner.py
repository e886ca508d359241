"""One pass over the lines of a body that finds its blocks."""

from __future__ import annotations

import re
from collections.abc import Sequence

from retrieval.passages.structure.block import Block, BlockKind
from retrieval.passages.structure.lines import Lines
from retrieval.passages.structure.lists import read_list
from retrieval.passages.structure.openings import Openings
from retrieval.passages.structure.paragraphs import interrupts, parted_by_blanks, split_paragraphs
from retrieval.passages.structure.tables import has_header, is_row

__all__ = ["blocks"]

_CLOSING_HASHES = re.compile(r"[ \t]+#+\Z")


def blocks(body: str) -> list[Block]:
    r"""Return the blocks of a body: disjoint, ascending, covering all text that isn't white.

    >>> [(b.kind.value, body[b.start:b.end]) for b in blocks(body := "# VPN\n\n1. Open it.")]
    [('heading', '# VPN'), ('list', '1. Open it.')]
    """
    return _Scanner(body).scan()


class _Scanner:
    """`at` is the line to read next; each method takes what begins there, if it is of its kind."""

    def __init__(self, body: str) -> None:
        self.body = body
        self.lines = Lines(body)
        self.openings = Openings(self.lines)
        self.by_blanks = parted_by_blanks(self.lines)
        self.at = 0
        self.path: list[tuple[int, str]] = []
        self.found: list[Block] = []

    def scan(self) -> list[Block]:
        while self.at < len(self.lines):
            if not (
                self._heading() or self._code() or self._rule() or self._table() or self._list()
            ):
                self._paragraphs()
        return self.found

    def _heading(self) -> bool:
        lines, i = self.lines, self.at
        start, end = lines.first[i], lines.last[i]
        opening = self.openings.atx(i)
        if opening is not None:
            text_start = min(opening.end(), end)
            closing = _CLOSING_HASHES.search(self.body[max(text_start, end - 200) : end])
            text_end = end - (len(closing.group()) if closing else 0)
            self._add_heading(start, end, len(opening.group(1)), (text_start, text_end))
            self.at += 1
            return True
        if self.openings.is_setext(i) and not self._under_text(i):
            level = 1 if self.body[lines.first[i + 1]] == "=" else 2
            self._add_heading(start, lines.last[i + 1], level, (start, end))
            self.at += 2
            return True
        return False

    def _under_text(self, i: int) -> bool:
        """Tell whether line `i` stands right under a paragraph or list: no title of its own."""
        if i == 0 or self.lines.blank_before[i]:
            return False
        return self.found[-1].kind in (BlockKind.PARAGRAPH, BlockKind.LIST)

    def _code(self) -> bool:
        closing = self.openings.fence_end(self.at)
        if closing is None:
            return False
        self._add(BlockKind.CODE, self.lines.first[self.at], self.lines.last[closing])
        self.at = closing + 1
        return True

    def _rule(self) -> bool:
        if not self.openings.is_rule(self.at):
            return False
        self._add(BlockKind.RULE, self.lines.first[self.at], self.lines.last[self.at])
        self.at += 1
        return True

    def _table(self) -> bool:
        lines, openings, i = self.lines, self.openings, self.at
        begins = openings.table(i)
        if begins is None:
            return False
        row = begins.first_row
        items: list[tuple[int, int]] = []
        while row < len(lines) and (row == i or not lines.blank_before[row]):
            if not is_row(lines, row, begins):
                break
            if openings.atx(row) is not None or openings.fence_end(row) is not None:
                break
            items.append((lines.first[row], lines.last[row]))
            row += 1
        header: tuple[int, int] | None = (lines.first[i], lines.last[i])
        if begins.parted_by:
            header = items.pop(0) if has_header(self.body, items) else None
        self._add(BlockKind.TABLE, lines.first[i], lines.last[row - 1], items=items, header=header)
        self.at = row
        return True

    def _list(self) -> bool:
        found = read_list(self.openings, self.at)
        if found is None:
            return False
        items = found.items
        self._add(BlockKind.LIST, items[0][0], items[-1][1], ordered=found.ordered, items=items)
        self.at = found.next_line
        return True

    def _paragraphs(self) -> None:
        """Take a run of plain lines, parted where its breaks aren't mere wraps."""
        lines, start = self.lines, self.at
        end = start + 1
        while (
            end < len(lines) and not lines.blank_before[end] and not interrupts(self.openings, end)
        ):
            end += 1
        self.at = end
        for first, after in split_paragraphs(lines, start, end, by_blanks=self.by_blanks):
            self._add(BlockKind.PARAGRAPH, lines.first[first], lines.last[after - 1])

    def _add_heading(self, start: int, end: int, level: int, text: tuple[int, int]) -> None:
        while self.path and self.path[-1][0] >= level:
            self.path.pop()
        self._add(BlockKind.HEADING, start, end, level=level, text=text)
        words = self.body[text[0] : text[1]]
        if words:
            self.path.append((level, words))

    def _add(
        self,
        kind: BlockKind,
        start: int,
        end: int,
        *,
        level: int = 0,
        ordered: bool = False,
        items: Sequence[tuple[int, int]] = (),
        header: tuple[int, int] | None = None,
        text: tuple[int, int] | None = None,
    ) -> None:
        text_start, text_end = text or (start, end)
        path = tuple(heading for _, heading in self.path)
        self.found.append(
            Block(
                kind, start, end, level, ordered, tuple(items), path, header, text_start, text_end
            )
        )
