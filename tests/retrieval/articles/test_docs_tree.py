"""A documentation tree as it lies in its repository: nobody's mistake is a failure."""

from __future__ import annotations

import pytest
from loading_types import LoadText, Write

from retrieval.articles import load_articles
from retrieval.articles.site_files import is_site_file


def test_a_documentation_tree_has_no_faults(write: Write) -> None:
    write("package.json", '{"name": "docs"}')
    write("sitemap.xml", "<urlset/>")
    write("docs/admin/_category_.json", '{"label": "Admin"}')
    write("docs/admin/overview.md", "---\nid: overview\n---\nFor admins.")
    write("docs/user/overview.md", "---\nid: overview\n---\nFor users.")
    write("docs/user/badge.mdx", "import X from 'x';\n\nShow your badge.")
    write("docs/user/next.md", "---\ndraft: true\n---\nNot yet.")
    write("docs/user/old.md", "---\npublished: false\n---\nNot any more.")
    root = write("docs/user/a.png", b"").parents[2]
    loaded = load_articles([root])
    assert {article.id: article.body for article in loaded.articles} == {
        "overview": "For admins.",
        "docs/user/overview.md": "For users.",
        "docs/user/badge.mdx": "Show your badge.",
    }
    assert loaded.rejected == ()
    assert loaded.skipped == {"draft": 2, "site file": 3, "unsupported": 1}
    assert any("1 .png" in warning for warning in loaded.warnings)
    assert any("stated by several articles" in warning for warning in loaded.warnings)


def test_an_id_stays_with_the_article_that_has_it(write: Write) -> None:
    write("a/overview.md", "---\nid: overview\n---\nNew.")
    root = write("b/overview.md", "---\nid: overview\n---\nOld.").parents[1]
    held = {"overview": (str(root), "b/overview.md")}
    loaded = load_articles([root], held=held.get)
    assert {article.id: article.body for article in loaded.articles} == {
        "overview": "Old.",
        "a/overview.md": "New.",
    }


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("tsconfig.build.json", True),
        ("a/b/PACKAGE.json", True),
        ("sitemap-en.xml", True),
        ("api.openapi.json", True),
        ("export.json", False),
        ("entities.xml", False),
        ("package.md", False),
    ],
)
def test_site_files_are_known_by_name(name: str, known: bool) -> None:
    assert is_site_file(name) is known


def test_an_export_under_such_a_name_is_read(load_text: LoadText) -> None:
    export = '{"articles": [{"id": 1, "title": "T", "body": "<p>B</p>", "user_segment_id": null}]}'
    assert [article.body for article in load_text("search.json", export).articles] == ["B"]


@pytest.mark.parametrize(
    ("front", "updated"),
    [
        ("lastmod: 2026-05-01", "2026-05-01"),
        ("last_modified_at: 2026-05-02", "2026-05-02"),
        ("ms.date: 03/14/2026", "2026-03-14"),
        ("ms.date: soon", None),
        ("updated: 2026-05-03\nlastmod: 2026-05-01", "2026-05-03"),
    ],
)
def test_dates_of_generators_count(load_text: LoadText, front: str, updated: str | None) -> None:
    (article,) = load_text("a.md", f"---\n{front}\n---\nText.").articles
    assert article.updated == updated
