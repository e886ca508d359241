"""Articles in, passages out: loading, indexing and searching a knowledge base.

    from retrieval import open_index
    hits = open_index("kb").retrieve("reset my password", 5, roles=frozenset({"staff"}))

Names are loaded when they are first used, so that importing the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from retrieval.errors import (
    AccessError,
    ArticleError,
    ConditionError,
    ConfirmationNeeded,
    EncoderError,
    EvaluationError,
    IndexingError,
    IndexLocked,
    NewerIndex,
    RetrievalError,
    SourceError,
    StoreError,
)
from retrieval.system.threads import wait_asleep

if TYPE_CHECKING:
    from retrieval.articles import Loaded, Rejected, load_articles
    from retrieval.encoding.encoder import load_encoder
    from retrieval.engines.local import LocalEngine, open_index
    from retrieval.index.indexing import IndexOptions, IndexReport, bring_up_to_date
    from retrieval.types import (
        PUBLIC,
        Article,
        Encoder,
        Engine,
        Hit,
        Page,
        Passage,
        Place,
        Retriever,
        Roles,
        TokenEncoder,
        Trace,
    )

# Before anything here imports torch: it is read only once.
wait_asleep()

__all__ = [
    "PUBLIC",
    "AccessError",
    "Article",
    "ArticleError",
    "ConditionError",
    "ConfirmationNeeded",
    "Encoder",
    "EncoderError",
    "Engine",
    "EvaluationError",
    "Hit",
    "IndexLocked",
    "IndexOptions",
    "IndexReport",
    "IndexingError",
    "Loaded",
    "LocalEngine",
    "NewerIndex",
    "Page",
    "Passage",
    "Place",
    "Rejected",
    "RetrievalError",
    "Retriever",
    "Roles",
    "SourceError",
    "StoreError",
    "TokenEncoder",
    "Trace",
    "bring_up_to_date",
    "load_articles",
    "load_encoder",
    "open_index",
]

_HOMES = {
    "retrieval.articles": ("Loaded", "Rejected", "load_articles"),
    "retrieval.encoding.encoder": ("load_encoder",),
    "retrieval.engines.local": ("LocalEngine", "open_index"),
    "retrieval.index.indexing": ("IndexOptions", "IndexReport", "bring_up_to_date"),
    "retrieval.types": (
        "PUBLIC",
        "Article",
        "Encoder",
        "Engine",
        "Hit",
        "Page",
        "Passage",
        "Place",
        "Retriever",
        "Roles",
        "TokenEncoder",
        "Trace",
    ),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME_OF[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
