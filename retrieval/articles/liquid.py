"""Liquid and front-end tags in Markdown, as Jekyll and Eleventy sites use them.

The site's templates are not at hand, so a tag is read for what it would show: a channel's
name, a picture's description, a notice's title. Tags that only place or include something
go. Code stays as it is.
"""

from __future__ import annotations

# Not `re`: its possessive quantifiers are broken before Python 3.11.5.
import regex as re

__all__ = ["without_liquid"]

_FENCED = re.compile(
    r"^([ \t]*(?:[-*+>]|\d+[.)])?[ \t]*)(`{3,}|~{3,})[^\n]*\n.*?(?:^[ \t>]*\2[`~]*[ \t]*$|\Z)",
    re.MULTILINE | re.DOTALL,
)
_COMMENT_TAG = re.compile(r"\{%-?\s*(end)?comment\s*-?%\}")
_RAW = re.compile(r"\{%-?\s*(?:end)?(?:raw|verbatim)\s*-?%\}")
# A tag ends at "%}" and never holds another: so an unclosed one costs no scan to the end.
_TAG = r"\{%-?\s*([\w-]+)((?:[^%{]|%(?!\})|\{(?!%)){0,2000}+)%\}"
_IN_LINK = re.compile(r"(\]\(\s*|(?:href|src)\s*=\s*[\"']?)" + _TAG)
_ANY = re.compile(_TAG + r"(?=([ \t]*$)?)", re.MULTILINE)
_STRING = re.compile(r"\"([^\"]*)\"|'([^']*)'")
_ATTRIBUTES = re.compile(
    r"(?<![ \t])[ \t]*+\{:?[ \t]*+[.#][^{}\n]*+\}[ \t]*+$|^[ \t]*+\{:[^{}\n]*+\}[ \t]*+$",
    re.MULTILINE,
)
_NAMED = re.compile(r"(\w+)=[\"']([^\"']*)[\"']")
_INCLUDED = ("content", "text", "message", "body", "title", "caption", "alt", "description")
"""Arguments of an inclusion that the page shows."""

_CONTENT_REF = re.compile(
    r"\{%-?\s*content-ref\b[^%]*%\}.*?\{%-?\s*endcontent-ref\s*-?%\}", re.DOTALL
)
"""A link to another page, shown as a box."""

_BLOCK_TITLE = frozenset(
    ("alert", "note", "warning", "callout", "details", "accordion", "tip", "tab", "expand")
)


def without_liquid(text: str) -> str:
    r"""Return Markdown with its tags replaced by what a reader would see.

    Example:
        >>> without_liquid('Ask in {% slack_channel "travel" %}.')
        'Ask in #travel.'
        >>> without_liquid('[leave]({% page "hr/leave/" %})')
        '[leave](hr/leave/)'
    """
    if "{%" not in text and "{:" not in text and "{#" not in text and "{." not in text:
        return text
    pieces: list[str] = []
    end = 0
    text = _without_comments(text)
    for fenced in _FENCED.finditer(text):
        pieces.append(_prose(text[end : fenced.start()]))
        pieces.append(_RAW.sub("", fenced.group()))
        end = fenced.end()
    pieces.append(_prose(text[end:]))
    return "".join(pieces)


def _without_comments(text: str) -> str:
    """Return text without what stands between comment tags; an unclosed one hides nothing."""
    kept: list[str] = []
    end = 0
    opened: re.Match[str] | None = None
    for tag in _COMMENT_TAG.finditer(text):
        if not tag[1]:
            opened = opened or tag
        elif opened is not None:
            kept.append(text[end : opened.start()])
            end, opened = tag.end(), None
    return "".join(kept) + text[end:]


def _prose(text: str) -> str:
    text = _RAW.sub("", text)
    if "content-ref" in text:
        text = _CONTENT_REF.sub("", text)
    text = _IN_LINK.sub(lambda match: match[1] + _destination(match[3]), text)
    text = _ANY.sub(_shown, text)
    return _ATTRIBUTES.sub("", text)


def _strings(arguments: str) -> list[str]:
    return [first or second for first, second in _STRING.findall(arguments)]


def _destination(arguments: str) -> str:
    return re.sub(r"[\s()<>]", "", next(iter(_strings(arguments)), "#")) or "#"


def _shown(match: re.Match[str]) -> str:
    name, strings = match[1], _strings(match[2])
    if name.startswith("slack"):
        return f"#{strings[0]}" if strings else ""
    if name in ("image", "image_with_class", "img", "figure"):
        described = [text for text in strings[1:] if " " in text]
        alt = re.sub(r"[\[\]\n]", " ", described[0]) if described else ""
        return f"![{alt}](-)" if alt else ""
    if name == "include":
        named = dict(_NAMED.findall(match[2]))
        return next((named[key] for key in _INCLUDED if named.get(key)), "")
    if name in _BLOCK_TITLE and strings and strings[0]:
        return strings[0] + "\n\n"
    return ""
