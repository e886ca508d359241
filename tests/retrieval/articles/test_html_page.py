from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from loading_types import LoadText

from retrieval.articles import load_articles

SAMPLE = """\
Use the VPN whenever you are not in an office. It takes a minute
and needs your authenticator.

## Steps

1. Start Baseline from the menu bar.
2. Choose a gateway:
   - Dublin
   - Denver
3. Approve the prompt on your phone.
   ```
   baseline connect --gateway dub
   baseline status
   ```

If that fails, go on:

4. Restart the client.

| Gateway | Address IPv4 | Address IPv6 |
| --- | --- | --- |
| Dublin | 192.0.2.10 | 2001:db8::10 |
| Dublin | 192.0.2.11 | 2001:db8::11 |
| Denver | on request |  |

- Gateway: The server you connect to.
- MFA: A second proof.

Guests can't use the VPN."""


def test_load_reads_the_sample(samples: Path) -> None:
    (article,) = load_articles([samples / "html"]).articles
    assert (article.id, article.title) == ("vpn.html", "Connect to the VPN")
    assert article.url == "https://help.varrowby.example.com/it/vpn"
    assert article.updated == "2026-01-20T08:00:00Z"
    assert article.body == SAMPLE


@pytest.mark.parametrize(
    ("html", "title", "body"),
    [
        ("<title>T</title><p>x", "T", "x"),
        ("<title>T | Site</title><h1>T</h1><p>x", "T", "x"),
        ("<title>T</title><h1>A</h1>x<h1>B</h1>", "T", "# A\n\nx\n\n# B"),
        ("<p>x", "my page", "x"),
        ("<p>no<main><p>x</main>", "my page", "x"),
        ("<p>no<div role=main>x</div>", "my page", "x"),
        ("<p>no<article>x</article>", "my page", "x"),
        ("<p>x<article>y</article><article>z</article>", "my page", "x\n\ny\n\nz"),
        ("<main></main><p>x", "my page", "x"),
        ("<h1>T</h1><main>x</main>", "T", "x"),
    ],
)
def test_load_finds_title_and_content(
    load_text: LoadText, html: str, title: str, body: str
) -> None:
    (article,) = load_text("my-page.html", html).articles
    assert (article.title, article.body) == (title, body)


@pytest.mark.parametrize(
    "raw",
    [
        "<meta charset=windows-1252><p>é“".encode("cp1252"),
        '<meta http-equiv=Content-Type content="text/html; charset=iso-8859-1"><p>é“'.encode(
            "cp1252"
        ),
        "<meta charset=utf-8><p>é“".encode(),
        "<meta charset=utf-16><p>é“".encode(),
        "<meta charset=base64><p>é“".encode(),
        "<meta charset=no-such><p>é“".encode(),
        "<p>é“".encode("utf-16"),
        "<?xml version='1.0' encoding='iso-8859-1'?><p>é“".encode(),
    ],
)
def test_load_decodes_as_declared(load_text: LoadText, raw: Any) -> None:
    (article,) = load_text("a.html", raw).articles
    assert article.body == "é“"


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"<p>\xe9", "byte 0xE9 at offset 3"),
        (b"<meta charset=shift_jis><p>\xe9\xff", "declares the charset 'shift_jis', but is not"),
        (b"<div>" * 5000, "nested too deeply"),
        (b"<p>" + b"x" * 40_000_001, "at most 40,000,000 are taken in"),
    ],
)
def test_load_refuses_what_it_cannot_read(load_text: LoadText, raw: Any, reason: str) -> None:
    loaded = load_text("a.html", raw)
    assert not loaded.articles
    assert reason in loaded.rejected[0].reason


def test_load_takes_only_absolute_canonical_links(load_text: LoadText) -> None:
    (article,) = load_text("a.html", "<link rel=canonical href=/x><p>x").articles
    assert article.url is None


def test_load_reads_confluence_pages_by_sight(samples: Path) -> None:
    loaded = load_articles([samples / "confluence_html"])
    (article,) = loaded.articles
    assert (article.id, article.title, article.format) == ("65701", "Parking", "confluence")
    assert article.updated == "2026-02-03"
    assert article.body == (
        "There are 40 spaces.\n\n| Level | For |\n| --- | --- |\n"
        "| -1 | Visitors; Electric cars |\n\n"
        "Height\n\n1.95 m at most.\n\n```\ngate open\n```"
    )
    assert dict(loaded.skipped) == {"index": 1}


def test_load_gives_confluence_pages_the_default_audience(samples: Path) -> None:
    (article,) = load_articles([samples / "confluence_html"], audience=("staff",)).articles
    assert article.audience == ("staff",)


def test_load_confluence_page_without_crumbs_or_date(load_text: LoadText) -> None:
    page = (
        "<h1 id=title-heading><span id=title-text>Space : A page</span></h1>"
        "<div class='page-metadata'>last modified on Foo 99, 2026</div><div id=main-content>x</div>"
    )
    (article,) = load_text("A-page.html", page).articles
    assert (article.id, article.title, article.updated) == ("A-page.html", "A page", None)
