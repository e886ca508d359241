from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from loading_types import LoadText

from retrieval.articles import load_articles
from retrieval.articles.confluence_storage import storage_text

OPEN = {"read": {"restrictions": {"group": {"results": []}, "user": {"results": []}}}}


def groups(*names: str) -> dict[str, object]:
    return {"read": {"restrictions": {"group": {"results": [{"name": n} for n in names]}}}}


def page(page_id: str, **fields: object) -> dict[str, object]:
    return {
        "id": page_id,
        "title": f"Page {page_id}",
        "body": {"storage": {"value": "<p>x</p>"}},
        "restrictions": OPEN,
        **fields,
    }


def test_load_reads_the_rest_sample(samples: Path) -> None:
    loaded = load_articles([samples / "confluence/pages.json"])
    deploy = loaded.articles[0]
    assert (deploy.id, deploy.title) == ("98310", "Deploy a service")
    assert (
        deploy.url == "https://varrowby.atlassian.net/wiki/spaces/ENG/pages/98310/Deploy+a+service"
    )
    assert deploy.updated == "2026-02-03T10:11:12.000Z"
    assert deploy.body == (
        "Use the pipeline Release train every Tuesday.\n\n## Steps\n\n1. Tag the commit:\n   ```\n"
        "   git tag v1 && git push --tags\n   if [ 1 < 2 ]; then echo ok; fi\n   ```\n"
        "2. Approve it in the console.\n\nFreeze\n\nNo deploys in week 52.\n\n"
        "- [x] Write the notes\n- [ ] Tell support\n\n| Stage | State |\n| --- | --- |\n"
        "| Test | DONE |\n\nThe approval page"
    )
    assert {a.id: a.audience for a in loaded.articles} == {
        "98310": ("engineering",),
        "98311": ("engineering",),  # from the page above it
        "98312": None,
        "98313": (),
    }
    assert dict(loaded.skipped) == {"draft": 1}


def test_load_reads_the_xml_sample(samples: Path) -> None:
    loaded = load_articles([samples / "confluence/entities.xml"])
    badge, keys = loaded.articles
    assert (badge.id, badge.title, badge.audience) == ("65601", "Order a badge", None)
    assert badge.body == "Badges take two days.\n\n```\nbadge --new\n```\n\n- Photo"
    assert badge.updated == "2026-01-30T09:15:00.123"
    assert (keys.id, keys.audience) == ("65602", ("security", "user:mkeane"))
    assert dict(loaded.skipped) == {"retired": 1}


def test_load_xml_restriction_of_a_parent_holds_below(load_text: LoadText) -> None:
    loaded = load_text(
        "entities.xml",
        """<hibernate-generic>
        <object class="Page"><id>1</id><property name="title">A</property></object>
        <object class="Page"><id>2</id><property name="title">B</property>
          <property name="parent"><id>1</id></property></object>
        <object class="BodyContent"><id>9</id><property name="body">x</property>
          <property name="content"><id>2</id></property></object>
        <object class="ContentPermissionSet"><id>5</id><property name="type">View</property>
          <property name="owningContent"><id>1</id></property></object>
        <object class="ContentPermissionSet"><id>6</id><property name="type">Edit</property>
          <property name="owningContent"><id>2</id></property></object>
        <object class="ContentPermission"><id>7</id><property name="owningSet"><id>5</id></property>
          <property name="userSubject"><id>unknown</id></property></object>
        </hibernate-generic>""",
    )
    assert [(a.id, a.audience) for a in loaded.articles] == [("2", ())]


def test_load_xml_names_a_page_that_cannot_be_read(load_text: LoadText) -> None:
    deep = "&lt;div&gt;" * 3000
    loaded = load_text(
        "entities.xml",
        f"""<hibernate-generic><object class="Page"><id>1</id><property name="title">A</property>
        <collection name="bodyContents"><element><id>9</id></element></collection></object>
        <object class="BodyContent"><id>9</id><property name="body">{deep}</property></object>
        </hibernate-generic>""",
    )
    assert "page 1 ('A'): the HTML is nested too deeply" in loaded.rejected[0].reason


@pytest.mark.parametrize(
    ("restrictions", "audience"),
    [
        (groups("a", "b"), ("a", "b")),
        ({"read": {"restrictions": {"user": {"results": [{"username": "jo"}]}}}}, ("user:jo",)),
        ({"read": {"restrictions": {"user": {"results": [{"accountId": "5b"}]}}}}, ("user:5b",)),
        ({"read": {"restrictions": {"group": {"results": [{"name": "a"}, 5]}}}}, ("a",)),
        ({"read": {"restrictions": {"group": {"results": [], "size": 2}}}}, ()),
        ({"read": {"restrictions": {"group": [{"name": "a"}]}}}, ("a",)),
        ({"read": {"restrictions": {"group": "a"}}}, ()),
        ({"read": {"restrictions": {"group": {"results": [{"name": 3}]}}}}, ()),
        ({"read": {}}, ()),
        ({"_expandable": {"read": "/x"}}, ()),
        ([], ()),
        ("no", ()),
        (OPEN, None),
    ],
)
def test_load_turns_restrictions_into_roles(
    load_text: LoadText, restrictions: Any, audience: Any
) -> None:
    loaded = load_text("a.json", json.dumps({"results": [page("1", restrictions=restrictions)]}))
    assert loaded.articles[0].audience == audience
    assert bool(loaded.warnings) == (audience == () or "5]" in str(restrictions))


def test_load_restrictions_add_up_along_the_tree(load_text: LoadText) -> None:
    rows = [
        page("1", restrictions=groups("staff", "hr")),
        page("2", parentId="1", restrictions=groups("hr")),
        page("3", parentId="2"),
        page("4", parentId="2", restrictions=groups("it")),
        page("5", parentId="5"),
        page("6", ancestors=[{"id": "9"}, "x"]),
    ]
    loaded = load_text("a.json", json.dumps({"results": rows}))
    assert {a.id: a.audience for a in loaded.articles} == {
        "1": ("staff", "hr"),
        "2": ("hr",),
        "3": ("hr",),
        "4": (),
        "5": None,
        "6": None,
    }
    assert "restricted to different groups" in loaded.warnings[0]


def test_load_says_where_rights_may_be_missing(load_text: LoadText) -> None:
    loaded = load_text("a.json", json.dumps(page("1", restrictions=None)))
    assert loaded.articles[0].audience is None
    assert "without 'restrictions' are taken as unrestricted" in loaded.warnings[0]


def test_load_names_bad_pages_and_takes_the_others(load_text: LoadText) -> None:
    rows = [
        "x",
        page("1", body={"view": {}}),
        page("2", body={"view": {"value": ""}}),
        page("3", status="archived"),
        page("4", type="comment"),
        page("5", body={"export_view": {"value": "<p>a"}, "storage": {"value": "<p>b"}}),
        page("6", title=5.5),
    ]
    loaded = load_text("a.json", json.dumps({"page": {"results": rows}}))
    assert [(a.id, a.body) for a in loaded.articles] == [("5", "a")]
    assert dict(loaded.skipped) == {"empty": 1, "retired": 1}
    assert [bad.reason.split(":")[0] for bad in loaded.rejected] == [
        "page 1 is 'x'; expected an object",
        "page 2 ('1')",
        "page 7 ('6')",
    ]


@pytest.mark.parametrize(
    ("fields", "updated"),
    [
        ({"version": {"createdAt": "2026-01-02T03:04:05.678Z"}}, "2026-01-02T03:04:05.678Z"),
        ({"history": {"lastUpdated": {"when": "2026-01-02"}}}, "2026-01-02"),
        ({"version": {"number": 3}}, None),
    ],
)
def test_load_finds_the_date(load_text: LoadText, fields: Any, updated: Any) -> None:
    loaded = load_text("a.json", json.dumps({"results": [page("1", **fields)]}))
    assert loaded.articles[0].updated == updated


def macro(name: str, inside: str) -> str:
    return f'<ac:structured-macro ac:name="{name}">{inside}</ac:structured-macro>'


@pytest.mark.parametrize(
    ("storage", "text"),
    [
        ("<p>a &mdash; b&nbsp;c</p>", "a — b c"),
        (macro("toc", '<ac:parameter ac:name="maxLevel">2</ac:parameter>') + "<p>x", "x"),
        (macro("noformat", "<ac:plain-text-body><![CDATA[a <b/>\n c]]></ac:plain-text-body>"),
         "```\na <b/>\n c\n```"),
        (macro("expand", '<ac:parameter ac:name="title">More</ac:parameter>'
               "<ac:rich-text-body><ul><li>x</li></ul></ac:rich-text-body>"), "More\n\n- x"),
        (macro("unknown", "<ac:rich-text-body><p>kept</p></ac:rich-text-body>"), "kept"),
        (macro("note", "<ac:rich-text-body><p>a</p>"
               + macro("code", "<ac:plain-text-body><![CDATA[b]]></ac:plain-text-body>")
               + "</ac:rich-text-body>"), "a\n\n```\nb\n```"),
        (macro("jira", '<ac:parameter ac:name="key">OPS-7</ac:parameter>'), "OPS-7"),
        ('<p>see <ac:link><ri:attachment ri:filename="a.pdf" /></ac:link>.</p>', "see a.pdf."),
        ('<p>go <ac:link ac:anchor="top" />.</p>', "go top."),
        ('<p>x <ac:emoticon ac:name="tick" ac:emoji-fallback="✅" /> y</p>', "x ✅ y"),
        ('<p>x <ac:emoticon ac:name="tick" ac:emoji-fallback=":check:" />y</p>', "x y"),
        ("<ac:layout><ac:layout-cell><p>a</p></ac:layout-cell><ac:layout-cell><p>b</p>", "a\n\nb"),
        ("<p>a<ac:placeholder>type here</ac:placeholder></p>", "a"),
        ('<ac:image><ri:url ri:value="http://x/a.png" /></ac:image><p>a', "a"),
        ("<![CDATA[never closed", "never closed"),
        ("<p>unbalanced <b>tags</p></div>", "unbalanced tags"),
        ('<ac:image <="" ac:alt="A b c"></ac:image><p>x', "A b c\n\nx"),
        ('<p><time datetime="2026-01-01" />x</p>', "x"),
    ],
)  # fmt: skip
def test_storage_text_reads_macros(storage: str, text: str) -> None:
    assert storage_text(storage) == text


def test_load_xml_ends_code_where_it_ends(load_text: LoadText) -> None:
    """Inside its own CDATA, a space export writes the end of an inner one as "]] >"."""
    body = (
        "<p>Run:</p><ac:structured-macro ac:name=\"code\"><ac:plain-text-body><![CDATA["
        "if [[ a ]] > x; then b; fi]] ></ac:plain-text-body></ac:structured-macro>"
        "<p>See <ac:link><ri:page ri:content-title=\"P\"/><ac:plain-text-link-body><![CDATA["
        "the list]] ></ac:plain-text-link-body></ac:link>.</p><h2>If it fails</h2>"
    )  # fmt: skip
    entities = (
        '<hibernate-generic><object class="Page"><id>1</id><property name="title">T</property>'
        '</object><object class="BodyContent"><id>2</id><property name="content"><id>1</id>'
        f'</property><property name="body"><![CDATA[{body}]]></property></object>'
        "</hibernate-generic>"
    )
    (article,) = load_text("entities.xml", entities).articles
    assert article.body == (
        "Run:\n\n```\nif [[ a ]] > x; then b; fi\n```\n\nSee the list.\n\n## If it fails"
    )
