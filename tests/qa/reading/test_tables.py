"""Cells led by the names of their columns: worked cases, and that offsets still point right."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.reading.bert import BertReader
from qa.reading.tables import column_names, name_cells
from qa.reading.windows import encode_text, load_tokenizer
from retrieval.types import Article, Passage

TABLE = """Radios.

| | Pico | Nano |
| --- | :-: | --- |
| Weight | 4 g | 7 g |
| Range | 30 m |  |
"""


def named(text: str, header: str = "") -> list[tuple[str, str]]:
    """Return each named cell with its column's name."""
    return [
        (text[start:].split("|")[0].strip(), name) for start, name in column_names(text, header)
    ]


@pytest.mark.parametrize(
    ("text", "header", "expected"),
    [
        (TABLE, "", [("4 g", "Pico"), ("7 g", "Nano"), ("30 m", "Pico")]),
        ("| Ada | 12 |", "| Name | Room |", [("12", "Room")]),
        # Without a header nothing is named, nor where a row has more cells than it.
        ("| Ada | 12 |", "", []),
        ("| Ada | 12 | 3 |", "| Name | Room |", []),
        # A second table has names of its own.
        (
            f"{TABLE}\n| Who | Where |\n|---|---|\n| Ada | 12 |",
            "",
            [*named(TABLE), ("12", "Where")],
        ),
        ("No table | at all", "| Name | Room |", []),
        # A bar that is escaped parts no cells, and stands in none.
        (r"| a \| b | 12 |", "| Name | Room |", [("12", "Room")]),
    ],
)
def test_column_names_stand_with_their_cells(
    text: str, header: str, expected: list[tuple[str, str]]
) -> None:
    assert named(text, header) == expected


@given(
    cells=st.lists(
        st.lists(st.sampled_from(["4 g", "", "Range é", "a-b", "**x**"]), min_size=1, max_size=4),
        min_size=1,
        max_size=4,
    )
)
def test_named_cells_keep_every_token_of_the_text_in_its_place(
    tiny_bert: Path, cells: list[list[str]]
) -> None:
    tokenizer = load_tokenizer(tiny_bert)
    rows = ["| " + " | ".join(row) + " |" for row in cells]
    text = "\n".join([rows[0], "|---|", *rows[1:], "The end."])
    plain = encode_text(tokenizer, text)
    found = name_cells(tokenizer, text, plain)
    kept = [(n, at) for n, at in zip(found.ids, found.offsets, strict=True) if at[1] > at[0]]
    assert kept == list(zip(plain.ids, plain.offsets, strict=True))
    assert found.offsets == sorted(found.offsets, key=lambda place: place[0])
    n_names = sum(
        len(tokenizer.encode(f"{name}:", add_special_tokens=False).ids)
        for _, name in column_names(text)
    )
    assert len(found.ids) == len(plain.ids) + n_names


def test_a_reader_that_names_cells_never_quotes_a_name(
    tiny_bert: Path, tmp_path: Path, cut_passage: Callable[..., Passage]
) -> None:
    folder = tmp_path / "named"
    shutil.copytree(tiny_bert, folder)
    settings = json.loads((folder / "reader.json").read_bytes())
    (folder / "reader.json").write_text(json.dumps({**settings, "table_cells": "named"}), "utf-8")
    reader, plain = BertReader.load(folder), BertReader.load(tiny_bert)
    passage = cut_passage(Article("a", "", TABLE))
    question = "How heavy is the Nano?"
    ((window,),) = reader.windows(question, [passage])
    ((before,),) = plain.windows(question, [passage])
    assert len(window) > len(before)
    for candidate in reader.read(question, [passage]).candidates:
        assert candidate.text == TABLE[candidate.start : candidate.end]
        assert "|" not in candidate.text
        assert "Pico" not in candidate.text
