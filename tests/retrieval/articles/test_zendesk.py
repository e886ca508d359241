from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from loading_types import LoadText, Write

from retrieval.articles import load_articles


def article(**fields: object) -> dict[str, object]:
    return {"id": 1, "title": "T", "body": "<p>x</p>", "user_segment_id": None, **fields}


def test_load_reads_the_sample(samples: Path) -> None:
    loaded = load_articles([samples / "zendesk"])
    sensor, dealers, escalation = loaded.articles
    assert (sensor.id, sensor.title, sensor.audience) == ("360001234567", "Return a sensor", None)
    assert (
        sensor.url
        == "https://support.varrowby.example.com/hc/en-us/articles/360001234567-Return-a-sensor"
    )
    assert sensor.updated == "2026-02-28T11:02:03Z"
    assert sensor.body == (
        "Sensors can be returned within 30 days.\n\n1. Print the label.\n2. Pack the sensor.\n"
        "   Leave the battery out."
    )
    assert dealers.audience == ("Dealers",)
    assert escalation.audience == ()
    assert dict(loaded.skipped) == {"draft": 1}
    assert "a user segment's name is not in the export" in loaded.warnings[0]


@pytest.mark.parametrize(
    ("fields", "audience"),
    [
        ({"user_segment_id": 5}, ("Five",)),
        ({"user_segment_id": "5"}, ("Five",)),
        ({"user_segment_ids": [5, 6]}, ("Five", "Six")),
        ({"user_segment_ids": [5, 9]}, ("Five",)),
        ({"user_segment_ids": [9]}, ()),
        ({"user_segment_ids": []}, None),
        ({"user_segment_id": 0}, ()),
        ({"user_segment_id": {"x": 1}}, ()),
        ({"user_segment_ids": 9}, ()),
        ({"user_segment_id": 7}, ()),
    ],
)
def test_load_turns_segments_into_roles(load_text: LoadText, fields: Any, audience: Any) -> None:
    segments = [{"id": 5, "name": "Five"}, {"id": 6, "name": "Six"}, {"id": 7, "name": " "}, "x"]
    (found,) = load_text(
        "a.json", json.dumps({"articles": [article(**fields)], "user_segments": segments})
    ).articles
    assert found.audience == audience


def test_load_says_where_rights_may_be_missing(load_text: LoadText) -> None:
    loaded = load_text("a.json", json.dumps({"article": {"id": 1, "title": "T", "body": "x"}}))
    assert loaded.articles[0].audience is None
    assert "without the field user_segment_id" in loaded.warnings[0]


def test_load_names_bad_records_and_takes_the_others(load_text: LoadText) -> None:
    rows = [3, article(id=[1]), article(id=2, body=None), article(id=3), article(id=4, body={})]
    loaded = load_text("a.json", json.dumps({"articles": rows}))
    assert [a.id for a in loaded.articles] == ["3"]
    assert dict(loaded.skipped) == {"empty": 1}
    assert [bad.reason.split(":")[0] for bad in loaded.rejected] == [
        "article 1 is 3; expected an object",
        "article 2 ([1])",
        "article 5 (4)",
    ]


def translated(locale: str, source: str = "en-us", **more: object) -> str:
    row = {
        "id": 9001, "locale": locale, "source_locale": source, "title": locale, "draft": False,
        "body": f"<p>Text in {locale}.</p>", "user_segment_id": None, **more,
    }  # fmt: skip
    return json.dumps({"articles": [row]})


def test_each_locale_is_an_article_and_the_default_one_keeps_the_id(write: Write) -> None:
    write("de.json", translated("de", label_names=["fees", "returns"]))
    write("en-us.json", translated("en-us"))
    root = write("fr.json", translated("fr")).parent
    loaded = load_articles([root])
    assert {a.id: a.body for a in loaded.articles} == {
        "9001": "Text in en-us.", "9001/de": "Text in de.", "9001/fr": "Text in fr.",
    }  # fmt: skip
    assert not loaded.rejected
    assert [a.fields["locale"] for a in loaded.articles] == ["de", "en-us", "fr"]
    assert loaded.articles[0].fields["label_names"] == ("fees", "returns")


def test_single_translation_keeps_the_bare_id(load_text: LoadText) -> None:
    assert [a.id for a in load_text("de.json", translated("de")).articles] == ["9001"]


def test_id_of_an_index_that_exists_stays(write: Write) -> None:
    root = write("de.json", translated("de")).parent
    write("en-us.json", translated("en-us"))
    held = {"9001": (str(root), "de.json")}
    loaded = load_articles([root], held=held.get)
    assert {a.id: a.path for a in loaded.articles} == {
        "9001": "de.json", "9001/en-us": "en-us.json",
    }  # fmt: skip
