"""The names of a table's columns beside its cells, for a reader that sees words in a row.

A cell says "4 kg"; which product's weight that is stands in its column's name, many words before,
and at no fixed distance. So a cell's tokens are led by its column's name, whose own tokens have an
empty place in the text: no answer holds them, and none runs across them.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from itertools import pairwise
from operator import itemgetter

from qa.reading.windows import EncodedText, TextTokenizer, encode_texts

__all__ = ["column_names", "name_cells"]

# Longer names are cut: they stand before every cell.
_MAX_NAME_TOKENS = 12

_ROW = re.compile(r"^[ \t]*\|.*$", re.MULTILINE)
_RULE = re.compile(r"[\s|:-]+")
_CELL = re.compile(r"(?<!\\)\|[ \t]*([^|\n]*?(?:\\\|[^|\n]*?)*)[ \t]*(?=(?<!\\)\|)")


def name_cells(
    tokenizer: TextTokenizer, text: str, encoded: EncodedText, header: str = ""
) -> EncodedText:
    """Return a passage's tokens with its tables' cells led by the names of their columns.

    Args:
        tokenizer: That the tokens come from.
        text: The passage's.
        encoded: Its tokens.
        header: The names' row, if the passage begins inside a table.
    """
    places = column_names(text, header)
    names = list(dict.fromkeys(name for _, name in places))
    ids_of = {
        name: each.ids[:_MAX_NAME_TOKENS]
        for name, each in zip(
            names, encode_texts(tokenizer, [f"{name}:" for name in names]), strict=True
        )
    }
    ids: list[int] = []
    offsets: list[tuple[int, int]] = []
    done = 0
    for start, name in places:
        first = bisect_left(encoded.offsets, start, lo=done, key=itemgetter(0))
        ids += encoded.ids[done:first] + ids_of[name]
        offsets += encoded.offsets[done:first] + [(start, start)] * len(ids_of[name])
        done = first
    return EncodedText(ids + encoded.ids[done:], offsets + encoded.offsets[done:])


def column_names(text: str, header: str = "") -> list[tuple[int, str]]:
    """Return where cells begin, and the name of the column that each stands in.

    The first column names its row: it needs no name of its own. Cells without a word or a name,
    and rows that have more cells than the header, are left as they are.

    Args:
        text: A passage's, which may hold tables in Markdown.
        header: The names' row, if the passage begins inside a table.
    """
    names = _cells(header)
    found: list[tuple[int, str]] = []
    rows = [*_ROW.finditer(text)]
    for row, following in pairwise([*rows, None]):
        if row is None or _RULE.fullmatch(row.group()):
            continue
        cells = _cells(row.group())
        if following is not None and _RULE.fullmatch(following.group()):
            # A new table begins.
            names = cells
            continue
        if len(cells) <= len(names):
            found += [
                (row.start() + start, name)
                for (start, cell), (_, name) in zip(cells[1:], names[1:], strict=False)
                if cell and name
            ]
    return found


def _cells(row: str) -> list[tuple[int, str]]:
    """Return where the cells of a row begin, and what they say."""
    return [(match.start(1), match.group(1)) for match in _CELL.finditer(row)]
