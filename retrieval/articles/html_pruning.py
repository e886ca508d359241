"""What of an HTML tree is no content goes; what opens with a click stays.

Accordions, tabs, `<details>` and the panels that a button shows are content, whether they are
open or not. Scripts, navigation, forms, dialogs and whatever is hidden for good are not.
"""

from __future__ import annotations

import re

from lxml.html import HtmlElement

from retrieval.articles.html_tabs import label_panels

__all__ = ["INLINE", "prune"]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


INLINE = _words(
    "a abbr acronym b bdi bdo big cite code data dfn em font i ins kbd label mark output q ruby "
    "rb rt samp slot small span strong sub sup time tt u var wbr"
)
"""Elements that are part of a line of text."""

_DROPPED = _words(
    "script style noscript template head nav footer aside form select textarea input svg canvas "
    "iframe object embed audio video map dialog del s strike rp progress meter"
)
_DROPPED_ROLES = _words(
    "navigation banner contentinfo search complementary menu menubar toolbar dialog alertdialog"
)
_NOTE = re.compile(r"\b(note|tip|info|warning|caution|important|callout|admonition|alert)\b", re.I)
_ASIDE_JUNK = re.compile(
    r"related|recommend|sidebar|side-bar|toc\b|nav|menu|share|social|promo|advert|newsletter", re.I
)
_FORM_JUNK = re.compile(
    r"search|newsletter|subscri|feedback|vote|rating|comment|login|log-in|sign|contact|survey", re.I
)
_SKIPPED = re.compile(
    r"\b(skip-(link|to-content)|headerlink|breadcrumbs?|footnote-backref|toc-macro|sr-only-link)\b"
)
_PANEL = re.compile(
    r"accord|collaps|tab-?(pane|panel|content|block)|panel|expand|toggle|faq|answer|disclos|"
    r"details|reveal|spoiler|drawer-content",
    re.I,
)
_CODE_SCRIPT = re.compile(r"syntaxhighlighter|text/(plain|x-code)|prettyprint", re.I)
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_IN_TEXT = ("p", "li", "td", "th", "dd", "span", "strong", "b", "em", "label", "figcaption")


def prune(root: HtmlElement) -> None:
    """Take out what is no content, keeping the text around it."""
    label_panels(root)
    controlled = _controlled(root)
    for element in list(root.iter()):
        if not isinstance(element.tag, str):
            _drop(element)
            continue
        tag = element.tag
        if element is root or tag in ("html", "body"):
            continue
        if tag in _DROPPED:
            _judge(element, tag)
        elif tag == "button":
            _button(element)
        elif (
            (element.get("role") or "").lower() in _DROPPED_ROLES
            or (_is_hidden(element) and not _is_panel(element, controlled))
            or (tag == "header" and _is_page_header(element))
            or _SKIPPED.search(element.get("class") or "")
        ):
            _drop(element)


def _drop(element: HtmlElement) -> None:
    if element.getparent() is not None:
        element.drop_tree()


def _judge(element: HtmlElement, tag: str) -> None:
    """Drop an element of a kind that is no content mostly, or keep what of it is."""
    named = f"{element.get('class') or ''} {element.get('id') or ''} {element.get('role') or ''}"
    if tag == "form" and _holds_article(element, named):
        element.tag = "div"
        for label in list(element.iter("label")):
            if next(element.iter("input", "select", "textarea"), None) is not None:
                _drop(label)
    elif tag == "aside" and (_NOTE.search(named) or _is_in_article(element, named)):
        element.tag = "div"
    elif tag == "input" and _shown_value(element) is not None:
        element.tag, element.text = "span", _shown_value(element)
    elif tag == "script" and _CODE_SCRIPT.search(f"{element.get('type') or ''} {named}"):
        text = (element.text or "").strip()
        element.tag = "pre"
        element.text = text.removeprefix("<![CDATA[").removesuffix("]]>")
    else:
        _drop(element)


def _holds_article(form: HtmlElement, named: str) -> bool:
    """Some servers wrap whole pages in a form, some authors an explanation."""
    if next(form.iter("main", "article", "h1"), None) is not None:
        return True
    if _FORM_JUNK.search(named + (form.get("action") or "")):
        return False
    words = sum(len(block.text_content().split()) for block in form.iter("p", "li", "table"))
    return words >= 4


def _is_in_article(aside: HtmlElement, named: str) -> bool:
    """Tell a box beside the text from a column beside the article."""
    inside = any(above.tag in ("main", "article") for above in aside.iterancestors())
    links = sum(len(link.text_content()) for link in aside.iter("a"))
    text = len(aside.text_content().strip())
    begins = aside.text_content().strip()[:40]
    return inside and not _ASIDE_JUNK.search(f"{named} {begins}") and links * 2 <= text


def _shown_value(field: HtmlElement) -> str | None:
    """Return what a field shows in the middle of a text."""
    kind = (field.get("type") or "text").lower()
    if kind == "checkbox":
        return "[x] " if field.get("checked") is not None else "[ ] "
    parent = field.getparent()
    if kind == "text" and field.get("value") and parent is not None and parent.tag in _IN_TEXT:
        return field.get("value")
    return None


def _is_hidden(element: HtmlElement) -> bool:
    return element.get("hidden") is not None or element.get("aria-hidden") == "true"


def _controlled(root: HtmlElement) -> frozenset[str]:
    """Return the ids of what buttons, tabs and links to open something refer to."""
    ids = set()
    for element in root.iter("button", "a", "summary", "div", "span", "h2", "h3", "h4", "dt", "li"):
        for name in ("aria-controls", "data-target", "data-bs-target", "data-toggle-target"):
            if value := element.get(name):
                ids.update(value.replace("#", " ").split())
    return frozenset(ids)


def _is_panel(element: HtmlElement, controlled: frozenset[str]) -> bool:
    """Tell whether a hidden element is one that a reader opens."""
    if element.tag in INLINE:
        return False
    if (
        (element.get("hidden") or "").lower() == "until-found"
        or element.tag == "dd"
        or (element.get("role") or "").lower() in ("tabpanel", "region")
        or element.get("aria-labelledby") is not None
        or element.get("id") in controlled
        or _PANEL.search(f"{element.get('class') or ''} {element.get('id') or ''}")
    ):
        return True
    before = element.getprevious()
    return before is not None and (
        before.tag in ("button", "summary")
        or before.get("aria-expanded") is not None
        or next(before.iter("button"), None) is not None
        or next(iter(before.xpath(".//*[@aria-expanded or @role='button']")), None) is not None
    )


def _is_page_header(header: HtmlElement) -> bool:
    parent = header.getparent()
    return parent is not None and parent.tag == "body" and next(header.iter("h1"), None) is None


def _button(button: HtmlElement) -> None:
    """Keep a button that is a heading or a word of a sentence, drop one that acts."""
    parent = button.getparent()
    if parent is None:
        return
    if next(button.iter(*_HEADINGS), None) is not None:
        button.tag = "div"
    elif any(above.tag in (*_HEADINGS, "dt", "summary") for above in button.iterancestors()):
        button.tag = "span"
    elif button.get("aria-expanded") is not None or button.get("aria-controls") is not None:
        label = button.text_content().strip()
        button.tag = "p" if len(label.split()) > 1 or label.endswith("?") else "span"
        if button.tag == "span" and not _has_text_beside(button):
            _drop(button)
    elif parent.tag in _IN_TEXT or _has_text_beside(button):
        button.tag = "span"
    else:
        _drop(button)


def _has_text_beside(element: HtmlElement) -> bool:
    before, parent = element.getprevious(), element.getparent()
    text = (parent.text if before is None and parent is not None else None) or (
        before.tail if before is not None else None
    )
    return bool((text or "").strip() or (element.tail or "").strip())
