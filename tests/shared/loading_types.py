"""What the fixtures of the loaders' tests hand out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from retrieval.articles import Loaded
from retrieval.articles.loader import LoaderOutput

Write = Callable[..., Path]
LoadText = Callable[..., Loaded]
LoadHere = Callable[[str, bytes], list[LoaderOutput]]
