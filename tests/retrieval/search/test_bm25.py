import math
from collections import Counter

import bm25s
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.search.bm25 import (
    K1,
    RANK_BM25_LIMIT,
    B,
    LexicalIndex,
    RankBm25Index,
    SparseBm25Index,
    lexical_index,
    lexical_text,
)
from retrieval.search.term_counts import TermCounts
from retrieval.types import Passage

INDEXES = pytest.mark.parametrize("kind", [RankBm25Index, SparseBm25Index])
TERMS = st.sampled_from(["vpn", "reset", "password", "the", "token", "printer"])
LISTS = st.lists(st.lists(TERMS, max_size=12), min_size=1, max_size=12)
QUERY = st.dictionaries(TERMS | st.just("unknown"), st.sampled_from([0.6, 1.0, 2.0]), max_size=5)


@INDEXES
def test_scores_of_a_corpus_worked_by_hand(kind: type[LexicalIndex]) -> None:
    # Three passages of 2, 4 and 3 terms, 3 on average; k1 = 1.5, b = 0.75.
    # "vpn" is in 2 of 3: idf = ln(1 + 1.5 / 2.5) = ln 1.6.
    # Passage 0: tf 1, norm 1.5 * (0.25 + 0.75 * 2/3) = 1.125, ln 1.6 * 2.5 / 2.125 = 0.552945.
    # Passage 1: tf 2, norm 1.5 * (0.25 + 0.75 * 4/3) = 1.875, ln 1.6 * 5 / 3.875 = 0.606456.
    counts = TermCounts.from_term_lists(
        [["vpn", "client"], ["vpn", "vpn", "token", "code"], ["printer", "on", "floor"]]
    )
    scores = kind(counts, k1=1.5, b=0.75).scores({"vpn": 1.0}, None)  # type: ignore[call-arg]
    assert scores.dtype == np.float32
    assert scores.tolist() == pytest.approx([0.552945, 0.606456, 0.0], abs=1e-6)


@INDEXES
def test_idf_of_a_word_in_every_passage_stays_positive_and_small(kind: type[LexicalIndex]) -> None:
    # The trap in rank-bm25 as published: a negative idf becomes a quarter of the average.
    counts = TermCounts.from_term_lists([["the", "vpn"], ["the", "token"], ["the", "code"]])
    index = kind(counts, k1=1.5, b=0.75)  # type: ignore[call-arg]
    the, vpn = index.scores({"the": 1.0}, None), index.scores({"vpn": 1.0}, None)
    assert the[0] == pytest.approx(math.log(1 + 0.5 / 3.5), abs=1e-6)
    assert 0 < the[0] < vpn[0] / 5


@given(LISTS, QUERY, st.data())
def test_both_indexes_give_the_same_scores(
    lists: list[list[str]], query: dict[str, float], draw: st.DataObject
) -> None:
    counts = TermCounts.from_term_lists(lists)
    drawn = draw.draw(st.none() | st.lists(st.booleans(), min_size=len(lists), max_size=len(lists)))
    allowed = None if drawn is None else np.asarray(drawn)
    small = RankBm25Index(counts).scores(query, allowed)
    large = SparseBm25Index(counts).scores(query, allowed)
    # float32 sums of up to five terms.
    np.testing.assert_allclose(small, large, rtol=2e-6, atol=1e-6)
    if allowed is not None:
        assert not small[~allowed].any()
        assert not large[~allowed].any()


@settings(max_examples=30)
@given(LISTS.filter(lambda lists: any(lists)), st.lists(TERMS, min_size=1, max_size=4))
def test_scores_equal_those_of_bm25s(lists: list[list[str]], query: list[str]) -> None:
    oracle = bm25s.BM25(k1=K1, b=B, method="atire", idf_method="lucene")
    oracle.index([*lists], show_progress=False)
    known = [term for term in query if term in oracle.vocab_dict]
    expected = oracle.get_scores(known) if known else np.zeros(len(lists))
    weights = {term: float(query.count(term)) for term in query}
    ours = SparseBm25Index(TermCounts.from_term_lists(lists)).scores(weights, None)
    np.testing.assert_allclose(ours, expected, rtol=1e-5, atol=1e-6)


@INDEXES
def test_scores_follow_the_weight_of_a_term(kind: type[LexicalIndex]) -> None:
    index = kind(TermCounts.from_term_lists([["vpn"], ["token"]]))  # type: ignore[call-arg]
    once, half = index.scores({"vpn": 1.0}, None), index.scores({"vpn": 0.5}, None)
    assert half.tolist() == pytest.approx((once / 2).tolist())


@INDEXES
def test_scores_are_zero_where_nothing_matches(kind: type[LexicalIndex]) -> None:
    index = kind(TermCounts.from_term_lists([[], ["vpn"], []]))  # type: ignore[call-arg]
    assert len(index) == 3
    assert not index.scores({}, None).any()
    assert not index.scores({"printer": 1.0}, None).any()
    assert np.flatnonzero(index.scores({"vpn": 1.0}, None)).tolist() == [1]


@INDEXES
def test_scores_of_passages_without_any_term(kind: type[LexicalIndex]) -> None:
    assert kind(TermCounts.from_term_lists([[], []])).scores({"vpn": 1.0}, None).tolist() == [0, 0]  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("passages", "kind"),
    [
        (0, SparseBm25Index),
        (1, RankBm25Index),
        (RANK_BM25_LIMIT, RankBm25Index),
        (RANK_BM25_LIMIT + 1, SparseBm25Index),
    ],
)
def test_lexical_index_chooses_by_size(passages: int, kind: type[LexicalIndex]) -> None:
    index = lexical_index(TermCounts.from_term_lists([["vpn"]] * passages))
    assert isinstance(index, kind)
    assert index.scores({"vpn": 1.0}, None).shape == (passages,)


def test_lexical_text_holds_title_headings_and_text() -> None:
    passage = Passage("a#9-13", "a", 9, 13, "text", "title", ("outer", "inner"), "| head |")
    assert lexical_text(passage) == "title\nouter\ninner\n| head |\ntext"


@INDEXES
@given(st.lists(st.lists(TERMS, max_size=9), min_size=1, max_size=6), st.lists(TERMS, max_size=6))
def test_bound_is_never_exceeded(
    kind: type[LexicalIndex], lists: list[list[str]], query: list[str]
) -> None:
    index = kind(TermCounts.from_term_lists(lists))  # type: ignore[call-arg]
    bound = index.bound(query)
    assert bound > 0
    assert float(index.scores(Counter(query), None).max()) <= bound * (1 + 1e-6)


@INDEXES
def test_passages_with_a_term_are_counted_inside_the_rights(kind: type[LexicalIndex]) -> None:
    index = kind(TermCounts.from_term_lists([["a", "b"], ["a"], ["c", "a"]]))  # type: ignore[call-arg]
    assert [index.passages_with(term, None) for term in "abcd"] == [3, 1, 1, 0]
    allowed = np.array([False, True, True])
    assert [index.passages_with(term, allowed) for term in "abcd"] == [2, 0, 1, 0]


def test_bound_is_the_same_on_both_sides_of_the_switch() -> None:
    counts = TermCounts.from_term_lists([["a", "b"], ["a"], ["c", "a"]])
    query = ["a", "c", "c", "nowhere"]
    assert RankBm25Index(counts).bound(query) == pytest.approx(SparseBm25Index(counts).bound(query))
