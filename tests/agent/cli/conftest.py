"""What the commands are run over: sources, a place for an index, tiny models."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny_models import save_tiny_bert, save_tiny_bidaf, write_tiny_encoder


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep every test away from the user's cache."""
    monkeypatch.setenv("FRONTDESK_CACHE_DIR", str(tmp_path / "cache"))


@pytest.fixture(scope="session")
def tiny_bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a random BERT reader; not to be changed."""
    return save_tiny_bert(tmp_path_factory.mktemp("tiny") / "bert")


@pytest.fixture(scope="session")
def tiny_bidaf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a random attention-flow reader; not to be changed."""
    return save_tiny_bidaf(tmp_path_factory.mktemp("tiny-flow") / "bidaf")


@pytest.fixture(scope="session")
def tiny_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a random sentence encoder; not to be changed."""
    return write_tiny_encoder(tmp_path_factory.mktemp("encoders") / "tiny", seed=0)
