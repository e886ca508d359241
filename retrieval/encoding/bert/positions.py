"""How far apart two tokens stand, as a bias of their attention: what MPNet adds to BERT.

Near distances have a bucket each, far ones share: half of a direction's buckets count one by
one, the others grow by a constant factor up to 128 tokens, beyond which all are alike.

Source: Raffel et al. 2020 (T5), section 2.1, as in MPNet's code (Song et al. 2020); the bias is
shared by all layers, and each head has its own.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

__all__ = ["RelativeBias", "distance_buckets"]

_FARTHEST = 128


class RelativeBias:
    """The bias between any two places, laid out once for the longest sequence."""

    def __init__(self, weight: Tensor, max_length: int, dtype: torch.dtype) -> None:
        """Lay it out.

        Args:
            weight: (buckets, heads) float32.
            max_length: Places of the longest row.
            dtype: To add it in.
        """
        # Bias of each distance, (2 * max_length - 1, heads), from the farthest back to the
        # farthest ahead; then each row of places looks at its own stretch of it.
        far = max_length - 1
        of_distance = weight[distance_buckets(torch.arange(-far, far + 1), len(weight))]
        stretches = of_distance.T.to(dtype).contiguous().unfold(1, max_length, 1)
        # (heads, max_length, max_length)
        self._bias = stretches.flip(1).contiguous()

    def __call__(self, places: int) -> Tensor:
        """Return the (heads, places, places) bias: of a row's place for a column's."""
        return self._bias[:, :places, :places]


def distance_buckets(distances: Tensor, n_buckets: int) -> Tensor:
    """Return the bucket of each distance, attended place minus attending one.

    Args:
        distances: Whole numbers, of any shape.
        n_buckets: In both directions together; those of places ahead come second.
    """
    one_way = n_buckets // 2
    exact = one_way // 2
    far = distances.abs()
    grown = far.float().clamp_min(1).div(exact).log() / math.log(_FARTHEST / exact)
    shared = (exact + (grown * (one_way - exact)).long()).clamp_max(one_way - 1)
    return torch.where(far < exact, far, shared) + (distances > 0) * one_way
