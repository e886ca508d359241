"""Blocks as tests compare them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from retrieval.passages.structure import blocks


@pytest.fixture(scope="session")
def shown() -> Callable[[str], list[tuple[str, str]]]:
    """Return the kind and text of each block of a body."""
    return lambda body: [(b.kind.value, body[b.start : b.end]) for b in blocks(body)]
