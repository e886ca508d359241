"""Engines written against the protocol as it was go on working."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from retrieval.engines.adapting import adapted
from retrieval.errors import ConditionError
from retrieval.types import PUBLIC, Article, Engine, Hit, Page, Passage, Roles, Trace

ARTICLE = Article("vpn", "VPN", "Open the client.")
HIT = Hit(Passage("vpn#0-16", "vpn", 0, 16, ARTICLE.body, "VPN"), 1.0)


class Earlier:
    """As an engine was written before there were lists and conditions."""

    generation = "000007"
    encoder_id = "none@0"
    passages = (HIT.passage,)
    """Not the method of that name."""

    def article(self, article_id: str, *, roles: Roles = PUBLIC) -> Article | None:
        return ARTICLE if article_id == "vpn" else None

    def retrieve(self, query: str, k: int, *, roles: Roles = PUBLIC) -> list[Hit]:
        return [HIT][:k]

    def trace(self, query: str, k: int, *, roles: Roles = PUBLIC) -> Trace:
        return Trace(query, (HIT,)[:k])

    def closeness(self, query: str, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.ones(len(texts), np.float32)


def test_an_earlier_engine_does_what_it_did_and_lists_nothing() -> None:
    engine = adapted(Earlier())
    assert isinstance(engine, Engine)
    assert (engine.generation, engine.encoder_id) == ("000007", "none@0")
    assert engine.article("vpn") == ARTICLE
    assert engine.article("other") is None
    assert engine.retrieve("vpn", 5) == [HIT]
    assert list(engine.trace("vpn", 5).fused) == engine.retrieve("vpn", 5)
    assert engine.closeness("vpn", ["a", "b"]).tolist() == [1, 1]
    assert engine.articles() == engine.passages() == Page((), 0)


@pytest.mark.parametrize("ask", ["retrieve", "trace"])
def test_an_earlier_engine_refuses_conditions_instead_of_forgetting_them(ask: str) -> None:
    with pytest.raises(ConditionError, match=r"Earlier can't filter .*product=aero3"):
        getattr(adapted(Earlier()), ask)("vpn", 5, where=["product=aero3"])


def test_a_complete_engine_is_left_as_it_is() -> None:
    class Complete(Earlier):
        passages: Any = Engine.passages
        articles = Engine.articles

        def retrieve(self, query: str, k: int, **options: Any) -> list[Hit]:
            return []

    class Whole(Complete):
        def retrieve(  # type: ignore[override]
            self, query: str, k: int, *, roles: Roles = PUBLIC, where: Sequence[str] = ()
        ) -> list[Hit]:
            return []

    engine = Whole()
    assert adapted(engine) is engine
    assert adapted(Complete()) is not engine
