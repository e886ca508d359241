"""Front matter: the YAML (`---`) or TOML (`+++`) block at the head of a Markdown file.

YAML is composed into nodes, never constructed: scalars keep their spelling ("No" as a title
stays "No", 2024-05-31 stays a text), nothing is run, and aliases can't blow up. Whatever
might hide an audience is refused rather than passed over.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from datetime import date

import yaml

from retrieval.articles.fields import (
    audience_of_json,
    refuse_misspelt_audience,
    roles,
    shown,
)
from retrieval.articles.loader import Audience
from retrieval.errors import ArticleError

__all__ = ["FrontMatter", "split_front_matter"]

_OPENING = re.compile(r"\s*(---|\+\+\+)[ \t]*\r?\n")
_YAML_CLOSING = re.compile(r"^(?:---|\.\.\.)[ \t]*\r?$", re.MULTILINE)
_TOML_CLOSING = re.compile(r"^\+\+\+[ \t]*\r?$", re.MULTILINE)
_MAX_CHARS = 100_000
_TAG = "tag:yaml.org,2002:"
_FIELDS = ("id", "title", "url", "updated")


@dataclass(frozen=True)
class FrontMatter:
    """What front matter says about an article; other keys are ignored."""

    id: str | None = None
    title: str | None = None
    url: str | None = None
    audience: Audience = None
    updated: str | None = None


def split_front_matter(text: str) -> tuple[FrontMatter, str]:
    """Return a file's front matter and the text after it.

    Raises:
        ArticleError: It is not closed, not valid, or states something malformed.
    """
    opening = _OPENING.match(text)
    if opening is None:
        return FrontMatter(), text
    toml = opening[1] == "+++"
    closing = (_TOML_CLOSING if toml else _YAML_CLOSING).search(text, opening.end())
    if closing is None:
        raise ArticleError(
            f"front matter is opened by {opening[1]!r} and never closed: close it, or begin "
            "the file with something else if a line is meant",
            line=text.count("\n", 0, opening.start(1)) + 1,
        )
    block = text[opening.end() : closing.start()]
    first_line = text.count("\n", 0, opening.end()) + 1
    if len(block) > _MAX_CHARS:
        raise ArticleError(
            f"front matter has {len(block):,} characters; at most {_MAX_CHARS:,} are read",
            line=first_line,
        )
    found = _of_toml(block) if toml else _of_yaml(block, first_line)
    return found, text[closing.end() :]


def _of_toml(block: str) -> FrontMatter:
    try:
        table = tomllib.loads(block.replace("\r\n", "\n"))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ArticleError(f"front matter is not valid TOML: {error}") from error
    refuse_misspelt_audience(table)
    texts: dict[str, str] = {}
    for name in _FIELDS:
        value = table.get(name)
        if isinstance(value, date):
            texts[name] = value.isoformat()
        elif isinstance(value, (str, int, float)) and not isinstance(value, bool):
            texts[name] = str(value)
        elif value is not None:
            raise ArticleError(f"front matter's {name} is {shown(value)}; expected text")
    return FrontMatter(**texts, audience=audience_of_json(table.get("audience")))


def _of_yaml(block: str, first_line: int) -> FrontMatter:
    try:
        # Not the C loader: deep nesting overflows its stack and ends the process.
        root = yaml.compose(block, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = None if error.problem_mark is None else first_line + error.problem_mark.line
        problem = error.problem or "it can't be parsed"
        raise ArticleError(
            f"front matter is not valid YAML: {problem}; put quotes around values with ':' or '#'",
            line=line,
        ) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ArticleError(f"front matter is not valid YAML: {shown(str(error))}") from error
    if root is None:
        return FrontMatter()
    if not isinstance(root, yaml.MappingNode):
        raise ArticleError(
            "front matter holds no 'key: value' lines; if a line is meant by the leading '---', "
            "put a heading before it",
            line=first_line,
        )
    nodes: dict[str, yaml.Node] = {}
    for key, value in root.value:
        name = str(key.value) if isinstance(key, yaml.ScalarNode) else ""
        line = first_line + key.start_mark.line
        if key.tag == _TAG + "merge":
            raise ArticleError(
                "front matter holds a merge key ('<<'); write its values out", line=line
            )
        if name in nodes:
            raise ArticleError(f"front matter names {name!r} twice; keep one", line=line)
        nodes[name] = value
    refuse_misspelt_audience(nodes)
    texts = {name: _text(nodes[name], name, first_line) for name in _FIELDS if name in nodes}
    audience = _audience(nodes["audience"], first_line) if "audience" in nodes else None
    return FrontMatter(**texts, audience=audience)


def _text(node: yaml.Node, name: str, first_line: int) -> str | None:
    if not isinstance(node, yaml.ScalarNode):
        raise ArticleError(
            f"front matter's {name} is a list or mapping; expected text",
            line=first_line + node.start_mark.line,
        )
    return None if node.tag == _TAG + "null" else str(node.value)


def _audience(node: yaml.Node, first_line: int) -> Audience:
    line = first_line + node.start_mark.line
    if not isinstance(node, yaml.SequenceNode):
        held = shown(node.value) if isinstance(node, yaml.ScalarNode) else "a mapping"
        raise ArticleError(
            f"audience is {held}; expected a list of roles such as [staff, hr]: leave the line "
            "out for everyone, [] is nobody",
            line=line,
        )
    for item in node.value:
        if not isinstance(item, yaml.ScalarNode) or item.tag != _TAG + "str":
            held = shown(item.value) if isinstance(item, yaml.ScalarNode) else "a list or mapping"
            raise ArticleError(
                f"audience holds {held}, which is no role name; put quotes around it if it is",
                line=line,
            )
    return roles(item.value for item in node.value)
