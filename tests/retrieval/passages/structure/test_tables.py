"""Tables with a delimiter row and without one, and what is none."""

from __future__ import annotations

import pytest

from retrieval.passages.structure import BlockKind, blocks


@pytest.mark.parametrize(
    ("body", "header", "rows"),
    [
        ("a | b\n--|--\n1 | 2", "a | b", ["1 | 2"]),
        ("| a |\n| - |\n| 1 |", "| a |", ["| 1 |"]),
        ("Item | Denver | Cork\nLaptop | 12 | 3", "Item | Denver | Cork", ["Laptop | 12 | 3"]),
        ("Day\tOpens\tCloses\nMon\t9\t5", "Day\tOpens\tCloses", ["Mon\t9\t5"]),
        ("Mon      9-5\nTue      9-5\nWed      9-1", None,
         ["Mon      9-5", "Tue      9-5", "Wed      9-1"]),
        ("| a \\| b | c |\n|---|---|\n| 1 | 2 |", "| a \\| b | c |", ["| 1 | 2 |"]),
    ],
)  # fmt: skip
def test_blocks_finds_tables_of_every_kind(body: str, header: str | None, rows: list[str]) -> None:
    (table,) = blocks(body)
    assert table.kind is BlockKind.TABLE
    assert [body[slice(*item)] for item in table.items] == rows
    assert (None if table.header is None else body[slice(*table.header)]) == header


def test_blocks_prose_with_a_pipe_is_no_table() -> None:
    assert [b.kind for b in blocks("Use a | b to pipe.\nThat is all.")] == [BlockKind.PARAGRAPH]
