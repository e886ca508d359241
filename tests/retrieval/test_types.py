from __future__ import annotations

from typing import Any

import pytest

from retrieval import Article, Place, bring_up_to_date
from retrieval.index.changes import describe
from retrieval.index.store import IndexStore
from retrieval.types import _moved_right

BODY = "One.\n\nTwo.\n\n| a \\| b | c |\n| --- | --- |\n| d | e |"


def test_place_is_that_of_the_part_an_offset_lies_in() -> None:
    article = Article("a", "A", BODY, places=(Place(0, page=1), Place(6, page=2)))
    assert [article.place(offset) for offset in (0, 5, 6, 11)] == [
        {"page": 1}, {"page": 1}, {"page": 2}, {"page": 2},
    ]  # fmt: skip
    assert Article("a", "A", BODY).place(3) is None
    assert Article("a", "A", BODY, places=(Place(6, slide=3),)).place(2) is None
    assert Article("a", "A", BODY, places=(Place(0), Place(6, slide=3))).place(2) is None


def test_place_counts_the_cells_of_a_row() -> None:
    first, last = BODY.index("| a"), BODY.index("| d")
    article = Article(
        "a", "A", BODY,
        places=(Place(first, sheet="Fees", cell="Z3"), Place(last, sheet="Fees", cell="Z4")),
    )  # fmt: skip
    cells = {text: article.place(BODY.index(text)) for text in ("a \\", "b |", "c |", "d |", "e |")}
    assert [found and found["cell"] for found in cells.values()] == ["Z3", "Z3", "AA3", "Z4", "AA4"]
    assert all(found and found["sheet"] == "Fees" for found in cells.values())


@pytest.mark.parametrize(
    ("cell", "columns", "moved"),
    [("A1", 0, "A1"), ("A1", 25, "Z1"), ("Z9", 2, "AB9"), ("AZ10", 1, "BA10"), ("ZZ1", 1, "AAA1")],
)
def test_cells_are_counted_as_spreadsheets_do(cell: str, columns: int, moved: str) -> None:
    assert _moved_right(cell, columns) == moved


def test_fields_and_places_are_left_out_of_the_record_where_there_are_none() -> None:
    record = describe(Article("a", "A", BODY))
    assert not {"fields", "places"} & set(record)


def test_fields_and_places_come_back_from_an_index(
    tmp_path: Any, fake_encoder: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Article(
        "a", "A", BODY, source=str(tmp_path), path="a.md", format="pdf",
        fields={"tags": ("vpn", "mail"), "weight": 3, "draft": False},
        places=(Place(0, page=1), Place(6, sheet="Fees", cell="B2")),
    )  # fmt: skip
    from retrieval.articles import Loaded
    from retrieval.index import indexing

    monkeypatch.setattr(indexing, "load_articles", lambda *_args, **_named: Loaded((kept,)))
    (tmp_path / "a.md").write_text("A")
    kb = tmp_path.parent / "kb"
    assert bring_up_to_date([tmp_path], kb, encoder=fake_encoder).built
    assert IndexStore(kb).open().article(0) == kept
    assert not bring_up_to_date([tmp_path], kb, encoder=fake_encoder).built
