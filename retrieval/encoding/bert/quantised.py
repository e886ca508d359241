"""Matrices in a quarter of their size: whole numbers of eight bits, and a scale for every few.

For shipping, not for computing: the numbers are put back when they are loaded. A row is cut
into blocks of 64 weights; a block's scale is its largest weight over 127, in half precision.
What is put back lies within a 254th of its block's largest weight.

Source: the absolute-maximum form of block-wise quantisation (Dettmers et al. 2022, section 2).
"""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["BLOCK", "NUMBERS", "SCALES", "quantise", "restore"]

BLOCK = 64
"""Weights of a row that share a scale."""

NUMBERS, SCALES = ".int8", ".scale"
"""What is added to a matrix's name in the file for its two parts."""

_LARGEST = 127


def quantise(matrix: Tensor) -> tuple[Tensor, Tensor]:
    """Return a matrix as small whole numbers and their scales.

    Args:
        matrix: (rows, columns), columns a multiple of `BLOCK`; finite.

    Returns:
        (rows, columns) int8, and (rows, columns / BLOCK) float16.
    """
    blocks = matrix.float().reshape(len(matrix), -1, BLOCK)
    scales = (blocks.abs().amax(-1) / _LARGEST).half()
    # Divided by the scale as it is stored, which is 0 for a block of zeros.
    steps = blocks / scales.float().masked_fill(scales == 0, 1).unsqueeze(-1)
    numbers = steps.round().clamp(-_LARGEST, _LARGEST).to(torch.int8)
    return numbers.reshape(matrix.shape), scales


def restore(numbers: Tensor, scales: Tensor) -> Tensor:
    """Return the (rows, columns) float32 that `quantise` was given, nearly."""
    blocks = numbers.reshape(*scales.shape, BLOCK).float()
    return blocks.mul_(scales.float().unsqueeze(-1)).reshape(numbers.shape)
