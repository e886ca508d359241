"""Ways to hand text and files to the loaders."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from retrieval.articles import Loaded, load_articles
from retrieval.articles.loader import LoaderOutput, SourceFile
from retrieval.articles.registry import loader_of

TODAY = date(2026, 3, 1)

Write = Callable[..., Path]
LoadText = Callable[..., Loaded]


@pytest.fixture
def samples() -> Path:
    """The folder of sample files, one below it per format."""
    return Path(__file__).parents[1] / "fixtures"


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a file below a fresh folder `kb` and return its path."""

    def write(name: str, content: str | bytes = "Some text.") -> Path:
        path = tmp_path / "kb" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        return path

    return write


@pytest.fixture
def load_here(write: Write) -> Callable[[str, bytes], list[LoaderOutput]]:
    """Read one file with its loader in this process, where a test may patch what it uses."""

    def load(name: str, content: bytes) -> list[LoaderOutput]:
        found = loader_of(name)
        assert found is not None
        return list(found(SourceFile(write(name, content), name, TODAY)))

    return load


@pytest.fixture
def load_text(write: Write) -> LoadText:
    """Load one file with the given name and content."""

    def load(name: str, content: str | bytes, **options: object) -> Loaded:
        return load_articles([write(name, content)], today=TODAY, **options)  # type: ignore[arg-type]

    return load
