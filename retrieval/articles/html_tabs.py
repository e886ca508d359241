"""Tabs: every panel gets its tab's label as a line of its own, and the row of tabs goes."""

from __future__ import annotations

import re

from lxml.html import Element, HtmlElement

__all__ = ["label_panels"]

_LIST_CLASS = re.compile(r"\b(nav-tabs|nav-pills|tabbed-labels|tab-?list|tabs__list|tab-nav)\b")
_PANEL_CLASS = re.compile(r"\b(tab-?pane|tabbed-block|tab-?panel|tabs__panel)\b")


def label_panels(root: HtmlElement) -> None:
    """Put labels before panels, as far as they can be told apart."""
    for tabs in list(root.iter("ul", "ol", "div", "nav")):
        if tabs is root or tabs.getparent() is None:
            continue
        if tabs.get("role") == "tablist" or _LIST_CLASS.search(tabs.get("class") or ""):
            labels = _labels(tabs)
            panels = _panels(root, tabs, labels)
            if labels and len(panels) == len(labels):
                for label, panel in zip(labels, panels, strict=True):
                    line = Element("p")
                    line.text = " ".join(label.text_content().split())
                    panel.insert(0, line)
                    line.tail, panel.text = panel.text, None
                tabs.drop_tree()


def _labels(tabs: HtmlElement) -> list[HtmlElement]:
    marked = [one for one in tabs.iter() if isinstance(one.tag, str) and one.get("role") == "tab"]
    if marked:
        return marked
    return list(tabs.iter("button", "label")) or list(tabs.iter("a")) or list(tabs.iter("li"))


def _panels(root: HtmlElement, tabs: HtmlElement, labels: list[HtmlElement]) -> list[HtmlElement]:
    """Return the panels in the order of the labels: as they name them, or as they follow."""
    named = [_named(root, label) for label in labels]
    found = [panel for panel in named if panel is not None]
    if labels and len(found) == len(labels):
        return found
    # What stands behind the row of tabs, or behind what holds it.
    for holder in (tabs, *list(tabs.iterancestors())[:2]):
        if holder is root:
            break
        for sibling in (holder, *holder.itersiblings()):
            panels = [
                one
                for one in sibling.iter()
                if isinstance(one.tag, str)
                and (one.get("role") == "tabpanel" or _PANEL_CLASS.search(one.get("class") or ""))
            ]
            if panels and sibling is not tabs:
                behind = [
                    one for other in holder.itersiblings() for one in other.iter()
                    if isinstance(one.tag, str)
                    and (
                        one.get("role") == "tabpanel"
                        or _PANEL_CLASS.search(one.get("class") or "")
                    )
                ]  # fmt: skip
                return (behind or panels)[: len(labels)]
    return []


def _named(root: HtmlElement, label: HtmlElement) -> HtmlElement | None:
    for element in (label, *label.iter("a", "button")):
        for name in ("aria-controls", "data-bs-target", "data-target", "href"):
            target = (element.get(name) or "").lstrip("#")
            if target and "/" not in target:
                found = root.get_element_by_id(target, None)
                if found is not None:
                    return found
    return None
