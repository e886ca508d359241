"""What of a Word document is no content, or content that mammoth passes over.

Hidden text (`w:vanish`) and tables of contents go. Simple fields are put in the place of what
wraps them, and formulas written on one line: (a+b)/2, x^2. After ECMA-376 Part 1, 17.3.2.41
(vanish), 17.16 (fields), 22.1 (Office Math).
"""

from __future__ import annotations

from lxml import etree

__all__ = ["prepare"]

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"


def prepare(trees: dict[str, etree._Element]) -> None:
    """Change a package's text parts in place: the body, footnotes and endnotes."""
    hidden_styles = _hidden_styles(trees.get("word/styles.xml"))
    contents_styles = _contents_styles(trees.get("word/styles.xml"))
    for name in ("word/document.xml", "word/footnotes.xml", "word/endnotes.xml"):
        root = trees.get(name)
        if root is not None:
            _drop_contents(root, contents_styles)
            _write_formulas(root)
            _unwrap_fields(root)
            _drop_hidden(root, hidden_styles)


def _is_on(toggle: etree._Element | None) -> bool | None:
    """Return whether a toggle property is on; None where it isn't stated."""
    if toggle is None:
        return None
    return (toggle.get(_W + "val") or "true").lower() not in ("0", "false", "off", "none")


def _vanishes(properties: etree._Element | None) -> bool | None:
    return None if properties is None else _is_on(properties.find(_W + "vanish"))


def _hidden_styles(styles: etree._Element | None) -> dict[str, bool]:
    """Return style → whether its text is hidden, as inherited; the nearest statement holds."""
    own: dict[str, bool | None] = {}
    based: dict[str, str] = {}
    for style in [] if styles is None else styles.iter(_W + "style"):
        name = style.get(_W + "styleId") or ""
        parent = style.find(_W + "basedOn")
        own[name] = _vanishes(style.find(_W + "rPr"))
        based[name] = "" if parent is None else parent.get(_W + "val") or ""
    resolved = {}
    for name in own:
        at, seen = name, set[str]()
        while at in own and own[at] is None and at not in seen:
            seen.add(at)
            at = based[at]
        resolved[name] = bool(own.get(at))
    return resolved


def _contents_styles(styles: etree._Element | None) -> frozenset[str]:
    """Return the ids of the styles of a table of contents: "toc 1" and so on."""
    found = set()
    for style in [] if styles is None else styles.iter(_W + "style"):
        name = style.find(_W + "name")
        words = "" if name is None else (name.get(_W + "val") or "").lower()
        if words in ("toc heading", *(f"toc {level}" for level in range(1, 10))):
            found.add(style.get(_W + "styleId") or "")
    return frozenset((*found, *(f"TOC{level}" for level in range(1, 10))))


def _style(properties: etree._Element | None, tag: str) -> str:
    style = None if properties is None else properties.find(_W + tag)
    return "" if style is None else style.get(_W + "val") or ""


def _drop_hidden(root: etree._Element, hidden_styles: dict[str, bool]) -> None:
    for run in list(root.iter(_W + "r")):
        properties = run.find(_W + "rPr")
        hidden = _vanishes(properties)
        if hidden is None and (name := _style(properties, "rStyle")):
            hidden = hidden_styles.get(name) or None
        if hidden is None:
            paragraph = next(run.iterancestors(_W + "p"), None)
            name = "" if paragraph is None else _style(paragraph.find(_W + "pPr"), "pStyle")
            hidden = hidden_styles.get(name, False)
        if hidden:
            _remove(run)
    for row in list(root.iter(_W + "tr")):
        row_properties = row.find(_W + "trPr")
        if row_properties is not None and _is_on(row_properties.find(_W + "hidden")):
            _remove(row)


def _drop_contents(root: etree._Element, contents_styles: frozenset[str]) -> None:
    for block in list(root.iter(_W + "sdt")):
        gallery = block.find(f"{_W}sdtPr/{_W}docPartObj/{_W}docPartGallery")
        if gallery is not None and gallery.get(_W + "val") == "Table of Contents":
            _remove(block)
    for paragraph in list(root.iter(_W + "p")):
        if _style(paragraph.find(_W + "pPr"), "pStyle") in contents_styles:
            _remove(paragraph)


def _unwrap_fields(root: etree._Element) -> None:
    for field in list(root.iter(_W + "fldSimple")):
        parent = field.getparent()
        if parent is not None:
            for child in list(field):
                field.addprevious(child)
            _remove(field)


def _remove(element: etree._Element) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def _write_formulas(root: etree._Element) -> None:
    for formula in list(root.iter(_M + "oMath")):
        run = etree.Element(_W + "r")
        text = etree.SubElement(run, _W + "t")
        text.text = _linear(formula, 0)
        text.set(_SPACE, "preserve")
        target = formula.getparent()
        if target is not None and target.tag == _M + "oMathPara":
            # A formula on a line of its own: its paragraph holds the run instead.
            target.addprevious(run)
        elif target is not None:
            formula.addprevious(run)
        _remove(formula)


_DEEPEST = 100


def _linear(element: etree._Element, depth: int) -> str:
    """Return a formula on one line."""
    if depth > _DEEPEST:
        return "".join(element.itertext())

    def part(name: str) -> str:
        return "".join(_linear(child, depth + 1) for child in element.findall(_M + name))

    name = str(element.tag).rpartition("}")[2]
    if name == "t":
        return element.text or ""
    if name == "f":
        return f"{_grouped(part('num'))}/{_grouped(part('den'))}"
    if name in ("sSup", "sSub", "sSubSup"):
        below, above = part("sub"), part("sup")
        return (
            part("e") + (f"_{_grouped(below)}" if below else "")
            + (f"^{_grouped(above)}" if above else "")
        )  # fmt: skip
    if name == "rad":
        degree = part("deg")
        return f"{degree}√{_grouped(part('e'))}"
    if name == "d":
        properties = element.find(_M + "dPr")
        tags = ("begChr", "endChr")
        marks = [None if properties is None else properties.find(_M + tag) for tag in tags]
        opening, closing = (
            default if mark is None else mark.get(_M + "val") or ""
            for mark, default in zip(marks, "()", strict=True)
        )
        inner = ", ".join(_linear(child, depth + 1) for child in element.findall(_M + "e"))
        return f"{opening}{inner}{closing}"
    if name == "nary":
        character = element.find(f"{_M}naryPr/{_M}chr")
        sign = "∫" if character is None else character.get(_M + "val") or "∫"
        limits = (f"_{_grouped(part('sub'))}" if part("sub") else "") + (
            f"^{_grouped(part('sup'))}" if part("sup") else ""
        )
        return f"{sign}{limits} {part('e')}"
    if name.endswith("Pr"):
        return ""
    return "".join(_linear(child, depth + 1) for child in element)


def _grouped(text: str) -> str:
    return text if len(text) <= 1 or text.isalnum() else f"({text})"
