from __future__ import annotations

import re

import pytest

from retrieval.articles.front_matter import FrontMatter, split_front_matter
from retrieval.errors import ArticleError


def test_split_front_matter_reads_yaml_as_written() -> None:
    front, rest = split_front_matter(
        "---\nid: 007\ntitle: No\nurl: https://a.example\naudience: [staff, 'HR lead']\n"
        "updated: 2026-05-01\ntags: {x: [1]}\n---\nBody\n"
    )
    assert front == FrontMatter(
        "007", "No", "https://a.example", ("staff", "HR lead"), "2026-05-01"
    )
    assert rest == "\nBody\n"


@pytest.mark.parametrize(
    ("block", "audience"),
    [
        ("title: x", None),
        ("audience: []", ()),
        ("audience:\n  - staff\n  - 'yes'", ("staff", "yes")),
        ("a: &r [staff]\naudience: *r", ("staff",)),
    ],
)
def test_split_front_matter_reads_audiences(block, audience) -> None:
    assert split_front_matter(f"---\n{block}\n---\n")[0].audience == audience


def test_split_front_matter_reads_toml() -> None:
    front, rest = split_front_matter(
        '+++\nid = 5\ntitle = "T"\nupdated = 2026-05-01\naudience = ["hr"]\n+++\nBody'
    )
    assert (front, rest) == (FrontMatter("5", "T", None, ("hr",), "2026-05-01"), "\nBody")


@pytest.mark.parametrize(
    "text", ["", "Body", "Text\n---\naudience: [x]\n---\n", "----\n", "--- x\n"]
)
def test_split_front_matter_leaves_other_text_alone(text) -> None:
    assert split_front_matter(text) == (FrontMatter(), text)


@pytest.mark.parametrize(
    "text", ["---\n---\nBody", "---\n# a comment\n---\nBody", "\n\n---\r\n...\r\nBody"]
)
def test_split_front_matter_may_be_empty(text) -> None:
    front, rest = split_front_matter(text)
    assert front == FrontMatter()
    assert rest.strip() == "Body"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("---\naudience: [hr]\n# Title", "opened by '---' and never closed"),
        ("+++\naudience = ['hr']\n", r"opened by '\+\+\+' and never closed"),
        ("---\naudience: staff\n---\n", "audience is 'staff'; expected a list"),
        ("---\naudience: 5\n---\n", "audience is '5'"),
        ("---\naudience:\n---\n", "audience is ''"),
        ("---\naudience: null\n---\n", "audience is 'null'"),
        ("---\naudience: {staff: x}\n---\n", "audience is a mapping"),
        ("---\naudience: [1]\n---\n", "audience holds '1', which is no role name"),
        ("---\naudience: [yes]\n---\n", "put quotes around it"),
        ("---\naudience: [[a]]\n---\n", "holds a list or mapping"),
        ("---\naudience: ['']\n---\n", "empty role"),
        ("---\nAudience: [hr]\n---\n", 'write "audience"'),
        ("---\naudience: [a]\naudience: [b]\n---\n", "names 'audience' twice"),
        ("---\nbase: &b {audience: [hr]}\n<<: *b\n---\n", "holds a merge key"),
        ("---\nid: [a]\n---\n", "front matter's id is a list or mapping"),
        ("---\ntitle: a: b\n---\n", "not valid YAML"),
        ("---\na: *nowhere\n---\n", "not valid YAML"),
        ("---\n" + "[" * 5000 + "\n---\n", "not valid YAML"),
        ("---\na: \x01\n---\n", "not valid YAML"),
        ("---\nJust a line.\n---\n", "holds no 'key: value' lines"),
        ("---\n" + "# x\n" * 30_000 + "---\n", "at most 100,000 are read"),
        ("+++\na = \n+++\n", "not valid TOML"),
        ("+++\ntitle = [1]\n+++\n", "front matter's title is"),
        ("+++\naudience = 'hr'\n+++\n", "audience is 'hr'"),
        ("+++\nAudience = ['hr']\n+++\n", 'write "audience"'),
    ],
)
def test_split_front_matter_refuses_what_it_cannot_trust(text, reason) -> None:
    with pytest.raises(ArticleError) as caught:
        split_front_matter(text)
    assert re.search(reason, caught.value.reason), caught.value.reason


def test_split_front_matter_names_the_line() -> None:
    with pytest.raises(ArticleError) as caught:
        split_front_matter("---\ntitle: x\naudience: staff\n---\n")
    assert caught.value.line == 3
