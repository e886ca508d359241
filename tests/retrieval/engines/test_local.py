"""The local engine: the contract, rights, and one encoder for one index."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from retrieval.encoding.encoder import embedding_text
from retrieval.engines.local import RETRIEVERS, LocalEngine, open_index
from retrieval.errors import AccessError, ConditionError, EncoderError, StoreError
from retrieval.index.indexing import IndexOptions, bring_up_to_date
from retrieval.index.store import IndexStore
from retrieval.search.access import Audiences
from retrieval.search.analysis import Analyser
from retrieval.search.article_means import ArticleMeans
from retrieval.search.bm25 import lexical_index, lexical_text
from retrieval.search.dense import DenseIndex
from retrieval.search.hybrid import DenseLeg, HybridRetriever, LexicalLeg
from retrieval.search.term_counts import TermCounts
from retrieval.types import Article, Engine, Page

ASKERS = [frozenset[str](), frozenset({"staff"}), frozenset({"hr"}), frozenset({"hr", "staff"})]
AUDIENCES = {"leave": "staff", "salary": "hr"}


@pytest.fixture
def built(source: Path, kb: Path, fake_encoder: Any) -> Path:
    bring_up_to_date([source], kb, encoder=fake_encoder)
    return kb


@pytest.fixture(params=RETRIEVERS)
def engine(built: Path, fake_encoder: Any, request: pytest.FixtureRequest) -> LocalEngine:
    return open_index(built, encoder=fake_encoder, retriever=request.param)


def test_engine_keeps_to_the_protocol(engine: LocalEngine) -> None:
    assert isinstance(engine, Engine)
    assert engine.generation == "000001"
    assert engine.encoder_id == "fake@000000000000"


@pytest.mark.parametrize("roles", ASKERS, ids=lambda roles: "+".join(sorted(roles)) or "none")
def test_engine_shows_no_one_what_is_not_theirs(engine: LocalEngine, roles: frozenset[str]) -> None:
    hidden = {name for name, role in AUDIENCES.items() if role not in roles}
    for query in ("paid time off", "salary bands May", "vpn soup printers"):
        hits = engine.retrieve(query, 100, roles=roles)
        trace = engine.trace(query, 100, roles=roles)
        assert list(trace.fused) == hits
        seen = {hit.passage.article_id for leg in trace.legs.values() for hit in leg}
        assert not seen & hidden
    for name in ("leave", "salary", "vpn", "absent"):
        found = engine.article(name, roles=roles)
        assert (found is None) == (name in hidden or name == "absent")
        assert found is None or found.id == name


def test_engine_orders_and_limits(engine: LocalEngine) -> None:
    hits = engine.retrieve("open the vpn client", 100)
    assert hits[0].passage.article_id == "vpn"
    keys = [(-hit.score, hit.passage.id) for hit in hits]
    assert keys == sorted(keys)
    assert engine.retrieve("open the vpn client", 2) == hits[:2]
    assert engine.retrieve("open the vpn client", 0) == engine.retrieve("  ", 5) == []
    with pytest.raises(ValueError, match="k is -1"):
        engine.retrieve("vpn", -1)


@pytest.mark.parametrize("roles", ASKERS, ids=lambda roles: "+".join(sorted(roles)) or "none")
def test_engine_finds_what_a_retriever_in_memory_finds(
    built: Path, fake_encoder: Any, roles: frozenset[str]
) -> None:
    on_disk = open_index(built, encoder=fake_encoder)
    passages = on_disk.passages(roles=ASKERS[3], limit=1000).items
    analyser = Analyser()
    counts = TermCounts.from_term_lists(analyser.terms(lexical_text(each)) for each in passages)
    vectors = fake_encoder.encode_passages([embedding_text(each) for each in passages])
    places = {each.article_id: None for each in passages}
    rows = np.array([list(places).index(each.article_id) for each in passages])
    owners = [on_disk.article(passage.article_id, roles=ASKERS[3]) for passage in passages]
    in_memory = HybridRetriever(
        passages=passages,
        audiences=Audiences.of(owner.audience for owner in owners if owner is not None),
        lexical=LexicalLeg(lexical_index(counts), analyser),
        dense=DenseLeg(DenseIndex(vectors), fake_encoder, ArticleMeans(vectors, rows)),
    )
    for query in ("open the vpn client", "soup at noon", "paid time off", "printers 🔑"):
        expected = in_memory.retrieve(query, 9, roles=roles)
        assert on_disk.retrieve(query, 9, roles=roles) == expected != []


@pytest.mark.parametrize("roles", ASKERS, ids=lambda roles: "+".join(sorted(roles)) or "none")
def test_engine_lists_what_one_may_read_page_by_page(
    engine: LocalEngine, roles: frozenset[str]
) -> None:
    hidden = {name for name, role in AUDIENCES.items() if role not in roles}
    whole = engine.articles(roles=roles)
    names = [article.id for article in whole.items]
    assert names == sorted(
        {"leave", "lunch", "salary", "vpn", "it/printers.md", "it/wifi.md"} - hidden
    )
    assert whole.total == len(names)
    paged = [engine.articles(roles=roles, offset=at, limit=2) for at in range(0, len(names), 2)]
    assert [each for page in paged for each in page.items] == list(whole.items)
    assert {page.total for page in paged} == {len(names)}
    assert engine.articles(roles=roles, offset=99).items == ()
    passages = engine.passages(roles=roles, limit=1000)
    assert passages.total == len(passages.items)
    assert {each.article_id for each in passages.items} == set(names)
    for article in whole.items:
        own = engine.passages(article_id=article.id, roles=roles)
        assert own.items == tuple(each for each in passages.items if each.article_id == article.id)
        assert all(each.text == article.body[each.start : each.end] for each in own.items)
    for name in (*hidden, "absent"):
        assert engine.passages(article_id=name, roles=roles) == Page()


@pytest.mark.parametrize("place", [{"offset": -1}, {"limit": -1}])
def test_engine_refuses_a_page_below_zero(engine: LocalEngine, place: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="expected 0 or more"):
        engine.articles(**place)  # type: ignore[arg-type]


def test_engine_filters_by_fields_before_it_scores(kb: Path, fake_encoder: Any) -> None:
    rows = [
        Article(f"aero{number}", "Aero", "Hold the button.", updated=f"202{number}-01-01")
        for number in range(6)
    ]
    kb.mkdir()
    folder = kb / "sources"
    folder.mkdir()
    lines = [{"id": each.id, "body": each.body, "updated": each.updated} for each in rows]
    (folder / "a.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    bring_up_to_date([folder], kb / "kb", encoder=fake_encoder)
    engine = open_index(kb / "kb", encoder=fake_encoder)
    newer = ["updated>=2024-01-01"]
    hits = engine.retrieve("hold the button", 5, where=newer)
    assert [hit.passage.article_id for hit in hits] == ["aero4", "aero5"]
    assert [each.id for each in engine.articles(where=newer).items] == ["aero4", "aero5"]
    assert engine.articles(where=["id=aero2"]).total == 1
    assert engine.retrieve("hold the button", 5, where=["no such field=1"]) == []
    with pytest.raises(ConditionError, match="'updated' can't be read"):
        engine.retrieve("hold", 5, where=["updated"])


def test_engine_is_safe_across_threads(built: Path, fake_encoder: Any) -> None:
    engine = open_index(built, encoder=fake_encoder)
    queries = ["vpn client", "soup", "printers", "wi-fi guest"] * 8
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda query: engine.retrieve(query, 5), queries))
    fresh = open_index(built, encoder=fake_encoder)
    assert found == [fresh.retrieve(query, 5) for query in queries]


def test_engine_keeps_its_generation(built: Path, source: Path, fake_encoder: Any) -> None:
    engine = open_index(built, encoder=fake_encoder)
    (source / "vpn.md").write_text("---\nid: vpn\n---\nCall us.\n", "utf-8")
    bring_up_to_date([source], built, encoder=fake_encoder)
    found = engine.article("vpn")
    assert found is not None
    assert "Launchpad" in found.body
    assert engine.retrieve("launchpad", 1)
    assert open_index(built, encoder=fake_encoder).generation == "000002"


def test_engine_says_how_near_texts_are(engine: LocalEngine, fake_encoder: Any) -> None:
    texts = ["Opening hours", "The VPN", "Opening hours"]
    near = engine.closeness("opening hours", texts)
    vectors = fake_encoder.encode_passages(texts)
    expected = vectors @ fake_encoder.encode_queries(["opening hours"])[0]
    assert near == pytest.approx(expected)
    assert near[0] == near[2]
    assert engine.closeness("opening hours", []).shape == (0,)


def test_engine_refuses_another_encoder(built: Path, fake_encoder: Any) -> None:
    class Other:
        id = "other@1"
        dim = 16

    with pytest.raises(EncoderError, match=r"'fake@000000000000' \(32 .*'other@1' \(16 "):
        open_index(built, encoder=Other())  # type: ignore[arg-type]


def test_engine_refuses_an_unknown_retriever(built: Path) -> None:
    with pytest.raises(StoreError, match="'splade', expected one of hybrid, bm25, dense"):
        open_index(built, retriever="splade")  # type: ignore[arg-type]


def test_engine_refuses_roles_that_make_no_sense(engine: LocalEngine) -> None:
    with pytest.raises(AccessError, match="roles is 'staff'"):
        engine.article("vpn", roles="staff")  # type: ignore[arg-type]


def test_engine_refuses_an_unknown_fusion(built: Path, fake_encoder: Any) -> None:
    generation = IndexStore(built).open()
    generation.manifest = replace(generation.manifest, fusion={"kind": "magic"})
    with pytest.raises(StoreError, match="a fusion that this Frontdesk doesn't know"):
        LocalEngine(generation, encoder=fake_encoder).retrieve("vpn", 1)


def test_engine_loads_the_encoder_of_its_index(source: Path, kb: Path, tiny_encoder: Path) -> None:
    bring_up_to_date([source], kb, IndexOptions(encoder=str(tiny_encoder)))
    engine = open_index(kb)
    assert engine.encoder_id.startswith("tiny@")
    assert engine.retrieve("vpn client", 3)
    # A second search goes through the encoder that is loaded already.
    assert engine.retrieve("vpn client", 3) == engine.retrieve("vpn client", 3)


def test_engine_of_many_vectors_walks_the_graph(
    source: Path, kb: Path, fake_encoder: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("retrieval.index.building.GRAPH_LIMIT", 3)
    bring_up_to_date([source], kb, encoder=fake_encoder)
    engine = open_index(kb, encoder=fake_encoder)
    assert "vectors.hnsw" in engine.manifest.parts
    assert engine.retrieve("open the vpn client", 3)[0].passage.article_id == "vpn"
