"""Checking saved answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from qa.citations import load_saved, verify
from qa.errors import CitationError
from retrieval.types import Article

BODY = "| Day | Hours |\n|---|---|\n| Monday | 9 to 5 |\n"
ARTICLE = Article("hours", "Opening hours", BODY)


def extract(text: str) -> dict[str, Any]:
    start = BODY.index(text)
    return {"text": text, "start": start, "end": start + len(text)}


def answer(**changes: Any) -> dict[str, Any]:
    return {
        **extract("9 to 5"),
        "article_id": "hours",
        "article_sha256": ARTICLE.sha256,
        "snippet": {
            **extract("| Monday | 9 to 5 |"),
            "kind": "table",
            "header": extract("| Day | Hours |"),
        },
        **changes,
    }


def checked(**changes: Any) -> list[str]:
    found = verify([{"answers": [answer(**changes)]}], {"hours": ARTICLE}.get)
    assert found.checked == 1
    return [failure.why for failure in found.failed]


def test_verify_passes_what_holds() -> None:
    assert checked() == []


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"article_id": "gone"}, "not in this knowledge base"),
        ({"article_id": 7}, "article_id is 7"),
        ({"article_sha256": "0" * 64}, "has changed since"),
        ({"text": "9 to 6"}, "the answer is not what stands at"),
        ({"text": None}, "the answer has no text"),
        ({"start": -8}, "outside a body of"),
        ({"end": 10_000}, "outside a body of"),
        ({"start": "3"}, "expected whole numbers"),
        ({"start": True}, "expected whole numbers"),
        ({"snippet": None}, "there is no snippet"),
        ({"snippet": {**extract("| Monday |"), "header": None}}, "lies outside its snippet"),
        ({"snippet": {**extract(BODY), "text": "x"}}, "the snippet is not what stands at"),
        ({"snippet": {**extract(BODY), "header": [1]}}, "header is no slice"),
        ({"snippet": {**extract(BODY), "header": {"text": "Day"}}}, "header has the offsets"),
    ],
)
def test_verify_says_why_a_citation_fails(changes: dict[str, Any], why: str) -> None:
    (found,) = checked(**changes)
    assert why in found
    # Whoever reads the report may not be allowed to read the article.
    assert "Monday" not in found


def test_verify_names_record_and_answer() -> None:
    records = [{"answers": [answer()]}, {"answers": [answer(), answer(text="x")]}]
    found = verify(records, {"hours": ARTICLE}.get)
    assert found.checked == 3
    assert found.to_json() == {
        "checked": 3,
        "failed": [
            {
                "record": 2,
                "answer": 2,
                "article_id": "hours",
                "why": found.failed[0].why,
            }
        ],
    }


def saved(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "saved.json"
    path.write_text(text, encoding="utf-8")
    return path


def test_load_saved_takes_one_a_list_or_lines(tmp_path: Path) -> None:
    record = {"question": "Line\u2028separator?", "answers": [answer()]}
    one = json.dumps(record, indent=2)
    lines = "\n".join(json.dumps(record, ensure_ascii=False) for _ in range(2)) + "\n\n"
    assert load_saved(saved(tmp_path, one)) == [record]
    assert load_saved(saved(tmp_path, f"[{one}, {one}]")) == [record, record]
    assert load_saved(saved(tmp_path, lines)) == [record, record]
    assert load_saved(saved(tmp_path, "\ufeff" + one)) == [record]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("not json", "line 1: not JSON"),
        ('{"answers": []}\n{"answers": ', "line 2: not JSON"),
        ("3", "record 1 has no list of answers"),
        ('{"answers": {}}', "record 1 has no list of answers"),
        ('[{"answers": []}, {"answers": ["x"]}]', "record 2 has no list of answers"),
        ("[" * 100_000, "not JSON"),
    ],
)
def test_load_saved_refuses(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(CitationError, match=message):
        load_saved(saved(tmp_path, text))


def test_load_saved_refuses_what_it_can_not_read(tmp_path: Path) -> None:
    with pytest.raises(CitationError, match="Can't read"):
        load_saved(tmp_path / "missing.json")
    (tmp_path / "latin.json").write_bytes(b'{"answers": "\xe9"}')
    with pytest.raises(CitationError, match="isn't UTF-8"):
        load_saved(tmp_path / "latin.json")
