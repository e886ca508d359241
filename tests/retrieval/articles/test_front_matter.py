from __future__ import annotations

import re
from typing import Any

import pytest

from retrieval.articles.front_matter import FrontMatter, split_front_matter
from retrieval.errors import ArticleError


def test_split_front_matter_reads_yaml_as_written() -> None:
    front, rest = split_front_matter(
        "---\nid: 007\ntitle: No\nurl: https://a.example\naudience: [staff, 'HR lead']\n"
        "updated: 2026-05-01\nmore: {x: [1]}\n---\nBody\n"
    )
    assert front.fields == {
        "id": "007", "title": "No", "url": "https://a.example", "updated": "2026-05-01",
    }  # fmt: skip
    assert (front.rights, front.bare) == (("staff", "HR lead"), False)
    assert rest == "\nBody\n"


def test_scalars_and_lists_of_scalars_are_fields() -> None:
    front, _ = split_front_matter(
        "---\ntags: [vpn, mail]\nweight: 30\nrate: 2.5\ndraft: false\nempty:\nport: '8080'\n"
        "when: 2026-05-01\nnorway: no\nnested: {a: 1}\nmixed: [1, {b: 2}]\nlong: "
        + "x" * 1001
        + "\n---\n"
    )
    assert front.fields == {
        "tags": ("vpn", "mail"), "weight": 30, "rate": 2.5, "draft": False, "port": "8080",
        "when": "2026-05-01", "norway": "no",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("block", "audience", "bare"),
    [
        ("title: x", None, False),
        ("audience: []", (), False),
        ("audience:\n  - staff\n  - 'yes'", ("staff", "yes"), False),
        ("a: &r [staff]\naudience: *r", ("staff",), False),
        ("audience: ITPro", ("ITPro",), True),
        ("description: an audience of one\nabout: audience", None, False),
    ],
)
def test_split_front_matter_reads_audiences(block: str, audience: Any, bare: str) -> None:
    front = split_front_matter(f"---\n{block}\n---\n")[0]
    assert (front.rights, front.bare) == (audience, bare)


def test_split_front_matter_reads_toml() -> None:
    front, rest = split_front_matter(
        '+++\nid = 5\ntitle = "T"\nupdated = 2026-05-01\naudience = ["hr"]\ntags = ["a", "b"]\n'
        "when = 07:30:00\n[params]\nx = 1\n+++\nBody"
    )
    assert front.fields == {
        "id": 5, "title": "T", "updated": "2026-05-01", "tags": ("a", "b"),
    }  # fmt: skip
    assert (front.text("id"), front.rights, rest) == ("5", ("hr",), "\nBody")


@pytest.mark.parametrize(
    "text",
    [
        "", "Body", "----\n", "--- x\n", "Who is the audience: everyone.\n\n---\n\nMore.",
        "# A\n\n```yaml\n---\naudience: [x]\n---\n```\n", "audience: all of you\n\nText.",
    ],
)  # fmt: skip
def test_split_front_matter_leaves_other_text_alone(text: str) -> None:
    assert split_front_matter(text) == (FrontMatter(), text)


@pytest.mark.parametrize(
    "text", ["---\n---\nBody", "---\n# a comment\n---\nBody", "\n\n---\r\n...\r\nBody"]
)
def test_split_front_matter_may_be_empty(text: str) -> None:
    front, rest = split_front_matter(text)
    assert front == FrontMatter(present=True)
    assert rest.strip() == "Body"


REFUSED = [
    ("---\naudience: [hr]\n# Title", "opened by '---' and never closed"),
    ("+++\naudience = ['hr']\n", r"opened by '\+\+\+' and never closed"),
    ("---\naudience: [hr\n---\n", "not valid YAML"),
    ("---\naudience: 5\n---\n", "audience is '5'"),
    ("---\naudience:\n---\n", "audience is ''"),
    ("---\naudience: null\n---\n", "audience is 'null'"),
    ("---\naudience: {staff: x}\n---\n", "audience is a mapping"),
    ("---\naudience: [1]\n---\n", "audience holds '1', which is no role name"),
    ("---\naudience: [yes]\n---\n", "put quotes around it"),
    ("---\naudience: [[a]]\n---\n", "holds a list or mapping"),
    ("---\naudience: ['']\n---\n", "empty role"),
    ("---\nAudience: [hr]\n---\n", 'write "audience"'),
    ("---\naudiences: [hr]\n---\n", 'write "audience"'),
    ("---\naudiance: [hr]\n---\n", 'write "audience"'),
    ("---\naudience: [a]\naudience: [b]\n---\n", "names 'audience' twice"),
    ("---\nbase: &b {title: x}\n<<: *b\n---\n", "holds a merge key"),
    ("---\ntags:\n  audience: [hr]\n---\n", "inside another field, perhaps by a wrong indent"),
    ("---\ntitle: x\n audience: [hr]\n---\n", "not valid YAML"),
    ("---\nabout: |\n  Text.\n  audience: [hr]\n---\n", "inside another field"),
    ("---\nlist:\n  - x: 1\n    audience: [hr]\n---\n", "inside another field"),
    ("title: x\naudience: [hr]\n---\nText", "doesn't begin the file with '---'"),
    ("Text\n---\naudience: [x]\n---\n", "doesn't begin the file with '---'"),
    ("---\nid: [a]\n---\n", "front matter's id is a list or mapping"),
    ("---\ntitle: a: b\n---\n", "not valid YAML"),
    ("---\na: *nowhere\n---\n", "not valid YAML"),
    ("---\n" + "[" * 5000 + "\n---\n", "not valid YAML"),
    ("---\na: \x01\n---\n", "not valid YAML"),
    ("---\nJust a line.\n---\n", "holds no 'key: value' lines"),
    ("---\n" + "# x\n" * 30_000 + "---\n", "at most 100,000 are read"),
    ("+++\na = \n+++\n", "not valid TOML"),
    ("+++\naudience = 5\n+++\n", "audience is 5; expected a list"),
    ("+++\naudience = [5]\n+++\n", "audience holds 5"),
    ("+++\nAudience = ['hr']\n+++\n", 'write "audience"'),
    ("+++\n[params]\naudience = ['hr']\n+++\n", "inside another field"),
    ("+++\n" + "a." * 30_000 + "b = 1\n+++\n", "nests too deeply"),
]


@pytest.mark.parametrize(("text", "reason"), REFUSED)
def test_split_front_matter_refuses_what_it_cannot_trust(text: str, reason: str) -> None:
    with pytest.raises(ArticleError) as caught:
        split_front_matter(text)
    assert re.search(reason, caught.value.reason), caught.value.reason
    assert caught.value.unclear_rights


def test_split_front_matter_names_the_line() -> None:
    with pytest.raises(ArticleError) as caught:
        split_front_matter("---\ntitle: x\naudience: {staff: 1}\n---\n")
    assert caught.value.line == 3


def test_another_field_may_state_the_rights() -> None:
    text = "---\naudience: ITPro\nvisibility: [hr]\n---\n"
    front, _ = split_front_matter(text, "visibility")
    assert (front.rights, front.fields) == (("hr",), {"audience": "ITPro"})
    front, _ = split_front_matter(text, "")
    assert (front.rights, front.fields) == (None, {"audience": "ITPro", "visibility": ("hr",)})
    with pytest.raises(ArticleError, match='write "visibility"'):
        split_front_matter("---\nVisibility: [hr]\n---\n", "visibility")


def test_lists_are_no_texts() -> None:
    front, _ = split_front_matter("+++\ntitle = ['a']\n+++\n")
    with pytest.raises(ArticleError, match="front matter's title is a list; expected text"):
        front.text("title")
