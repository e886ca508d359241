# ruff: noqa: E501  (texts stand as they are)
from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from loading_types import LoadText, Write

from retrieval.articles import load_articles
from retrieval.articles.servicenow import drafts_of_json

HEX_A, HEX_B = "a" * 32, "b" * 32


def row(**fields: object) -> dict[str, object]:
    return {
        "number": "KB1",
        "short_description": "Title",
        "text": "<p>Text</p>",
        "workflow_state": "published",
        "can_read_user_criteria": "",
        **fields,
    }


def export(*rows: object, **more: object) -> str:
    return json.dumps({"result": list(rows), **more})


def test_load_reads_the_json_sample(samples: Path) -> None:
    loaded = load_articles([samples / "servicenow/kb_knowledge.json"], today=date(2026, 3, 1))
    articles = {a.id: a for a in loaded.articles}
    drive = articles["KB0010001"]
    assert (drive.title, drive.body) == (
        "Map a network drive",
        "Follow these steps:\n\n1. Open Explorer.\n2. Choose Map network drive.",
    )
    assert drive.url == "https://varrowby.service-now.com/kb_view.do?sysparm_article=KB0010001"
    assert drive.updated == "2026-01-14T09:21:07Z"
    assert {a.id: a.audience for a in loaded.articles} == {
        "KB0010001": None,
        "KB0010002": ("HR staff", "Managers"),
        "KB0010003": (),
        "KB0010007": (),
        "KB0010008": ("itil",),
    }
    assert dict(loaded.skipped) == {"draft": 1, "expired": 1, "retired": 1}
    assert any("known by its sys_id only" in w and "KB0010003" in w for w in loaded.warnings)
    assert any("cannot_read_user_criteria excludes" in w for w in loaded.warnings)


def test_load_reads_the_xml_sample(samples: Path) -> None:
    loaded = load_articles([samples / "servicenow/export.xml"])
    (article,) = loaded.articles
    assert (article.id, article.title, article.audience) == (
        "KB0020001",
        "Reimage a laptop",
        ("IT staff",),
    )
    assert (
        article.body
        == "## Before you start\n\nBack up & label the device.\n\n- USB stick\n- Asset tag"
    )
    assert dict(loaded.skipped) == {"retired": 1}


@pytest.mark.parametrize("root", ["xml", "response"])
def test_load_reads_other_xml_answers(load_text: LoadText, root: Any) -> None:
    name = "result" if root == "response" else "kb_knowledge"
    loaded = load_text(
        "a.xml",
        f"<{root}><{name}><number>KB1</number><short_description>T</short_description>"
        f"<text>&lt;b&gt;x&lt;/b&gt;</text><can_read_user_criteria/></{name}></{root}>",
    )
    assert [(a.id, a.body, a.audience) for a in loaded.articles] == [("KB1", "x", None)]


def test_load_leaves_out_deleted_records(load_text: LoadText) -> None:
    loaded = load_text("a.xml", '<unload><kb_knowledge action="DELETE"/></unload>')
    assert dict(loaded.skipped) == {"retired": 1}


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"workflow_state": "draft"}, "draft"),
        ({"workflow_state": "Review"}, "draft"),
        ({"workflow_state": {"value": "retired", "display_value": "Retired"}}, "retired"),
        ({"workflow_state": "outdated"}, "retired"),
        ({"active": "false"}, "retired"),
        ({"active": False}, "retired"),
        ({"valid_to": "2026-02-28"}, "expired"),
        ({"valid_to": "2026-02-28 23:59:59"}, "expired"),
        ({"text": ""}, "empty"),
    ],
)
def test_load_leaves_out_what_is_not_published(
    load_text: LoadText, fields: Any, reason: str
) -> None:
    loaded = load_text("a.json", export(row(**fields)))
    assert not loaded.articles
    assert dict(loaded.skipped) == {reason: 1}


@pytest.mark.parametrize(
    "fields",
    [{"valid_to": "2026-03-01"}, {"workflow_state": "pending_retirement"}, {"active": "true"}],
)
def test_load_takes_what_is_still_valid(load_text: LoadText, fields: Any) -> None:
    assert len(load_text("a.json", export(row(**fields))).articles) == 1


@pytest.mark.parametrize(
    ("fields", "audience"),
    [
        ({"can_read_user_criteria": "Staff,HR"}, ("Staff", "HR")),
        (
            {"can_read_user_criteria": {"value": HEX_A, "display_value": "Sales, EMEA"}},
            ("Sales, EMEA",),
        ),
        (
            {"can_read_user_criteria": {"value": f"{HEX_A},{HEX_B}", "display_value": "A, EMEA,B"}},
            (),
        ),
        ({"can_read_user_criteria": HEX_B}, ("Known",)),
        ({"can_read_user_criteria": f"{HEX_A},{HEX_B}"}, ("Known",)),
        ({"can_read_user_criteria": [HEX_B]}, ("Known",)),
        ({"can_read_user_criteria": HEX_A}, ()),
        ({"roles": "itil,admin"}, ("itil", "admin")),
        ({"roles": "public"}, None),
        ({"roles": "itil", "can_read_user_criteria": "itil,HR"}, ("itil",)),
        ({"roles": "itil", "can_read_user_criteria": "HR"}, ()),
        ({"can_read_user_criteria": "HR", "cannot_read_user_criteria": HEX_A}, ()),
    ],
)
def test_load_turns_restrictions_into_roles(
    load_text: LoadText, fields: Any, audience: Any
) -> None:
    criteria = [{"sys_id": HEX_B, "name": "Known"}]
    if (
        fields.get("can_read_user_criteria", "") != ""
        and audience == ()
        and "A, EMEA" in str(fields)
    ):
        criteria = []
    (article,) = load_text("a.json", export(row(**fields), user_criteria=criteria)).articles
    assert article.audience == audience


def test_load_says_where_rights_may_be_missing(load_text: LoadText) -> None:
    bare = row()
    del bare["can_read_user_criteria"]
    loaded = load_text("a.json", export(bare, {**bare, "number": "KB2"}))
    assert [a.audience for a in loaded.articles] == [None, None]
    assert (
        "without the field can_read_user_criteria are taken as unrestricted" in loaded.warnings[0]
    )
    assert "(2 times): KB1, KB2" in loaded.warnings[0]


def test_load_ignores_the_default_audience(load_text: LoadText) -> None:
    (article,) = load_text("a.json", export(row()), audience=("staff",)).articles
    assert article.audience is None


def test_load_names_bad_records_and_takes_the_others(load_text: LoadText) -> None:
    loaded = load_text("a.json", export("x", row(), row(number="KB2", text="<div>" * 3000)))
    assert [a.id for a in loaded.articles] == ["KB1"]
    assert [bad.reason[:22] for bad in loaded.rejected] == [
        "record 1 is 'x'; expec",
        "record 3 (KB2): the HT",
    ]


def test_load_remarks_on_unreadable_expiry(load_text: LoadText) -> None:
    loaded = load_text("a.json", export(row(valid_to="31/12/2026")))
    assert len(loaded.articles) == 1
    assert "valid_to is not ISO 8601" in loaded.warnings[0]


def test_load_reads_a_single_record_and_odd_values(load_text: LoadText) -> None:
    loaded = load_text(
        "a.json",
        json.dumps({"result": row(number=None, sys_id="abc", author={"link": "http://[x"})}),
    )
    assert [(a.id, a.url) for a in loaded.articles] == [("abc", None)]


def test_drafts_of_json_uses_the_day_it_is_given(write: Write) -> None:
    from retrieval.articles.loader import Draft, Skipped, SourceFile

    rows = {"result": [row(valid_to="2026-05-01")]}
    path = write("a.json")
    early = list(drafts_of_json(rows, SourceFile(path, "a.json", date(2026, 5, 1))))
    late = list(drafts_of_json(rows, SourceFile(path, "a.json", date(2026, 5, 2))))
    assert isinstance(early[0], Draft)
    assert late == [Skipped("expired")]


def test_wiki_article_keeps_its_steps(load_text: LoadText) -> None:
    row = {
        "number": "KB1", "short_description": "Reset the printer", "article_type": "wiki",
        "text": "", "wiki": "'''Symptom:''' red light.\n\n== Steps ==\n# Open the lid.\n# Press '''Clear'''.",
        "workflow_state": "published", "can_read_user_criteria": "", "language": "en",
    }  # fmt: skip
    (article,) = load_text("a.json", json.dumps({"result": [row]})).articles
    assert article.body == "Symptom: red light.\n\n## Steps\n\n1. Open the lid.\n2. Press Clear."
    assert article.fields == {"language": "en", "type": "wiki"}


def test_article_by_a_template_keeps_its_parts_in_order(load_text: LoadText) -> None:
    row = {
        "number": "KB2", "short_description": "Scanner", "text": "", "workflow_state": "published",
        "can_read_user_criteria": "", "kb_resolution": "<p>Hold power for 8 seconds.</p>",
        "kb_issue": "<p>It shows E4.</p>", "kb_knowledge_base": "IT", "kb_own_field": "More.",
        "kb_category": "a" * 32,
    }  # fmt: skip
    (article,) = load_text("a.json", json.dumps({"result": [row]})).articles
    assert article.body == (
        "## Issue\n\nIt shows E4.\n\n## Resolution\n\nHold power for 8 seconds.\n\n"
        "## Own field\n\nMore."
    )
    assert article.fields == {"knowledge_base": "IT"}
