"""Layer norm (Ba, Kiros and Hinton 2016) without the bookkeeping of a `torch.nn` module."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["Norm"]


class Norm:
    """Layer norm over the last dimension."""

    def __init__(
        self, weight: Tensor, bias: Tensor, epsilon: float, dtype: torch.dtype = torch.float32
    ) -> None:
        self._weight = weight.to(dtype).contiguous()
        self._bias = bias.to(dtype).contiguous()
        self._shape = [weight.numel()]
        self._epsilon = epsilon

    def __call__(self, x: Tensor) -> Tensor:
        """Map (tokens, hidden) to the same, each row of mean 0 and variance 1, then scaled."""
        return torch.layer_norm(x, self._shape, self._weight, self._bias, self._epsilon)
