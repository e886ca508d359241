"""What a body consists of: blocks, and which of them holds an offset."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Block", "BlockKind", "block_at"]


class BlockKind(StrEnum):
    """What a block is."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    LIST = "list"
    TABLE = "table"
    CODE = "code"
    RULE = "rule"


@dataclass(frozen=True)
class Block:
    """A block of a body: `body[start:end]` neither starts nor ends in white space.

    Attributes:
        kind: What it is. A RULE is a line of dashes or the like.
        start: First code point in the body.
        end: One past the last.
        level: 1 to 6 for a heading, otherwise 0.
        ordered: Whether a list is numbered.
        items: Spans of a list's items (each with its marker, continuation and nested lists), or
            of a table's rows without header and delimiter row. Empty for other kinds.
        headings: Texts of the headings above, outermost first; a heading doesn't hold itself.
        header: Span of a table's header row, if it has one.
        text_start: For a heading, where its text starts, markup aside; otherwise `start`.
        text_end: For a heading, where its text ends; otherwise `end`.
    """

    kind: BlockKind
    start: int
    end: int
    level: int = 0
    ordered: bool = False
    items: tuple[tuple[int, int], ...] = ()
    headings: tuple[str, ...] = ()
    header: tuple[int, int] | None = None
    text_start: int = 0
    text_end: int = 0


def block_at(parts: Sequence[Block], offset: int) -> int | None:
    """Return the position of the block that holds this offset, or None between blocks."""
    i = bisect_right(parts, offset, key=lambda block: block.start) - 1
    return i if i >= 0 and offset < parts[i].end else None
