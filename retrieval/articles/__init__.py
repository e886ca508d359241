"""Articles in: one loader per source format behind `load_articles()`.

See `registry.py` for adding a format, and docs/formats.md for what each one keeps. Names are
loaded when they are first used: the process that only reads files needs few of them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from retrieval.articles.gathering import Loaded, Rejected
    from retrieval.articles.loading import load_articles

__all__ = ["Loaded", "Rejected", "load_articles"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("retrieval.articles.loading"), name)
