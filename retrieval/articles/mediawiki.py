"""MediaWiki markup, as ServiceNow's wiki articles use it, made HTML.

What a reader sees is kept: headings, lists, tables, the words of links. Templates, references,
pictures and magic words go. After "Help:Formatting" and "Help:Tables" of mediawiki.org.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape

__all__ = ["wiki_html"]

_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)|<ref\b[^>]*/>|<ref\b[^>]*>.*?(?:</ref>|\Z)", re.S | re.I)
_VERBATIM = re.compile(
    r"<(nowiki|pre|syntaxhighlight|source)\b[^>]*>(.*?)(?:</\1\s*>|\Z)", re.S | re.I
)
_TEMPLATE = re.compile(r"\{\{[^{}]*\}\}")
_MAGIC = re.compile(r"__[A-Z]+__")
_PICTURE = re.compile(r"\[\[(?:File|Image|Media|Category):[^\[\]]*\]\]", re.I)
_PAGE_LINK = re.compile(r"\[\[(?:[^\[\]|]*\|)?([^\[\]|]*)\]\]")
_WEB_LINK = re.compile(r"\[(?:https?:|mailto:|ftp:|//)[^\s\]]+(?:[ \t]+([^\]]*))?\]")
_QUOTES = re.compile(r"'{2,5}")
_HEADING = re.compile(r"(={1,6})[ \t]*(.+?)[ \t]*\1[ \t]*")
_ITEM = re.compile(r"([*#:;]+)[ \t]*(.*)")
_KEPT = "\ue010{}\ue011"
_CELL_ATTRIBUTES = re.compile(r"(?:[\w-]+=(?:\"[^\"]*\"|'[^']*'|\S+)\s*)+\|(?!\|)")


def wiki_html(text: str) -> str:
    r"""Return MediaWiki markup as HTML.

    Example:
        >>> wiki_html("== Steps ==\n# Open '''it'''.\n# See [http://a.example the page].")
        '<h2>Steps</h2>\n<ol>\n<li>Open it.</li>\n<li>See the page.</li>\n</ol>'
    """
    kept: list[str] = []

    def keep(match: re.Match[str]) -> str:
        tag = "span" if match[1].lower() == "nowiki" else "pre"
        kept.append(f"<{tag}>{escape(match[2], quote=False)}</{tag}>")
        return _KEPT.format(len(kept) - 1)

    text = _VERBATIM.sub(keep, _COMMENT.sub("", text.replace("\r\n", "\n")))
    for _ in range(10):  # templates in templates
        text, changed = _TEMPLATE.subn("", text)
        if not changed:
            break
    text = _PICTURE.sub("", _MAGIC.sub("", text))
    text = _PAGE_LINK.sub(r"\1", text)
    text = _WEB_LINK.sub(lambda match: match[1] or "", text)
    html = "\n".join(_lines(_QUOTES.sub("", text).split("\n")))
    return re.sub("\ue010(\\d+)\ue011", lambda match: kept[int(match[1])], html)


def _lines(lines: list[str]) -> Iterator[str]:
    open_lists = ""
    in_table = in_paragraph = False
    for raw in lines:
        line = raw.strip()
        item = None if in_table else _ITEM.fullmatch(line)
        yield from _relisted(open_lists, item[1] if item else "")
        open_lists = item[1] if item else ""
        heading = _HEADING.fullmatch(line)
        begins_block = bool(item or heading or line.startswith(("{|", "<", "\ue010")))
        if in_paragraph and (not line or begins_block):
            yield "</p>"
            in_paragraph = False
        if item:
            tag = _ITEMS[item[1][-1]][1]
            yield f"<{tag}>{item[2]}</{tag}>"
        elif heading:
            level = len(heading[1])
            yield f"<h{level}>{heading[2]}</h{level}>"
        elif line.startswith("{|"):
            in_table = True
            yield "<table><tr>"
        elif in_table:
            in_table = not line.startswith("|}")
            yield from _row(line) if in_table else ("</tr></table>",)
        elif line:
            if not in_paragraph and not begins_block:
                yield "<p>"
                in_paragraph = True
            yield raw
    yield from _relisted(open_lists, "")


_ITEMS = {"*": ("ul", "li"), "#": ("ol", "li"), ":": ("dl", "dd"), ";": ("dl", "dt")}


def _relisted(before: str, now: str) -> Iterator[str]:
    """Yield the tags that end and begin lists from one line's marks to the next one's."""
    lists_before = [_ITEMS[mark][0] for mark in before]
    lists_now = [_ITEMS[mark][0] for mark in now]
    same = 0
    while same < min(len(lists_before), len(lists_now)) and (lists_before[same] == lists_now[same]):
        same += 1
    for tag in reversed(lists_before[same:]):
        yield f"</{tag}>"
    for tag in lists_now[same:]:
        yield f"<{tag}>"


def _row(line: str) -> Iterator[str]:
    if line.startswith("|-"):
        yield "</tr><tr>"
    elif line.startswith("|+"):
        yield f"</tr><caption>{line[2:]}</caption><tr>"
    elif line[:1] in "|!":
        tag = "th" if line[0] == "!" else "td"
        for cell in re.split(r"\|\||!!" if tag == "th" else r"\|\|", line[1:]):
            yield f"<{tag}>{_CELL_ATTRIBUTES.sub('', cell.strip(), count=1)}</{tag}>"
    else:
        yield line
