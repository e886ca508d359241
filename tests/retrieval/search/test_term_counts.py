from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.errors import StoreError
from retrieval.search.term_counts import TermCounts

LISTS = st.lists(st.lists(st.sampled_from(["a", "b", "c", "d", "é"]), max_size=6), max_size=6)


def same(one: TermCounts, other: TermCounts) -> bool:
    return one.vocabulary == other.vocabulary and all(
        np.array_equal(getattr(one, name), getattr(other, name))
        for name in ("indptr", "term_ids", "counts")
    )


@given(LISTS)
def test_from_term_lists_counts_each_row(lists: list[list[str]]) -> None:
    counts = TermCounts.from_term_lists(lists)
    assert len(counts) == len(lists)
    for row, terms in enumerate(lists):
        assert counts.row(row) == {term: terms.count(term) for term in set(terms)}


@given(LISTS, st.data())
def test_take_equals_counting_the_rows_taken(lists: list[list[str]], draw: st.DataObject) -> None:
    rows = draw.draw(st.lists(st.sampled_from(range(len(lists))))) if lists else []
    taken = TermCounts.from_term_lists(lists).take(rows)
    assert same(taken, TermCounts.from_term_lists([lists[row] for row in rows]))


@given(st.lists(LISTS, max_size=3))
def test_concat_equals_counting_all_at_once(parts: list[list[list[str]]]) -> None:
    joined = TermCounts.concat([TermCounts.from_term_lists(part) for part in parts])
    assert same(joined, TermCounts.from_term_lists([terms for part in parts for terms in part]))


def test_take_forgets_terms_of_the_rows_left_out() -> None:
    counts = TermCounts.from_term_lists([["secret", "plan"], ["vpn"]])
    assert counts.take([1]).vocabulary == ("vpn",)


@pytest.mark.parametrize("lists", [[], [[]], [["a", "b", "a"], [], ["\ud800"]]])
def test_save_then_load_gives_the_same(lists: list[list[str]], tmp_path: Path) -> None:
    counts = TermCounts.from_term_lists(lists)
    counts.save(tmp_path)
    loaded = TermCounts.load(tmp_path)
    assert same(counts, loaded)
    assert same(counts, TermCounts.concat([loaded.take(range(len(lists)))]))


def saved(folder: Path) -> None:
    TermCounts.from_term_lists([["a", "b"], ["b"]]).save(folder)


def test_load_names_the_folder_when_a_file_is_missing(tmp_path: Path) -> None:
    saved(tmp_path)
    (tmp_path / "counts.npy").unlink()
    with pytest.raises(StoreError, match=r"term counts in .* can't be read .* build the index"):
        TermCounts.load(tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("indptr", np.array([0, 2, 3], np.int32), "indptr is int32"),
        ("indptr", np.array([0, 3, 2], np.int64), "not ascending"),
        ("indptr", np.array([], np.int64), "not ascending"),
        ("counts", np.array([1, 1], np.int32), "3 terms, 2 counts"),
        ("term_ids", np.array([0, 1, 2], np.int32), "outside the vocabulary of 2"),
        ("term_ids", np.array([0, 1, -1], np.int32), "outside the vocabulary of 2"),
    ],
)
def test_load_refuses_arrays_that_do_not_fit(
    name: str, content: np.ndarray, problem: str, tmp_path: Path
) -> None:
    saved(tmp_path)
    np.save(tmp_path / f"{name}.npy", content)
    with pytest.raises(StoreError, match=problem):
        TermCounts.load(tmp_path)


@pytest.mark.parametrize("text", ["[1, 2]", "not json", "7"])
def test_load_refuses_a_vocabulary_that_is_not_text(text: str, tmp_path: Path) -> None:
    saved(tmp_path)
    (tmp_path / "vocabulary.json").write_text(text)
    with pytest.raises(StoreError, match="term counts in"):
        TermCounts.load(tmp_path)
