"""Keeping freed memory: accepted by glibc, harmless elsewhere."""

from __future__ import annotations

import ctypes
import sys

import pytest

from retrieval.system import allocator


@pytest.fixture(autouse=True)
def forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(allocator, "_state", {})


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc is Linux's")
def test_keep_freed_memory_is_accepted_and_may_be_repeated() -> None:
    has_glibc = hasattr(ctypes.CDLL(None), "gnu_get_libc_version")
    assert allocator.keep_freed_memory() is has_glibc
    assert allocator.keep_freed_memory() is has_glibc


def test_keep_freed_memory_changes_nothing_on_other_systems(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert allocator.keep_freed_memory() is False


def test_keep_freed_memory_changes_nothing_with_another_c_library(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def absent(name: str | None) -> object:
        raise OSError

    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(ctypes, "CDLL", absent)
    assert allocator.keep_freed_memory() is False
