"""Marks inside of lines that only some generators of documentation understand."""

from __future__ import annotations

import regex as re

__all__ = ["plain_inline"]

_CODE = re.compile(
    r"^[ \t>]*(?:[-*+]|\d+[.)])?[ \t]*(`{3,}|~{3,})[^\n]*\n(?:.*\n)*?[ \t>]*\1[`~]*[ \t]*$"
    r"|(?<!`)(`+)(?!`)(?:[^`\n]|(?!(?<!`)\2(?!`))`)+?(?<!`)\2(?!`)",
    re.MULTILINE,
)
_ROLE = re.compile(r"\{([\w:-]+)\}`([^`\n]+)`")
_TARGET = re.compile(r"^(.*?)[ \t]*<[^<>]*>$")
_DOCFX_PICTURE = re.compile(r":::image\b([^:]*(?::(?!::)[^:]*)*+):::(?:[ \t]*$)?", re.MULTILINE)
_DOCFX_INCLUDE = re.compile(
    r"\[!(?:INCLUDE|code|VIDEO|div)\b[^\]\n]*(?:\]\([^)\n]*\))?\]?", re.IGNORECASE
)
_JSX_COMMENT = re.compile(r"\{/\*.*?\*/\}", re.DOTALL)
_OBSIDIAN_COMMENT = re.compile(r"%%.*?%%", re.DOTALL)
_EMBED = re.compile(r"!\[\[[^\]\n]*\]\]")
_WIKI_LINK = re.compile(
    r"(?<![\[!\w$\"'=])\[\[(?!\s)([^\[\]|\n]+)(?<!\s)(?:\\?\|([^\[\]\n]+))?\]\](?!\])"
)
_KEYS = re.compile(r"(?<![+\w])\+\+([\w\"-]+(?:\+[\w\"-]+)*)\+\+(?![+\w])")
_MARKED = re.compile(r"(?<![=\w])==(?=\S)([^=\n]+)(?<=\S)==(?![=\w])")
_RAISED = re.compile(r"(?<=[\w)])\^([\w+-]{1,10})\^(?!\w)")
_LOWERED = re.compile(r"(?<=[\w)])~([\w+-]{1,10})~(?!~)")
_ICON = re.compile(r":(?:material|fontawesome|octicons|simple)-[\w-]+:(?:\{[^}\n]*\})?[ \t]?")
_COMPONENT = re.compile(
    r"<(/?)([A-Z][\w.]*+)((?:[^<>\"'{}]|\"[^\"]*+\"|'[^']*+'|\{(?:[^{}]|\{[^{}]*+\})*+\})*+)/?>"
)
_ATTRIBUTE = re.compile(
    r"\b([\w-]+)[ \t]*=[ \t]*(?:\{?[ \t]*)?(?:\"([^\"]*)\"|'([^']*)'|“([^”]*)”)"
)
_SHORTCODE = re.compile(
    r"\{\{([<%])[ \t]*(/?)[ \t]*([\w./-]+)((?:[^{}]|\{(?!\{)|\}(?!\}))*?)/?[ \t]*[>%]\}\}"
)
_HIGHLIGHT = re.compile(
    r"\{\{[<%][ \t]*highlight[ \t]+(\w+)[^}]*[>%]\}\}\n?(.*?)"
    r"\{\{[<%][ \t]*/[ \t]*highlight[ \t]*[>%]\}\}",
    re.DOTALL,
)
_IN_LINK = re.compile(r"(\]\([ \t]*)\{\{[<%][ \t]*\w+[ \t]+\"?([^\"}]*?)\"?[ \t]*[>%]\}\}")
_REFERENCE = re.compile(r"<xref:([^<>?\s]+)[^<>]*>")
_SHOWN = ("text", "title", "header", "label", "summary", "caption", "name", "alt", "content")
_KUBERNETES = {
    "prerequisites": "Before you begin", "whatsnext": "What's next", "objectives": "Objectives",
    "cleanup": "Cleaning up", "synopsis": "Synopsis", "options": "Options",
}  # fmt: skip
_UNSHOWN = frozenset(
    ("ref", "relref", "param", "youtube", "vimeo", "gist", "tweet", "include", "readfile", "skew",
     "feature-state", "version", "toc", "children", "img-url", "latest-version", "codenew",
     "code_sample", "api-reference")
)  # fmt: skip


def plain_inline(text: str) -> str:
    """Return text with marks in its prose replaced; code, in lines and blocks, stays."""
    text = _HIGHLIGHT.sub(r"```\1\n\2```", text) if "highlight" in text else text
    text = _ROLE.sub(_role, text) if "}`" in text else text
    kept: list[str] = []
    end = 0
    for code in _CODE.finditer(text):
        kept.append(_prose(text[end : code.start()]))
        kept.append(code[0])
        end = code.end()
    kept.append(_prose(text[end:]))
    return "".join(kept)


def _role(match: re.Match[str]) -> str:
    """Show a role of MyST as its text; of a document's path, the last part."""
    name, text = match.groups()
    if titled := _TARGET.match(text):
        return titled[1] or text.strip("<>")
    return text.rsplit("/", 1)[-1] if name in ("doc", "download") else text.lstrip("~!")


def _prose(text: str) -> str:
    if ":::" in text:
        text = _DOCFX_PICTURE.sub(_picture, text)
    if "[!" in text:
        text = _DOCFX_INCLUDE.sub("", text)
    if "{/*" in text:
        text = _JSX_COMMENT.sub("", text)
    if "{{" in text:
        text = _IN_LINK.sub(lambda match: match[1] + re.sub(r"[\s()<>]", "", match[2]), text)
        text = _SHORTCODE.sub(_shortcode, text)
    if "<" in text:
        text = _REFERENCE.sub(lambda match: match[1].rsplit(".", 1)[-1], text)
        text = _COMPONENT.sub(_component, text)
    if "[[" in text:
        text = _WIKI_LINK.sub(_wiki_link, _EMBED.sub("", text))
    if "%%" in text:
        text = _OBSIDIAN_COMMENT.sub("", text)
    if "++" in text:
        text = _KEYS.sub(_keys, text)
    if "==" in text:
        text = _MARKED.sub(r"\1", text)
    if "^" in text:
        text = _RAISED.sub(r"<sup>\1</sup>", text)
    if "~" in text:
        text = _LOWERED.sub(r"<sub>\1</sub>", text)
    return _ICON.sub("", text) if "-" in text and ":" in text else text


def _attributes(text: str) -> dict[str, str]:
    return {
        name.lower(): first or second or third
        for name, first, second, third in _ATTRIBUTE.findall(text)
    }


def _picture(match: re.Match[str]) -> str:
    alt = _attributes(match[1]).get("alt-text", "")
    alt = re.sub(r"[\[\]\n]", " ", alt)
    return f"![{alt}](-)" if alt else ""


def _component(match: re.Match[str]) -> str:
    """Show a component's label or title before what it holds; drop its tags."""
    if match[1]:
        return "\n\n" if match[2] in ("TabItem", "Tab", "Tabs", "Step", "Card") else ""
    shown = _attributes(match[3])
    label = shown.get("label") or shown.get("title") or shown.get("summary") or ""
    if not label and match[2] in ("TabItem", "Tab"):
        label = shown.get("value") or shown.get("name") or ""
    if label:
        return f"\n\n{label}\n\n"
    return "\n\n" if match[2] in ("Tabs", "TabItem", "Steps", "CardGroup", "Columns") else ""


def _shortcode(match: re.Match[str]) -> str:
    _, closing, name, arguments = match.groups()
    if closing or name.lower() in _UNSHOWN or name.startswith("/*"):
        return ""
    named = _attributes(arguments)
    if name in ("figure", "img", "image", "imgproc"):
        alt = named.get("alt") or named.get("caption") or ""
        return f"![{alt}](-)" if alt else ""
    if name == "heading":
        bare = arguments.strip().strip("\"'")
        return _KUBERNETES.get(bare, bare.capitalize())
    shown = next((named[key] for key in _SHOWN if named.get(key)), "")
    if not named and (quoted := re.match(r"\s*(?:[\w-]+\s+)?[\"“]([^\"”]+)[\"”]", arguments)):
        shown = quoted[1]
    inline = name in ("glossary_tooltip", "kbd", "badge", "button", "text", "abbr", "link")
    return shown if inline or not shown else f"\n\n{shown}\n\n"


def _wiki_link(match: re.Match[str]) -> str:
    page, shown = match.groups()
    return str(shown or page.split("#")[0].rsplit("/", 1)[-1] or page.lstrip("#"))


def _keys(match: re.Match[str]) -> str:
    return "+".join(key.strip('"').capitalize() for key in match[1].split("+"))
