"""YAML as nodes that know their lines, for the formats written in YAML.

Nodes instead of values keep two things: line numbers, and scalars as they were written, so
that the example `yes` stays a word and `007` keeps its noughts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml

from agent.intents.formats.records import SourceFile, Unreadable

__all__ = ["block_lines", "compose", "entries", "is_empty", "line_of", "root_keys", "text_of"]

_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_TOP_KEY = re.compile(r"^[\"']?([A-Za-z_]\w*)[\"']?[ \t]*:(?=\s|$)", re.M)


def compose(file: SourceFile) -> yaml.Node:
    """Parse a file into nodes.

    Raises:
        Unreadable: It isn't one YAML document; with the line where parsing broke off.
    """
    try:
        node: yaml.Node | None = yaml.compose(file.text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = ", ".join(part for part in (error.context, error.problem) if part)
        raise Unreadable(
            f"not valid YAML: {problem}; check the indentation, and put quotes around texts "
            "with ': ' or ' #' or that begin with a special character",
            mark.line + 1 if mark else 0,
        ) from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise Unreadable(f"not valid YAML: {str(error)!r:.200}") from error
    if node is None:
        raise Unreadable("the file is empty; expected intents with examples")
    return node


def root_keys(file: SourceFile) -> set[str]:
    """Return what looks like top-level keys, without parsing; nothing for other files."""
    try:
        text = file.text
    except Unreadable:
        return set()
    return set() if text.lstrip()[:1] in ("{", "[") else set(_TOP_KEY.findall(text))


def line_of(node: yaml.Node) -> int:
    """Return the line that a node starts on, from 1."""
    return int(node.start_mark.line) + 1


def entries(node: yaml.MappingNode) -> Iterator[tuple[str, yaml.Node, int]]:
    """Yield (key as written, value, line of the key), repeated keys included."""
    for key, value in node.value:
        yield text_of(key) or "", value, line_of(key)


def text_of(node: yaml.Node) -> str | None:
    """Return a scalar as it was written, or None for lists and mappings."""
    return str(node.value) if isinstance(node, yaml.ScalarNode) else None


def is_empty(node: yaml.Node) -> bool:
    """Tell whether a node is missing, `~` or null."""
    return isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null"


def block_lines(node: yaml.ScalarNode) -> Iterator[tuple[str, int]]:
    """Yield (line of a text, line number), blank ones left out.

    In a literal block (`|`) every line of the text is a line of the file; in other styles
    the line on which the text starts stands for all.
    """
    literal = node.style == "|"
    for index, line in enumerate(str(node.value).split("\n")):
        if line.strip():
            yield line.rstrip(), line_of(node) + (1 + index if literal else 0)
