"""HTML to light Markdown: the one cleaning path behind every rich format.

What comes out: ATX headings, `- ` and `1. ` lists with nested ones indented under their
item, pipe tables with a header row, fenced code. What goes: markup of single words, links
(their text stays), pictures (a description in words stays), and whatever is not the
article: scripts, navigation, forms, page footers. Support answers live in lists, numbered
steps and tables, so those come through whole, with their numbers.

The renderer is our own: markdownify and its kind escape characters and keep
emphasis and link syntax, which would then stand in every quote, and leave merged table
cells and layout tables as they come.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml.html import HtmlElement

from retrieval.articles.html_parsing import parse_html
from retrieval.articles.html_pruning import INLINE, prune
from retrieval.articles.tables import grid_of, is_layout, pipe_table

__all__ = ["drop_leading_title", "plain", "readable", "render"]

_MAX_DEPTH = 100
"""Elements nested deeper than this give their text as one paragraph: the stack is finite."""


_SPACE = re.compile(r"[ \t\r\n\f\v\u00a0]+")
_AROUND_BREAK = re.compile(r" *\n *")
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\ufeff\u00ad"))
_TYPED_BULLET = re.compile(r"[•·▪◦‣●○■][ \t]*(?=\S)")
_FENCE = re.compile(r"`{3,}")
_DULL_ALT = re.compile(
    r"(?:images?|img|photos?|pictures?|icons?|logo|screen[ -]?shots?|graphics?|null|undefined|"
    r"untitled|spacer|bullet|arrow|figure)?[\s_.-]*\d*",
    re.I,
)
_FILE_NAME = re.compile(r"\S+\.(?:png|jpe?g|gif|svg|webp|bmp|tiff?)$", re.I)
_EMOTICON = re.compile(r"[(:][\w -]+[):]$")


def readable(html: str) -> str:
    r"""Return a page's or fragment's content as light Markdown.

    Raises:
        ArticleError: As `parse_html`.

    Example:
        >>> readable("<ol><li>Open <b>Settings</b>.<li>Choose <a href='/x'>Wi-Fi</a>.</ol>")
        '1. Open Settings.\n2. Choose Wi-Fi.'
    """
    return render(parse_html(html))


def plain(element: HtmlElement) -> str:
    """Return an element's text on one line."""
    return _tidy("".join(element.itertext()).replace("\n", " "))


def drop_leading_title(body: str, title: str) -> str:
    r"""Return the body without a first heading that only repeats the title.

    Example:
        >>> drop_leading_title("# VPN\n\nStart it.", "VPN")
        'Start it.'
    """
    first, _, rest = body.partition("\n")
    heading = first.lstrip("#").strip()
    if first.startswith("#") and " ".join(heading.split()) == " ".join(title.split()):
        return rest.lstrip("\n")
    return body


def render(root: HtmlElement) -> str:
    """Return an element's content as light Markdown; the tree is pruned on the way."""
    prune(root)
    return "\n\n".join(_Blocks(0).of(root))


_CHILDREN = {
    "table": ("tr", "thead", "tbody", "tfoot", "colgroup", "col"),
    "thead": ("tr",),
    "tbody": ("tr",),
    "tfoot": ("tr",),
    "tr": (),
    "dl": ("div", "template"),
}
"""What may stand in a table or definition list beside cells."""


class _Picture(str):
    """A picture's description among the text of a paragraph."""

    __slots__ = ()


class _Blocks:
    """Turns one element's content into blocks of text.

    Args:
        depth: How deeply nested the element is.
        flat: Whether headings are mere text, as inside a list item or a table cell.
    """

    def __init__(self, depth: int, *, flat: bool = False) -> None:
        self._depth = depth
        self._flat = flat
        self._blocks: list[str] = []
        self._line: list[str] = []

    def of(self, element: HtmlElement) -> list[str]:
        """Return the blocks of an element's content, each without blank ends."""
        self._content(element, self._depth)
        self._flush()
        return self._blocks

    def _content(self, element: HtmlElement, depth: int) -> None:
        if depth > _MAX_DEPTH:
            self._text("".join(element.itertext()))
            return
        self._text(element.text)
        for child in element:
            self._child(child, depth + 1)
            self._text(child.tail)

    def _child(self, element: HtmlElement, depth: int) -> None:
        tag = element.tag
        if not isinstance(tag, str):
            return
        if tag == "br":
            self._line.append("\n")
        elif tag == "img":
            self._picture(element)
        elif tag == "sup":
            self._raised(element, depth)
        elif tag == "q":
            self._line.append('"')
            self._content(element, depth)
            self._line.append('"')
        elif tag in INLINE:
            self._content(element, depth)
        else:
            self._flush()
            self._block(element, tag, depth)
            self._flush()

    def _block(self, element: HtmlElement, tag: str, depth: int) -> None:
        if depth > _MAX_DEPTH:
            self._text("".join(element.itertext()))
        elif tag in ("ul", "ol", "menu", "dir"):
            self._add("\n".join(_list(element, depth)))
        elif tag == "li":
            content = _Blocks(depth, flat=True).of(element)
            self._add(_item("- ", content) if content else "")
        elif tag == "dl":
            self._strays(element, depth)
            self._add("\n".join(filter(None, _definitions(element, depth))))
        elif tag == "table":
            self._table(element, depth)
        elif tag in ("pre", "listing", "xmp"):
            self._add(_code(element))
        elif len(tag) == 2 and tag[0] == "h" and tag[1] in "123456":
            self._heading(element, int(tag[1]), depth)
        elif tag != "hr":
            self._content(element, depth)

    def _text(self, text: str | None) -> None:
        if text:
            self._line.append(_SPACE.sub(" ", text))

    def _picture(self, element: HtmlElement) -> None:
        alt = _tidy(_SPACE.sub(" ", element.get("alt") or ""))
        if not (
            len(alt) < 3
            or _DULL_ALT.fullmatch(alt)
            or _FILE_NAME.fullmatch(alt)
            or _EMOTICON.fullmatch(alt)
        ):
            self._line.append(_Picture(f" {alt} "))

    def _raised(self, element: HtmlElement, depth: int) -> None:
        """Write 10<sup>6</sup> as 10^6, and a footnote's mark in brackets."""
        text = plain(element)
        if next(element.iter("a"), None) is not None:
            self._line.append(text if text.startswith("[") else f"[{text}]")
        elif text[:1].isdigit() and "".join(self._line)[-1:].isdigit():
            self._line.append("^" + text)
        else:
            self._content(element, depth)

    def _heading(self, element: HtmlElement, level: int, depth: int) -> None:
        parts = _Blocks(depth, flat=True).of(element)
        text = " ".join(" ".join(parts).split()).rstrip("¶").rstrip()
        if text and not self._flat:
            text = "#" * level + " " + text.lstrip("#").lstrip()
        self._add(text)

    def _table(self, element: HtmlElement, depth: int) -> None:
        grid = grid_of(element)
        self._strays(element, depth)
        for caption in element.iterchildren("caption"):
            self._blocks.extend(_Blocks(depth, flat=True).of(caption))
        if is_layout(element, grid):
            for row in grid.rows:
                for cell in row:
                    self._blocks.extend(_Blocks(depth + 1, flat=self._flat).of(cell))
        else:
            table = pipe_table(grid, lambda cell: _in_cell(_Blocks(depth + 1, flat=True).of(cell)))
            self._add(table)

    def _strays(self, element: HtmlElement, depth: int) -> None:
        """Read what broken markup puts into a table or list beside its cells."""
        expected = _CHILDREN[str(element.tag)]
        cells = ("dt", "dd") if element.tag == "dl" else ("td", "th", "caption")
        self._text(element.text)
        for child in element:
            tag = child.tag
            if not isinstance(tag, str) or tag in cells:
                pass
            elif tag in _CHILDREN and tag in expected:
                self._strays(child, depth + 1)
            elif tag not in expected or next(child.iter(*cells), None) is None:
                self._child(child, depth + 1)
            self._text(child.tail)
        self._flush()

    def _add(self, block: str) -> None:
        if block.strip():
            self._blocks.append(block)

    def _flush(self) -> None:
        """End a paragraph; two line breaks in a row part paragraphs, too."""
        if not self._line:
            return
        self._part_pictures()
        text = "".join(self._line)
        self._line.clear()
        for paragraph in re.split(r"\n{2,}", _tidy(text)):
            lines = (
                _TYPED_BULLET.sub("- ", line, count=1) if line[:1] in "•·▪◦‣●○■" else line
                for line in paragraph.split("\n")
            )
            self._add("\n".join(lines).strip())

    def _part_pictures(self) -> None:
        """Give pictures at a paragraph's end a line of their own: they are no part of it."""
        for place in range(len(self._line) - 1, 0, -1):
            piece = self._line[place]
            if isinstance(piece, _Picture):
                self._line[place] = "\n" + piece
            elif piece.strip():
                break


def _tidy(text: str) -> str:
    """Return text with single spaces, none beside line breaks, and nothing invisible."""
    text = text.translate(_INVISIBLE)
    return _AROUND_BREAK.sub("\n", _SPACES.sub(" ", text)).strip()


_SPACES = re.compile(r"[ \t\r\f\v\u00a0]+")


def _list(element: HtmlElement, depth: int) -> Iterator[str]:
    ordered = element.tag == "ol"
    number = _integer(element.get("start"), 1)
    lettered = (element.get("type") or "").lower() == "a"
    step = 1
    if ordered and element.get("reversed") is not None:
        step = -1
        number = _integer(element.get("start"), sum(1 for _ in element.iterchildren("li")))
    if stray := _tidy((element.text or "").replace("\n", " ")):
        yield stray
    for child in element:
        if not isinstance(child.tag, str):
            continue
        if child.tag in ("ul", "ol"):
            # Nested without an item of its own, which browsers show one level deeper.
            nested = "\n".join(_list(child, depth + 1))
            if nested:
                yield "\n".join(_indented(nested, 3 if ordered else 2))
            yield from _tail_of_item(child, ordered=ordered)
            continue
        marker = "- "
        if ordered and child.tag == "li":
            number = _integer(child.get("value"), number)
            letter = lettered and 1 <= number <= 26
            marker = f"{chr(96 + number)}) " if letter else f"{number}. "
            number += step
        content = _Blocks(depth + 1, flat=True).of(child)
        if content:
            yield _item(marker, content)
        yield from _tail_of_item(child, ordered=ordered)


def _tail_of_item(child: HtmlElement, *, ordered: bool) -> Iterator[str]:
    """Yield text that stands in a list after an item, but in none."""
    if stray := _tidy((child.tail or "").replace("\n", " ")):
        yield " " * (3 if ordered else 2) + stray


def _item(marker: str, content: list[str]) -> str:
    """Return a list item; what follows its first block is indented under it."""
    first, *rest = "\n".join(content).split("\n")
    lines = [marker + first]
    for line in rest:
        lines.extend(_indented(line, len(marker)))
    return "\n".join(lines)


def _indented(text: str, width: int) -> Iterator[str]:
    for line in text.split("\n"):
        yield " " * width + line if line.strip() else ""


def _definitions(element: HtmlElement, depth: int) -> Iterator[str]:
    """Yield "- Term: meaning" for a definition list."""
    for child in list(element.iter("dt", "dd")):
        # Unclosed ones end up inside each other.
        parent = child.getparent()
        if parent is not None and parent.tag in ("dt", "dd"):
            parent.addnext(child)
    terms: list[str] = []
    meanings: list[str] = []
    for child in element.iter("dt", "dd"):
        owner = next(child.iterancestors("dl"), None)
        if owner is not element:
            continue
        if child.tag == "dt":
            if meanings:
                yield _definition(terms, meanings)
                terms, meanings = [], []
            terms.append(_in_cell(_Blocks(depth + 2, flat=True).of(child)))
        else:
            meanings.extend(_Blocks(depth + 2, flat=True).of(child))
    if terms or meanings:
        yield _definition(terms, meanings)


def _definition(terms: list[str], meanings: list[str]) -> str:
    term = ", ".join(term for term in terms if term)
    if not meanings:
        return f"- {term}" if term else ""
    if not term:
        return _item("- ", meanings)
    joint = " " if term.endswith((":", "?", "!", ".")) else ": "
    if "\n" in meanings[0] or meanings[0].startswith(("- ", "1. ", "|", "```")):
        return _item("- ", [(term + joint).rstrip(), *meanings])
    return _item("- ", [term + joint + meanings[0], *meanings[1:]])


def _code(element: HtmlElement) -> str:
    for line_break in list(element.iter("br")):
        line_break.tail = "\n" + (line_break.tail or "")
    text = "".join(element.itertext()).replace("\r\n", "\n").replace("\r", "\n")
    lines = [line.rstrip() for line in text.split("\n")]
    while lines and not lines[0]:
        del lines[0]
    while lines and not lines[-1]:
        del lines[-1]
    if not lines:
        return ""
    text = "\n".join(lines)
    fence = "`" * max((len(run) + 1 for run in _FENCE.findall(text)), default=3)
    return f"{fence}\n{text}\n{fence}"


def _in_cell(content: list[str]) -> str:
    """Return blocks on one line: bullets parted by semicolons, numbers kept."""
    pieces: list[str] = []
    for line in "\n".join(content).split("\n"):
        text = line.strip()
        if not text or text.startswith("```"):
            continue
        bullet = text.startswith("- ")
        text = text[2:].strip() if bullet else text
        if bullet and pieces and not pieces[-1].endswith((":", ";", ".", ",")):
            pieces[-1] += ";"
        pieces.append(text)
    return " ".join(pieces)


def _integer(value: str | None, default: int) -> int:
    text = (value or "").strip()
    if re.fullmatch(r"-?[0-9]{1,6}", text):
        return int(text)
    return default
