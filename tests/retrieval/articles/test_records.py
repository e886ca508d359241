from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.articles.audience import UNSTATED
from retrieval.articles.loader import BadRow, Draft, LoaderOutput, Remark, Skipped
from retrieval.articles.records import of_json, to_json
from retrieval.types import Place

TEXT = st.text(max_size=20)
SCALAR = st.one_of(TEXT, st.integers(-(2**60), 2**60), st.floats(allow_nan=False), st.booleans())
ITEMS: st.SearchStrategy[LoaderOutput] = st.one_of(
    st.builds(BadRow, TEXT, st.none() | st.integers(1, 9)),
    st.builds(Skipped, TEXT, st.none() | st.integers(1, 9)),
    st.builds(Remark, TEXT, TEXT),
    st.builds(
        Draft,
        title=TEXT,
        body=TEXT,
        format=TEXT,
        id=st.none() | TEXT,
        audience=st.sampled_from([None, UNSTATED, (), ("unstated",), ("hr", "staff")]),
        line=st.none() | st.integers(1, 9),
        fields=st.dictionaries(TEXT, st.one_of(SCALAR, st.lists(SCALAR).map(tuple)), max_size=3),
        places=st.lists(
            st.builds(Place, st.integers(0, 9), page=st.none() | st.integers(1, 9)), max_size=3
        ).map(tuple),
    ),
)


@given(ITEMS)
def test_items_survive_json(item: LoaderOutput) -> None:
    back = of_json(json.loads(json.dumps(to_json(item))))
    assert back == item
    assert repr(back) == repr(item)  # 1 is not True, nor 1.0


@pytest.mark.parametrize(
    ("item", "record"),
    [
        (Skipped("draft"), {"type": "Skipped", "kind": "draft"}),
        (Draft("T", "B", "html", audience=UNSTATED),
         {"type": "Draft", "title": "T", "body": "B", "format": "html", "audience": "unstated"}),
    ],
)  # fmt: skip
def test_json_holds_what_is_not_at_its_default(item: LoaderOutput, record: object) -> None:
    assert to_json(item) == record


def test_unknown_and_broken_records_are_refused() -> None:
    with pytest.raises(KeyError):
        of_json({"type": "Other"})
    with pytest.raises(TypeError, match="body"):
        of_json({"type": "Draft", "title": "T", "format": "html"})
