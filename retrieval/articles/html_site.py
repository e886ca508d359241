"""What of a saved page is the site around the article, where the markup doesn't say.

Pages built of `<div>`s name their parts by class and id: menus, cookie banners, votes, comments,
related articles, language lists, footers. A part goes by its name, by its heading, or by what
it says; never one that holds the article or much of the text.
"""

from __future__ import annotations

import re

from lxml.html import HtmlElement

__all__ = ["strip_site"]

_BLOCKS = ("div", "section", "ul", "ol", "form", "p", "table", "dl", "aside", "span", "details")

_JUNK = re.compile(
    r"(?:^|[\s_-])(?:"
    r"cookies?|consent|gdpr|navbar|navigation|nav|topnav|sidenav|menus?|mega-?menu|breadcrumbs?|"
    r"footer|(?:page|site|global|article)-?(?:footer|nav)|"
    r"(?:article|post|user)-?comments?|comments|comment-?(?:list|section|box|form)|disqus|"
    r"votes?|voting|helpful|was-?this-?helpful|"
    r"feedback|ratings?|"
    r"related|recommended|recently-?viewed|promoted-?articles|see-?also|more-?articles|"
    r"shar(?:e|ing)|social|newsletter|subscribe|subscription|"
    r"lang(?:uage)?s?-?(?:list|switch(?:er)?|select(?:or)?|menu|picker|chooser|links|dropdown)|"
    r"languages|locale-?(?:list|picker|switch(?:er)?)|"
    r"toc|table-?of-?contents|on-?this-?page|pagination|pager|prev-?next|"
    r"search-?(?:form|box|bar|container|results)?|advert(?:isement)?s?|ads?|"
    r"login|sign-?in|skip-?links?|back-?to-?top|chat-?widget|modal|popup|toast|"
    r"article-?(?:meta|votes|share|relatives|return-to-top|more-questions)|"
    r"edit-?(?:page|this-page|link)|contributors?|tags?-?list"
    r")(?:$|[\s_-])",
    re.IGNORECASE,
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_JUNK_HEADING = re.compile(
    r"\W*(?:related (?:articles?|content|topics?|information|links|questions|resources)|"
    r"(?:people )?also (?:read|viewed)|recommended (?:articles?|for you|reading)|"
    r"(?:recently viewed|promoted|popular|other|more|latest) articles?(?: in this section)?|"
    r"articles in this section|"
    r"(?:\d+ )?comments?(?: \(\d+\))?|leave a (?:comment|reply)|share(?: this)?(?: page| article)?|"
    r"on this page|in this article|table of contents|"
    r"(?:was|is|did) this (?:article|page|information|answer|content|help)\b.*|"
    r"did you find (?:it|this).*helpful\??|have more questions\??.*|still need help\??|"
    r"(?:choose|select|change) (?:your |a )?language.*|verwandte (?:artikel|beiträge)|"
    r"war dieser (?:artikel|beitrag) hilfreich\??|ähnliche artikel|kommentare)\W*",
    re.IGNORECASE,
)
_JUNK_LINE = re.compile(
    r"\W*(?:(?:was|is|did) this (?:article|page|information|answer|content) .{0,40}\?.{0,40}|"
    r"\d[\d,.]* (?:out )?of \d[\d,.]* (?:people )?found this helpful.{0,20}|"
    r"did you find (?:it|this).{0,30}helpful\??.{0,20}|"
    r"have more questions\?.{0,40}|still (?:need help|have questions)\?.{0,60}|"
    r"(?:yes\W+no|print|share|follow|edit this page(?: on github)?|back to top|return to top)|"
    r"we use cookies.{0,200}|(?:©|copyright|\(c\)) ?.{0,120}|all rights reserved.{0,40}|"
    r"(?:powered by|theme by) .{0,40}|skip to (?:main )?content|"
    r"war dieser (?:artikel|beitrag) hilfreich\?.{0,40})\W*",
    re.IGNORECASE,
)
_MOST = 0.4
"""A part with more of the page's text than this is kept, whatever it is called."""


def strip_site(root: HtmlElement) -> None:
    """Take out of a page's content what belongs to the site."""
    total = max(len(root.text_content().split()), 1)
    for element in list(root.iter(*_BLOCKS)):
        if element is root or element.getparent() is None:
            continue
        if _is_junk(element) and not _holds_article(element, total):
            element.drop_tree()
    _drop_menus(root)


def _is_junk(element: HtmlElement) -> bool:
    if element.get("role") in ("tablist", "tabpanel", "tab"):
        return False
    named = " ".join(filter(None, (element.get("class"), element.get("id"))))
    if element.tag != "span" and named and _JUNK.search(_CAMEL.sub("-", named)):
        return True
    if element.tag == "span":
        return False
    heading = next((one for one in element if isinstance(one.tag, str)), None)
    if heading is not None and heading.tag in ("h2", "h3", "h4", "h5", "h6", "p", "strong"):
        text = " ".join(heading.text_content().split())
        if len(text) < 80 and heading.tag != "p" and _JUNK_HEADING.fullmatch(text):
            return _mostly_links(element) or len(element.text_content().split()) < 40
    text = " ".join(element.text_content().split())
    return len(text) < 240 and bool(_JUNK_LINE.fullmatch(text))


def _mostly_links(element: HtmlElement) -> bool:
    text = len("".join(element.text_content().split()))
    linked = sum(len("".join(link.text_content().split())) for link in element.iter("a"))
    return linked * 2 > text


def _holds_article(element: HtmlElement, total: int) -> bool:
    if next(element.iter("main", "article", "h1"), None) is not None:
        return True
    return len(element.text_content().split()) > max(_MOST * total, 30) and not _mostly_links(
        element
    )


def _drop_menus(root: HtmlElement) -> None:
    """Drop lists of nothing but links that stand before the page's first heading."""
    first = next(root.iter("h1", "h2"), None)
    if first is None:
        return
    for element in list(root.iter()):
        if element is first:
            return
        if element.tag in ("ul", "ol") and element.getparent() is not None:
            items = list(element.iter("li"))
            links = sum(len(one.text_content().split()) for one in element.iter("a"))
            words = len(element.text_content().split())
            if len(items) >= 2 and words and links >= 0.9 * words and words <= 6 * len(items):
                element.drop_tree()
