# ruff: noqa: E501  (markup stands as it is)
"""Saved pages built of divs: the article stays, the site around it goes."""

from __future__ import annotations

import pytest

from retrieval.articles.html_parsing import parse_html
from retrieval.articles.html_site import strip_site
from retrieval.articles.readable import render

ARTICLE = "<h1>Fees</h1><p>The fee is 12 euros a month. It is due on the third of every month, by card or transfer.</p>"


def left(html: str) -> str:
    root = parse_html(f"<body>{html}</body>")
    body = root.find("body")
    assert body is not None
    strip_site(body)
    return render(body)


@pytest.mark.parametrize(
    "junk",
    [
        "<div id=cookie-banner><p>We use cookies to improve your experience.</p></div>",
        "<div class=navbar><ul><li><a href=/>Home</a><li><a href=/p>Products</a></ul></div>",
        "<div class=footer>Copyright Norvik</div>",
        "<div class='site-footer'><p>Company, imprint and a very long list of words about us.</p></div>",
        "<div class=article-votes><span>Was this article helpful?</span><a>Yes</a><a>No</a></div>",
        "<p>Was this article helpful? Yes No</p>",
        "<div><span>12 out of 20 found this helpful</span></div>",
        "<div class=article-comments><h2>2 comments</h2><p>I paid twice last month, says Ann.</p></div>",
        "<section class=related-articles><h3>Related articles</h3><ul><li><a>Pay by card</a></ul></section>",
        "<section><h3>Related articles</h3><ul><li><a>Pay by card</a><li><a>Pay later</a></ul></section>",
        "<ul class=language-list><li><a>Deutsch</a><li><a>English</a></ul>",
        "<div class=languageSwitcher><a>Deutsch</a> <a>English</a></div>",
        "<div class=toc><ul><li><a href='#a'>Fees</a></ul></div>",
        "<div class=share-buttons>Share on all networks</div>",
        "<div>© 2026 Norvik. All rights reserved.</div>",
        "<div class=breadcrumbs>Home / Billing / Fees</div>",
    ],
)
def test_the_site_goes_and_the_article_stays(junk: str) -> None:
    kept = "# Fees\n\nThe fee is 12 euros a month. It is due on the third of every month, by card or transfer."
    assert left(junk + ARTICLE) == kept
    assert left(ARTICLE + junk) == kept


def test_menus_before_the_first_heading_go() -> None:
    menu = "<ul><li><a href=/>Home</a><li><a href=/help>Help</a></ul>"
    assert left(menu + ARTICLE).startswith("# Fees")
    assert left(ARTICLE + menu).endswith("- Home\n- Help")  # a list of links in the article


@pytest.mark.parametrize(
    "html",
    [
        f"<div class=menu-page>{ARTICLE}</div>",
        f"<div class='content nav'>{ARTICLE}</div>",
        "<h1>Fees</h1><div class=feedback><p>"
        + "Words of the article itself. " * 20
        + "</p></div>",
        "<h1>Comments in code</h1><p class=comment-syntax>A line that begins with # is one.</p>",
        "<h1>Fees</h1><h2>Related fees</h2><p>The fee for parcels is 4 euros.</p>",
    ],
)
def test_what_holds_the_article_stays(html: str) -> None:
    whole = parse_html(f"<body>{html}</body>").find("body")
    assert whole is not None
    assert left(html) == render(whole)
