from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from loading_types import LoadText

from retrieval.articles import load_articles


def test_load_reads_the_sample(samples: Path) -> None:
    dublin, lab, vault = load_articles([samples / "csv"]).articles
    assert dublin.body == 'Opening hours: 7:00 to 20:00.\n"Quiet floor" is the third.'
    assert (dublin.id, dublin.title, dublin.updated) == (
        "office-dublin",
        "Dublin office",
        "2026-01-05",
    )
    assert (dublin.audience, dublin.url) == (None, "https://help.varrowby.example.com/dublin")
    assert (lab.audience, lab.url, lab.updated) == (("engineering", "lab-safety"), None, None)
    assert vault.audience == ()


@pytest.mark.parametrize(
    "content",
    [
        "body;id;note\nx;1;n\n",
        "\ufeffID\tBody\n1\tx\n",
        "id,text\r\n1,x\r\n",
        'id,body\n1,"x"',
    ],
)
def test_load_understands_other_headers(load_text: LoadText, content: Any) -> None:
    (article,) = load_text("a.csv", content).articles
    assert (article.id, article.body) == ("1", "x")


def test_load_without_an_id_uses_path_and_line(load_text: LoadText) -> None:
    loaded = load_text("a.csv", 'title,body\nA,"x\ny"\nB,z\n')
    assert [a.id for a in loaded.articles] == ["a.csv#2", "a.csv#4"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("name,answer\na,b\n", "expected the columns id,title,body,url,audience,updated"),
        ("id,body,ID\na,b,c\n", "names a column twice"),
        ('"id,body\n', "the header can't be read"),
        ("1,2\n", "expected the columns"),
    ],
)
def test_load_refuses_a_wrong_header(load_text: LoadText, content: Any, reason: str) -> None:
    loaded = load_text("a.csv", content)
    assert not loaded.articles
    assert reason in loaded.rejected[0].reason
    assert loaded.rejected[0].line == 1


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("2", "the row has 1 cells, the header 3"),
        ("2,b,staff,more", "the row has 4 cells"),
        ("2,b,staff;", "empty role"),
        ('2,b,"[1]"', "no role name"),
        ('2,"b"x,', "not valid CSV"),
        (b"2,\xe9,", r"byte 0xE9 at offset 24"),
    ],
)
def test_load_names_the_bad_row_and_takes_the_others(
    load_text: LoadText, row: Any, reason: str
) -> None:
    raw = row if isinstance(row, bytes) else row.encode()
    loaded = load_text("a.csv", b"id,body,audience\n1,a,\n" + raw + b"\n3,c,\n")
    assert [a.id for a in loaded.articles] == ["1", "3"]
    (bad,) = loaded.rejected
    assert bad.line == 3
    assert re.search(reason, bad.reason), bad.reason


def test_load_goes_on_after_an_unclosed_quote(load_text: LoadText) -> None:
    loaded = load_text("a.csv", 'id,body\n1,a\n2,"b\n3,c\n4,d\n')
    assert [a.id for a in loaded.articles] == ["1", "3", "4"]
    assert [bad.line for bad in loaded.rejected] == [3]


def test_load_gives_up_after_many_unclosed_quotes(load_text: LoadText) -> None:
    loaded = load_text("a.csv", "id,body\n" + '1,"b"x\n' * 60)
    assert len(loaded.rejected) == 51
    assert "too many broken rows" in loaded.rejected[-1].reason


def test_load_offsets_count_the_mark(load_text: LoadText) -> None:
    loaded = load_text("a.csv", b"\xef\xbb\xbfid,body\n1,\xe9\n")
    assert "byte 0xE9 at offset 13" in loaded.rejected[0].reason


def test_load_takes_large_cells(load_text: LoadText) -> None:
    (article,) = load_text("a.csv", "id,body\n1," + "x" * 300_000).articles
    assert len(article.body) == 300_000


def test_load_empty_file_holds_nothing(load_text: LoadText) -> None:
    assert load_text("a.csv", "").articles == ()


def test_load_skips_empty_bodies(load_text: LoadText) -> None:
    loaded = load_text("a.csv", "id,body\n1,\n\n2,x\n")
    assert [a.id for a in loaded.articles] == ["2"]
    assert dict(loaded.skipped) == {"empty": 1}


def test_load_refuses_broken_utf16(load_text: LoadText) -> None:
    loaded = load_text("a.csv", b"\xff\xfei\0d\0,")
    assert "not UTF-16" in loaded.rejected[0].reason
