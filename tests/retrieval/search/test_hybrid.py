"""The contract of every local retriever, then what is the hybrid's own."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.errors import AccessError
from retrieval.search.access import Audiences, visible
from retrieval.search.dense import DenseIndex
from retrieval.search.fusion import Fusion
from retrieval.search.hybrid import MAX_QUERY_TERMS
from retrieval.search.synonyms import Synonyms
from retrieval.types import Article, Hit, Passage, Retriever

Make = Callable[..., Any]
RETRIEVERS = pytest.mark.parametrize("kind", ["bm25", "dense", "hybrid"])
ALL_ROLES = frozenset({"staff", "hr", "board"})
EVERY_WORD = "vpn wi-fi paid time off salary bands merger manager password client may the is"


def ids(hits: list[Hit]) -> list[str]:
    return [hit.passage.article_id for hit in hits]


@RETRIEVERS
def test_retrieve_obeys_the_protocol(kind: str, retriever_for: Make) -> None:
    assert isinstance(retriever_for(kind), Retriever)


@RETRIEVERS
def test_retrieve_finds_the_article(kind: str, retriever_for: Make) -> None:
    assert ids(retriever_for(kind).retrieve("vpn client token", 1)) == ["vpn"]


@RETRIEVERS
def test_retrieve_gives_at_most_k_by_descending_score(kind: str, retriever_for: Make) -> None:
    retriever = retriever_for(kind)
    every = retriever.retrieve(EVERY_WORD, 100, roles=ALL_ROLES)
    assert len(every) == 4  # all but the article for nobody
    scores = [hit.score for hit in every]
    assert scores == sorted(scores, reverse=True)
    for k in range(len(every) + 1):
        assert retriever.retrieve(EVERY_WORD, k, roles=ALL_ROLES) == every[:k]


@RETRIEVERS
@pytest.mark.parametrize("query", ["", "   \n\t", "\u3000"])
def test_retrieve_finds_nothing_for_an_empty_query(
    kind: str, query: str, retriever_for: Make
) -> None:
    assert retriever_for(kind).retrieve(query, 5) == []
    assert retriever_for(kind).trace(query, 5).fused == ()


@RETRIEVERS
def test_retrieve_refuses_a_negative_k(kind: str, retriever_for: Make) -> None:
    with pytest.raises(ValueError, match="k is -1, expected 0 or more"):
        retriever_for(kind).retrieve("vpn", -1)


@RETRIEVERS
def test_retrieve_refuses_a_string_for_roles(kind: str, retriever_for: Make) -> None:
    with pytest.raises(AccessError, match="expected a set of names"):
        retriever_for(kind).retrieve("vpn", 5, roles="staff")


@RETRIEVERS
@pytest.mark.parametrize("query", ["…", "👍🏽", "नमस्ते 你好", "\u202eVPN\u202c", "a\u0301", "\x00"])
def test_retrieve_takes_any_unicode(kind: str, query: str, retriever_for: Make) -> None:
    hits = retriever_for(kind).retrieve(query, 5)
    assert set(ids(hits)) <= {"vpn", "wifi"}


@RETRIEVERS
def test_retrieve_takes_ten_thousand_words(kind: str, retriever_for: Make) -> None:
    query = "vpn " + " ".join(f"word{number}" for number in range(10_000))
    assert "vpn" in ids(retriever_for(kind).retrieve(query, 5))


@RETRIEVERS
def test_retrieve_breaks_ties_by_passage_id_whatever_the_order_of_rows(
    kind: str, retriever_for: Make
) -> None:
    names = ["m", "c", "z", "a", "k", "b", "y", "d"]
    same = [Article(name, "", "open the vpn client") for name in names]
    other = [Article(f"x{number}", "", "printer on the floor") for number in range(4)]
    retriever = retriever_for(kind, [*other[:2], *same, *other[2:]])
    for k in range(1, len(names) + 1):
        assert ids(retriever.retrieve("vpn", k)) == sorted(names)[:k]


@RETRIEVERS
def test_retrieve_takes_the_order_of_ids_that_it_is_given(kind: str, retriever_for: Make) -> None:
    same = [Article(name, "", "open the vpn client") for name in "bac"]
    retriever = retriever_for(kind, same, id_rank=np.array([1, 0, 2]))
    assert ids(retriever.retrieve("vpn", 3)) == ["a", "b", "c"]


@RETRIEVERS
def test_retrieve_is_the_same_each_time(kind: str, retriever_for: Make) -> None:
    retriever = retriever_for(kind)
    first = [retriever.retrieve(query, 5) for query in ("vpn", EVERY_WORD)]
    assert first == [retriever_for(kind).retrieve(query, 5) for query in ("vpn", EVERY_WORD)]
    assert first == [retriever.retrieve(query, 5) for query in ("vpn", EVERY_WORD)]


@RETRIEVERS
def test_retrieve_from_an_empty_index(kind: str, retriever_for: Make) -> None:
    class NoDense:
        def search(self, *_: object) -> object:
            raise ValueError("there is nothing to search")

    class NoRows:
        def __len__(self) -> int:
            return 0

    retriever = retriever_for(
        kind, [Article("a", "", "x")], passages=[], audiences=Audiences.of([]),
        lexical=NoRows(), dense=NoDense(),
    )  # fmt: skip
    assert retriever.retrieve("vpn", 5) == []


@RETRIEVERS
def test_trace_tells_what_retrieve_did(kind: str, retriever_for: Make) -> None:
    retriever = retriever_for(kind)
    trace = retriever.trace("VPN client", 3)
    assert list(trace.fused) == retriever.retrieve("VPN client", 3)
    assert trace.query == "VPN client"
    assert trace.fusion
    assert set(trace.legs) == ({"bm25", "dense"} if kind == "hybrid" else {kind})
    assert trace.terms == (() if kind == "dense" else ("vpn", "client"))


ROLES = st.sampled_from(["staff", "hr", "board", "it"])


@RETRIEVERS
@settings(max_examples=25)
@given(
    audiences=st.lists(st.none() | st.lists(ROLES, max_size=2).map(tuple), min_size=1, max_size=9),
    roles=st.frozensets(ROLES),
)
def test_retrieve_stays_inside_the_rights(
    kind: str, retriever_for: Make, audiences: list[Any], roles: frozenset[str]
) -> None:
    articles = [
        Article(f"a{row}", "", f"vpn client number {row}", audience=audience)
        for row, audience in enumerate(audiences)
    ]
    allowed = {article.id for article in articles if visible(article.audience, roles)}
    trace = retriever_for(kind, articles).trace("vpn client", 50, roles=roles)
    assert set(ids(list(trace.fused))) == allowed
    for hits in trace.legs.values():
        assert set(ids(list(hits))) == allowed


@RETRIEVERS
def test_retrieve_without_roles_sees_public_articles_only(kind: str, retriever_for: Make) -> None:
    assert set(ids(retriever_for(kind).retrieve(EVERY_WORD, 100))) == {"vpn", "wifi"}


@pytest.mark.parametrize("kind", ["dense", "hybrid"])
def test_retrieve_scores_no_vector_that_may_not_be_read(kind: str, retriever_for: Make) -> None:
    seen: set[int] = set()

    class Watched:
        def __init__(self, dense: Any) -> None:
            self.dense = dense

        def search(self, vector: Any, k: int, allowed: Any) -> Any:
            found = self.dense.search(vector, k, allowed)
            seen.update(self.dense.scored)
            return found

        def scores(self, vector: Any, rows: Any) -> Any:
            found = self.dense.scores(vector, rows)
            seen.update(self.dense.scored)
            return found

    plain = retriever_for(kind)
    watched = retriever_for(kind, dense=Watched(plain._dense.index))
    watched.retrieve(EVERY_WORD, 5, roles={"staff"})
    assert seen == {0, 1, 2}


@RETRIEVERS
@pytest.mark.parametrize("option", ["audiences", "id_rank"])
def test_retriever_refuses_parts_of_different_sizes(
    kind: str, option: str, retriever_for: Make
) -> None:
    wrong: Any = Audiences.of([None]) if option == "audiences" else np.arange(9)
    with pytest.raises(ValueError, match=f"{option} covers . passages, expected 5"):
        retriever_for(kind, **{option: wrong})


def test_lexical_leg_refuses_an_index_of_another_size(retriever_for: Make) -> None:
    class One:
        def __len__(self) -> int:
            return 1

    with pytest.raises(ValueError, match="the lexical index covers 1 passages, expected 5"):
        retriever_for("bm25", lexical=One())


@pytest.mark.parametrize("kind", ["bm25", "hybrid"])
def test_synonyms_reach_the_lexical_leg_and_the_trace(kind: str, retriever_for: Make) -> None:
    synonyms = Synonyms((("PTO", "paid time off"),))
    plain, helped = retriever_for(kind), retriever_for(kind, synonyms=synonyms)
    staff = frozenset({"staff"})
    assert not plain.trace("PTO", 5, roles=staff).legs["bm25"]
    trace = helped.trace("PTO", 5, roles=staff)
    assert trace.legs["bm25"][0].passage.article_id == "leave"
    assert trace.expansions == {"PTO": ("paid time off",)}


def test_query_terms_beyond_the_limit_are_left_out(retriever_for: Make) -> None:
    filler = " ".join(f"word{number}x" for number in range(MAX_QUERY_TERMS))
    retriever = retriever_for("bm25")
    assert ids(retriever.retrieve(f"vpn {filler}", 1)) == ["vpn"]
    assert retriever.retrieve(f"{filler} vpn", 1) == []


def test_hybrid_of_words_unknown_to_the_lexical_leg_follows_the_dense(retriever_for: Make) -> None:
    query = "zzz qqq"
    assert ids(retriever_for("hybrid").retrieve(query, 5)) == ids(
        retriever_for("dense").retrieve(query, 5)
    )


@pytest.mark.parametrize(("weight", "leg"), [(0.0, "bm25"), (1.0, "dense")])
def test_hybrid_at_the_ends_of_the_weight_is_one_leg(
    weight: float, leg: str, retriever_for: Make
) -> None:
    fusion = Fusion("weighted", dense_weight=weight)
    fused = retriever_for("hybrid", fusion=fusion).retrieve(EVERY_WORD, 5, roles=ALL_ROLES)
    alone = retriever_for(leg).retrieve(EVERY_WORD, 5, roles=ALL_ROLES)
    assert ids(fused) == ids(alone)


def test_hybrid_by_reciprocal_rank_worked_by_hand(retriever_for: Make) -> None:
    trace = retriever_for("hybrid", fusion=Fusion("rrf", rrf_k=60)).trace("wi-fi password", 5)
    assert ids(list(trace.legs["bm25"])) == ["wifi"]
    assert ids(list(trace.legs["dense"])) == ["wifi", "vpn"]
    assert [hit.score for hit in trace.fused] == pytest.approx([2 / 61, 1 / 62])


def test_hybrid_gives_each_candidate_its_true_score_in_both_legs(retriever_for: Make) -> None:
    # At depth 1 each leg puts forward one passage; both are then scored by both legs.
    articles = [
        Article("words", "", "alpha alpha alpha"),
        Article("mixed", "", "alpha beta gamma delta"),
        Article("none", "", "printer floor"),
    ]
    query = "alpha beta gamma delta epsilon"
    fusion = Fusion("weighted", dense_weight=0.5, depth=1)
    hits = retriever_for("hybrid", articles, fusion=fusion).retrieve(query, 1)
    assert ids(hits) == ["mixed"]


@pytest.mark.parametrize("kind", ["dense", "hybrid"])
def test_retrieve_through_faiss_equals_retrieve_through_all_cosines(
    kind: str, retriever_for: Make
) -> None:
    exact = retriever_for(kind)
    faiss = retriever_for(kind, dense=DenseIndex(exact._dense.index.vectors))
    for roles in (frozenset(), {"staff"}, ALL_ROLES):
        found = faiss.retrieve(EVERY_WORD, 5, roles=roles)
        expected = exact.retrieve(EVERY_WORD, 5, roles=roles)
        assert ids(found) == ids(expected)
        scores = [hit.score for hit in expected]
        assert [hit.score for hit in found] == pytest.approx(scores, abs=1e-6)


def test_hits_hold_the_passages_themselves(retriever_for: Make, articles: Any) -> None:
    hit = retriever_for("hybrid").retrieve("vpn client", 1)[0]
    body = articles[0].body
    assert hit.passage == Passage(
        f"vpn#0-{len(body)}", "vpn", 0, len(body), body, articles[0].title
    )
    assert replace(hit) == hit
