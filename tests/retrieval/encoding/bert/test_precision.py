"""When bfloat16 is fast here."""

from __future__ import annotations

import pytest
import torch

from retrieval.encoding.bert import has_fast_bfloat16


@pytest.mark.parametrize(
    ("found", "isa", "capability", "expected"),
    [
        ({"avx512_bf16": True}, None, "AVX512", True),
        ({"amx_bf16": True}, "ALL", "AVX512", True),
        ({"avx512_bf16": True}, "AVX512_CORE_BF16", "AVX512", True),
        ({"avx512_bf16": True}, "avx2", "AVX512", False),
        ({"avx512_bf16": True}, "AVX512_CORE_VNNI", "AVX512", False),
        ({"avx512_bf16": True}, None, "AVX2", False),
        ({"avx512_vnni": True}, None, "AVX512", False),
    ],
)
def test_auto_precision_asks_processor_and_environment(
    monkeypatch: pytest.MonkeyPatch,
    found: dict[str, bool],
    isa: str | None,
    capability: str,
    expected: bool,
) -> None:
    monkeypatch.delenv("DNNL_MAX_CPU_ISA", raising=False)
    if isa is None:
        monkeypatch.delenv("ONEDNN_MAX_CPU_ISA", raising=False)
    else:
        monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", isa)
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: found)
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: capability)
    assert has_fast_bfloat16() is expected
