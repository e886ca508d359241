"""Eight bits and back: how near what is put back lies, whatever the numbers."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st

from retrieval.encoding.bert.quantised import BLOCK, quantise, restore


@given(
    rows=st.integers(1, 5),
    blocks=st.integers(1, 3),
    size=st.floats(1e-4, 1e3),
    seed=st.integers(0, 2**16),
)
def test_restore_returns_nearly_what_was_quantised(
    rows: int, blocks: int, size: float, seed: int
) -> None:
    draw = torch.Generator().manual_seed(seed)
    matrix = size * torch.randn(rows, blocks * BLOCK, generator=draw)
    numbers, scales = quantise(matrix)
    assert numbers.dtype is torch.int8
    assert numbers.shape == matrix.shape
    assert scales.dtype is torch.float16
    assert scales.shape == (rows, blocks)
    largest = matrix.abs().reshape(rows, blocks, BLOCK).amax(-1, keepdim=True)
    off = (restore(numbers, scales) - matrix).abs().reshape(rows, blocks, BLOCK)
    # Half a step, and what rounding the scale to eleven bits adds at the largest number.
    assert bool((off <= largest * (0.5 / 127 + 2**-10) + 1e-7 * 127).all())


def test_restore_keeps_zeros_and_what_is_on_the_grid() -> None:
    grid = torch.arange(-32, 32).float().repeat(2, 1) * 4 / 127
    grid[0, 0], grid[1] = -4.0, 0.0
    numbers, scales = quantise(grid)
    again = restore(numbers, scales)
    assert torch.equal(again[1], grid[1])
    torch.testing.assert_close(again[0, 0], grid[0, 0], atol=4 * 2**-11, rtol=0)
    # What was put back is packed again into the same numbers.
    assert torch.equal(quantise(again)[0], numbers)
