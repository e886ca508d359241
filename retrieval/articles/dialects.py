"""Markdown of documentation generators, made Markdown that every reader of it knows.

MkDocs, Docusaurus, docfx, MyST, Hugo, GitBook and Obsidian add tabs, notes and inclusions in
marks of their own. What carries text keeps it: labels of tabs, titles of notes, descriptions
of pictures. What only places or includes something goes. Code stays as it is.
"""

from __future__ import annotations

# Not `re`: its possessive quantifiers are broken before Python 3.11.5.
import regex as re

from retrieval.articles.dialect_inline import plain_inline

__all__ = ["plain_markdown"]

_FENCE = re.compile(r"^([ \t>]*)(`{3,}|~{3,})[ \t]*(.*)$")
_DIRECTIVE = re.compile(r"\{([\w:-]+)\}[ \t]*(.*)")
_OPTION = re.compile(r"^[ \t]*:([\w-]+):[ \t]*(.*)$")
_TAB = re.compile(r"^([ \t]*)===[!+]?[ \t]+\"(.*)\"[ \t]*$")
_COLLAPSIBLE = re.compile(r"^([ \t]*)\?\?\?\+?([ \t]+\w)")
_SNIPPET = re.compile(r"^[ \t]*;?-{1,2}8<-{1,2}(.*)$")
_BLOCK = re.compile(r"^[ \t]*/{3,}[ \t]*(?:[\w-]+)?[ \t]*(?:\|[ \t]*(.*))?$")
_CONTAINER = re.compile(r"^([ \t>]*):{3,}[ \t]*(.*?)[ \t]*:*[ \t]*$")
_CONTAINER_TITLE = re.compile(r"\{?[\w-]+\}?[ \t]*(?:\[(.*)\]|(.*))")
_DOCFX_END = re.compile(r"(?:zone|moniker|row|column|code|video|tab)\b")
_DOCFX_TAB = re.compile(r"^#{1,6}[ \t]*\[(.+)\]\(#tab/[^)]*\)[ \t]*$")
_CALLOUT = re.compile(r"^([ \t]*>[ \t>]*)\[!([\w-]+)(?:\|[^\]]*)?\]([-+]?)[ \t]*(.*)$")
_MODULE = re.compile(
    r"^(?:import[ \t]+(?:[\w{},* \t]+[ \t]from[ \t]*)?['\"]|import[ \t]*\{[ \t]*$|"
    r"export[ \t]+(?:const|let|var|default|function|async)\b)"
)
_SKIPPED_LINE = re.compile(
    r"^[ \t]*(?:\[TOC\]|\[\[_?TOC_?\]\]|[*+-][ \t]+TOC|\{:toc\}|\*\[[^\]\n]+\]:.*)[ \t]*$",
    re.IGNORECASE,
)
_PROSE = frozenset(
    ("note", "tip", "hint", "warning", "danger", "error", "caution", "attention", "important",
     "seealso", "admonition", "tab-set", "tab-item", "tabs", "dropdown", "card", "grid",
     "grid-item", "grid-item-card", "margin", "sidebar", "details", "topic", "versionadded",
     "versionchanged", "deprecated", "todo", "epigraph", "rubric", "container", "div", "aside")
)  # fmt: skip
"""Directives of MyST that hold text."""

_INCLUDING = frozenset(
    ("include", "toctree", "literalinclude", "contents", "tableofcontents", "index",
     "bibliography", "raw")
)  # fmt: skip
_PICTURES = frozenset(("figure", "image"))
_DEEPEST = 20
_MARKS = (
    "===", "???", "8<", "///", ":::", "[!", "import ", "export ", "[TOC]", "[[", "TOC", "*[",
    "{{", "<", "{/*", "%%", "++", "==", "~", "^", "`{", "}`", "#tab/", ":material", ":octicons",
    ":fontawesome",
)  # fmt: skip


def plain_markdown(text: str) -> str:
    r"""Return Markdown without what only one generator understands.

    Example:
        >>> plain_markdown('=== "Linux"\n\n    Use apt.')
        '\nLinux\n\nUse apt.'
    """
    if not any(mark in text for mark in _MARKS):
        return text
    return plain_inline("\n".join(_blocks(text.split("\n"), 0)))


def _blocks(lines: list[str], depth: int) -> list[str]:
    """Return lines with block marks replaced."""
    out: list[str] = []
    place = 0
    while place < len(lines):
        line = lines[place]
        place += 1
        if fence := _FENCE.match(line):
            end = _fence_end(lines, place, fence[2])
            out += _fenced(fence, lines[place:end], lines[end : end + 1], depth)
            place = end + 1
        elif tab := _TAB.match(line):
            end = _indented_end(lines, place, len(tab[1]) + 4)
            inner = [other[len(tab[1]) + 4 :] for other in lines[place:end]]
            inner = _blocks(inner, depth + 1) if depth < _DEEPEST else inner
            out += ["", tab[1] + tab[2], *(tab[1] + other if other else "" for other in inner)]
            place = end
        elif snippet := _SNIPPET.match(line):
            if not snippet[1].strip():  # a block of file names up to the next such line
                while place < len(lines) and not _SNIPPET.match(lines[place]):
                    place += 1
                place += 1
        elif _MODULE.match(line):
            while place < len(lines) and lines[place].strip():
                place += 1
        elif not _SKIPPED_LINE.match(line):
            out += _replaced(line)
            while (
                out
                and place < len(lines)
                and line.lstrip(" \t>").startswith(":::")
                and (_OPTION.match(lines[place]))
            ):
                place += 1
    return out


def _replaced(line: str) -> list[str]:
    """Return a line of prose without the marks of a block, or none of it."""
    if collapsible := _COLLAPSIBLE.match(line):
        return [f"{collapsible[1]}!!!{line[collapsible.end() - len(collapsible[2]) :]}"]
    if tab := _DOCFX_TAB.match(line):
        return ["", tab[1], ""]
    if callout := _CALLOUT.match(line):
        prefix, kind, _, title = callout.groups()
        if kind.lower() in ("include", "div", "video") or kind.lower().startswith("code"):
            return [prefix]
        return [prefix + (title or f"{kind.capitalize()}:"), *([prefix] if title else [])]
    if ":::" in line and (container := _CONTAINER.match(line)) and not _is_picture(line):
        rest = container[2]
        if not rest or _DOCFX_END.match(rest):
            return [container[1]]
        title = _CONTAINER_TITLE.fullmatch(rest)
        shown = (title[1] or title[2] or "") if title else rest
        return [container[1] + ("" if shown.startswith("{") else shown), container[1]]
    if line.lstrip().startswith("///") and (block := _BLOCK.match(line)):
        return ["", block[1] or "", ""]
    return [line]


def _is_picture(line: str) -> bool:
    return ":::image" in line


def _fence_end(lines: list[str], place: int, marks: str) -> int:
    closing = re.compile(rf"^[ \t>]*{re.escape(marks)}{marks[0]}*[ \t]*$")
    while place < len(lines) and not closing.match(lines[place]):
        place += 1
    return place


def _indented_end(lines: list[str], place: int, width: int) -> int:
    """Return where a block that is indented so far ends."""
    end = place
    while place < len(lines):
        line = lines[place]
        if line.strip():
            if len(line) - len(line.lstrip(" ")) < width:
                break
            end = place + 1
        place += 1
    return end


def _fenced(fence: re.Match[str], inner: list[str], closing: list[str], depth: int) -> list[str]:
    """Return a fenced block: code as it is, a directive of MyST as what it holds."""
    whole = [fence[0], *inner, *closing]
    directive = _DIRECTIVE.fullmatch(fence[3].strip())
    if directive is None or depth >= _DEEPEST:
        return whole
    name, title = directive[1].lower(), directive[2].strip()
    options = {}
    while inner and (option := _OPTION.match(inner[0])):
        options[option[1]] = option[2]
        inner = inner[1:]
    if name in _INCLUDING:
        return [""]
    if name in _PICTURES:
        alt = options.get("alt", "")
        return [*([f"![{alt}](-)"] if alt else []), "", *_blocks(inner, depth + 1)]
    if name in _PROSE:
        return [fence[1] + title, fence[1], *_blocks(inner, depth + 1), fence[1]]
    language = title if name.startswith("code") else ""
    return [f"{fence[1]}{fence[2]}{language}", *inner, *closing]
