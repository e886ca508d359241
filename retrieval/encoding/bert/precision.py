"""Which precision this processor multiplies in fastest, and whether oneDNN is there for it."""

from __future__ import annotations

import os
from typing import Literal

import torch

__all__ = ["Precision", "has_fast_bfloat16", "has_onednn"]

Precision = Literal["auto", "float32", "bfloat16"]
"""How to multiply; "auto" is bfloat16 where the processor does it natively."""

# Values of ONEDNN_MAX_CPU_ISA that hide native bfloat16 from oneDNN.
_ISA_WITHOUT_BFLOAT16 = frozenset(
    {"SSE41", "AVX", "AVX2", "AVX2_VNNI", "AVX2_VNNI_2", "AVX512_CORE", "AVX512_CORE_VNNI"}
)


def has_onednn(dtype: torch.dtype = torch.float32) -> bool:
    """Tell whether torch has oneDNN (also called MKL-DNN), and it takes this type here."""
    if not torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
        return False
    return dtype is not torch.bfloat16 or bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


def has_fast_bfloat16() -> bool:
    """Tell whether this process multiplies bfloat16 natively.

    Asks the processor, then what the environment leaves of it: `ONEDNN_MAX_CPU_ISA` and
    `ATEN_CPU_CAPABILITY` mask instructions. Without native support oneDNN emulates
    bfloat16 more slowly than float32.
    """
    if not has_onednn():
        return False
    limit = os.environ.get("ONEDNN_MAX_CPU_ISA") or os.environ.get("DNNL_MAX_CPU_ISA") or "ALL"
    if limit.upper() in _ISA_WITHOUT_BFLOAT16:
        return False
    if not torch.backends.cpu.get_cpu_capability().startswith("AVX512"):
        return False
    found = torch.cpu.get_capabilities()
    return bool(found.get("avx512_bf16") or found.get("amx_bf16"))
