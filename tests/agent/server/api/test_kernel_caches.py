"""Bounds on what torch's kernels remember."""

from __future__ import annotations

import os

import pytest

from agent.server.api.kernel_caches import bound_kernel_caches

NAMES = ("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "LRU_CACHE_CAPACITY")


def test_bounds_are_set_unless_the_environment_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAMES[0], "7")
    monkeypatch.setenv(NAMES[1], "")  # so that it is put back afterwards
    monkeypatch.delenv(NAMES[1])
    bound_kernel_caches()
    assert os.environ[NAMES[0]] == "7"
    assert int(os.environ[NAMES[1]]) > 0
