from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from loading_types import LoadText

from retrieval.articles import load_articles


def test_load_reads_the_sample(samples: Path) -> None:
    parking, grades, badge = load_articles([samples / "jsonl"]).articles
    assert parking.id == "faq-parking"
    assert (
        parking.body
        == "Use the multi-storey behind the Dublin office.\r\nShow your badge at the barrier."
    )
    assert parking.url == "https://help.varrowby.example.com/parking"
    assert parking.updated == "2026-03-01"
    assert parking.audience is None
    assert (grades.audience, grades.body) == (("hr", "managers"), "  Grades run from V1 to V9.\n")
    assert (badge.id, badge.audience) == ("faq.jsonl#4", ())


def test_load_reads_the_beir_sample(samples: Path) -> None:
    first, second = load_articles([samples / "beir/corpus.jsonl"]).articles
    assert (first.id, first.title, first.body, first.format) == (
        "d1",
        "Aspirin",
        "Aspirin reduces fever.",
        "beir",
    )
    assert second.title == ""


def test_load_accepts_text_for_body_and_ignores_other_keys(load_text: LoadText) -> None:
    (article,) = load_text("a.jsonl", '{"id": 7, "text": "x", "tags": {"a": 1}}').articles
    assert (article.id, article.body, article.format) == ("7", "x", "jsonl")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("{", "not valid JSON at column 2"),
        ("[1]", r"the line holds \[1\]; expected a JSON object"),
        ('{"title": "t"}', "the row has no text"),
        ('{"body": null}', "the row has no text"),
        ('{"body": 5}', "the row has no text.*got 5"),
        ('{"body": "x", "audience": "staff"}', "audience is 'staff'"),
        ('{"body": "x", "Audience": ["staff"]}', 'write "audience"'),
        ('{"body": "x", "audience": ["a"], "audience": null}', "audience is given twice"),
        ('{"body": "x", "title": ["t"]}', "title is"),
        ('{"body": "x", "id": 1.5}', "id is 1.5"),
        ("[" * 100_000, "not usable JSON"),
        ("1" * 5000, "not usable JSON"),
        (b'{"body": "\xe9"}', "not UTF-8: byte 0xE9 at offset 41"),
    ],
)
def test_load_names_the_bad_line_and_takes_the_others(
    load_text: LoadText, row: Any, reason: str
) -> None:
    before, after = b'{"id": "first", "body": "one"}\n', b'\n{"id": "last", "body": "two"}\n'
    raw = row if isinstance(row, bytes) else row.encode()

    loaded = load_text("a.jsonl", before + raw + after)

    assert [a.id for a in loaded.articles] == ["first", "last"]
    (bad,) = loaded.rejected
    assert bad.line == 2
    assert re.search(reason, bad.reason), bad.reason


def test_load_splits_at_line_feeds_only(load_text: LoadText) -> None:
    loaded = load_text("a.jsonl", '{"body": "a\u2028b\x85c"}\r\n\r\n{"body": "d"}')
    assert [a.body for a in loaded.articles] == ["a\u2028b\x85c", "d"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_load_understands_marks(load_text: LoadText, encoding: Any) -> None:
    loaded = load_text("a.jsonl", '{"body": "ü"}\n{"body": "Ċ"}\n'.encode(encoding))
    assert [a.body for a in loaded.articles] == ["ü", "Ċ"]


def test_load_refuses_utf16_without_a_mark(load_text: LoadText) -> None:
    loaded = load_text("a.jsonl", '{"body": "u"}'.encode("utf-16-le"))
    assert "looks like UTF-16 without a byte-order mark" in loaded.rejected[0].reason
