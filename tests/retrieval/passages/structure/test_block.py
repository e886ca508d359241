"""Which block holds an offset."""

from __future__ import annotations

from retrieval.passages.structure import block_at, blocks


def test_block_at_finds_the_block_or_none() -> None:
    found = blocks("ab\n\ncd")
    assert [block_at(found, i) for i in range(6)] == [0, 0, None, None, 1, 1]
    assert block_at([], 0) is None
