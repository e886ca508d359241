"""Engines written against an earlier protocol go on working: what they lack gets its default.

`where` and the lists of articles and passages came later than `retrieve`, `trace` and `article`.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from retrieval.errors import ConditionError
from retrieval.types import PUBLIC, Article, Engine, Hit, Roles, Trace

__all__ = ["adapted"]


def adapted(engine: Any) -> Engine:
    """Return an engine that has all of `types.Engine`: the given one if it does."""
    listed = all(callable(getattr(engine, name, None)) for name in ("articles", "passages"))
    if listed and "where" in inspect.signature(engine.retrieve).parameters:
        return cast("Engine", engine)
    return _Adapted(engine)


class _Adapted(Engine):
    """An earlier engine; lists are empty, and conditions are refused rather than forgotten."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine

    @property
    def generation(self) -> str:
        return str(self._engine.generation)

    @property
    def encoder_id(self) -> str:
        return str(self._engine.encoder_id)

    def article(self, article_id: str, *, roles: Roles = PUBLIC) -> Article | None:
        found: Article | None = self._engine.article(article_id, roles=roles)
        return found

    def retrieve(
        self, query: str, k: int, *, roles: Roles = PUBLIC, where: Sequence[str] = ()
    ) -> list[Hit]:
        self._refuse(where)
        hits: list[Hit] = self._engine.retrieve(query, k, roles=roles)
        return hits

    def trace(
        self, query: str, k: int, *, roles: Roles = PUBLIC, where: Sequence[str] = ()
    ) -> Trace:
        self._refuse(where)
        trace: Trace = self._engine.trace(query, k, roles=roles)
        return trace

    def closeness(self, query: str, texts: Sequence[str]) -> NDArray[np.float32]:
        cosines: NDArray[np.float32] = self._engine.closeness(query, texts)
        return cosines

    def _refuse(self, where: Sequence[str]) -> None:
        if where:
            raise ConditionError(
                f"{type(self._engine).__name__} can't filter by fields (where is {list(where)!r}): "
                "ask without conditions, or give its `retrieve` and `trace` an argument `where`"
            )
