"""How sequences are laid out: few shapes, and every token once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.encoding.bert.packing import rounded, split_groups


@pytest.mark.parametrize(
    ("rows", "expected"),
    [(1, 16), (16, 16), (17, 32), (128, 128), (129, 160), (512, 512), (513, 576), (1024, 1024)],
)
def test_rounded_is_the_next_of_a_few_numbers(rows: int, expected: int) -> None:
    assert rounded(rows) == expected


def test_rounded_leaves_few_shapes_and_wastes_little() -> None:
    found = [rounded(rows) for rows in range(1, 1025)]
    assert len(set(found)) == 28
    waste = [most - rows for rows, most in enumerate(found, 1)]
    assert min(waste) == 0
    assert max(waste[:128]) == 15
    assert max(wasted / (rows + 1) for rows, wasted in enumerate(waste) if rows >= 128) < 0.25


@given(
    st.lists(st.integers(1, 300), min_size=1, max_size=12).map(lambda n: sorted(n, reverse=True))
)
def test_groups_hold_every_token_once_and_spare_rows_behind(lengths: list[int]) -> None:
    end, at = 0, 0
    for group in split_groups(lengths):
        assert group.start == end
        assert group.lengths == tuple(lengths[at : at + len(group.lengths)])
        end, at = group.end, at + len(group.lengths)
        tokens = sum(group.lengths)
        if group.padded is None or group.real is None:
            assert len(group.lengths) * group.places == group.end - group.start
            continue
        assert len(group.padded) == len(group.lengths) * group.places
        assert len(group.real) == group.end - group.start
        # What is gathered into the grid and out of it again stands where it stood.
        back = group.padded[group.real][:tokens]
        assert back.tolist() == list(range(group.start, group.start + tokens))
    assert (end, at) == (rounded(sum(lengths)), len(lengths))
