"""Linear layers with their weights laid out for oneDNN, and what it fuses into them."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from retrieval.encoding.bert.packing import CHUNK_TOKENS
from retrieval.encoding.bert.precision import has_onednn

__all__ = ["ACTIVATIONS", "Linear"]

# Activation names of config.json -> name and algorithm of oneDNN's fused post-operation.
ACTIVATIONS: Mapping[str, tuple[str, str]] = {
    "gelu": ("gelu", "none"),
    "gelu_new": ("gelu", "tanh"),
    "gelu_pytorch_tanh": ("gelu", "tanh"),
    "relu": ("relu", ""),
}


class Linear:
    """`x @ weight.T + bias`, optionally with an activation or a residual fused in.

    oneDNN's own layout is used where torch was built with it; otherwise the plain
    operators give the same numbers.
    """

    def __init__(self, weight: Tensor, bias: Tensor, dtype: torch.dtype) -> None:
        weight = weight.to(dtype).contiguous()
        self._bias = bias.to(dtype).contiguous()
        self._packed = has_onednn(dtype)
        if self._packed:
            weight = torch.ops.mkldnn._reorder_linear_weight(weight, CHUNK_TOKENS)
        self._weight = weight

    def __call__(self, x: Tensor) -> Tensor:
        """Map (tokens, columns of the weight) to (tokens, its rows)."""
        if self._packed:
            plain: Tensor = torch.ops.mkldnn._linear_pointwise(
                x, self._weight, self._bias, "none", [], ""
            )
            return plain
        return torch.nn.functional.linear(x, self._weight, self._bias)

    def activated(self, x: Tensor, activation: str) -> Tensor:
        """Apply the layer, then the activation (a key of `ACTIVATIONS`)."""
        name, algorithm = ACTIVATIONS[activation]
        if self._packed:
            fused: Tensor = torch.ops.mkldnn._linear_pointwise(
                x, self._weight, self._bias, name, [], algorithm
            )
            return fused
        y = torch.nn.functional.linear(x, self._weight, self._bias)
        if name == "relu":
            return torch.relu_(y)
        return torch.nn.functional.gelu(y, approximate=algorithm)

    def plus(self, x: Tensor, residual: Tensor) -> Tensor:
        """Apply the layer and add the residual."""
        if self._packed:
            fused: Tensor = torch.ops.mkldnn._linear_pointwise.binary(
                x, residual, self._weight, self._bias, "add"
            )
            return fused
        return torch.nn.functional.linear(x, self._weight, self._bias).add_(residual)
