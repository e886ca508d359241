"""How idle threads wait."""

from __future__ import annotations

import os

import pytest

from retrieval.system.threads import wait_asleep


def test_wait_asleep_sets_the_policy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    monkeypatch.delenv("GOMP_SPINCOUNT", raising=False)
    wait_asleep()
    assert os.environ["OMP_WAIT_POLICY"] == "PASSIVE"


@pytest.mark.parametrize("name", ["OMP_WAIT_POLICY", "GOMP_SPINCOUNT"])
def test_wait_asleep_leaves_what_was_chosen(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    monkeypatch.delenv("GOMP_SPINCOUNT", raising=False)
    monkeypatch.setenv(name, "7")
    wait_asleep()
    assert os.environ.get("OMP_WAIT_POLICY") == ("7" if name == "OMP_WAIT_POLICY" else None)
