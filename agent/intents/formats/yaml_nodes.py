"""YAML as nodes that know their lines, for the formats written in YAML.

The reading itself is `retrieval.system.yaml_nodes`; here is what examples need besides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from yaml.nodes import MappingNode, Node, ScalarNode

from agent.intents.formats.records import SourceFile, Unreadable
from retrieval.system import yaml_nodes
from retrieval.system.yaml_nodes import line_of

__all__ = ["block_lines", "compose", "entries", "root_keys", "text_of"]

_TOP_KEY = re.compile(r"^[\"']?([A-Za-z_]\w*)[\"']?[ \t]*:(?=\s|$)", re.M)


def compose(file: SourceFile) -> Node:
    """Parse a file into nodes.

    Raises:
        Unreadable: It isn't one YAML document; with the line where parsing broke off.
    """
    try:
        node = yaml_nodes.compose(file.text)
    except yaml_nodes.NotYaml as error:
        raise Unreadable(
            f"not valid YAML: {error.reason}; check the indentation, and put quotes around texts "
            "with ': ' or ' #' or that begin with a special character",
            error.line,
        ) from error
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


def entries(node: MappingNode) -> Iterator[tuple[str, Node, int]]:
    """Yield (key as written, value, line of the key), repeated keys included."""
    for key, value in node.value:
        yield text_of(key) or "", value, line_of(key)


def text_of(node: Node) -> str | None:
    """Return a scalar as it was written, or None for lists and mappings."""
    return str(node.value) if isinstance(node, ScalarNode) else None


def block_lines(node: ScalarNode) -> Iterator[tuple[str, int]]:
    """Yield (line of a text, line number), blank ones left out.

    In a literal block (`|`) every line of the text is a line of the file; in other styles
    the line on which the text starts stands for all.
    """
    literal = node.style == "|"
    for index, line in enumerate(str(node.value).split("\n")):
        if line.strip():
            yield line.rstrip(), line_of(node) + (1 + index if literal else 0)
