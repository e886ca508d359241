"""YAML as nodes that know their lines: the one way in which files written in it are read.

Nodes instead of values keep three things: line numbers, scalars as they were written, so
that the example `yes` stays a word and `007` keeps its noughts, and what a tag would make,
which nothing here does.
"""

from __future__ import annotations

import yaml
from yaml.nodes import Node, ScalarNode

__all__ = ["NotYaml", "compose", "is_null", "line_of"]

_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MAX_DEPTH = 200
"""libyaml goes down into what is nested without looking: 100,000 levels end the process."""


class NotYaml(ValueError):
    """A text isn't one YAML document.

    Attributes:
        reason: What broke, as YAML's own reader says it.
        line: Where, from 1; 0 if that isn't known.
    """

    def __init__(self, reason: str, line: int = 0) -> None:
        self.reason = reason
        self.line = line
        super().__init__(reason)


def compose(text: str) -> Node | None:
    """Return a document's root node; None for an empty one.

    Raises:
        NotYaml: It isn't one YAML document, or is nested too deeply.
    """
    try:
        depth = 0
        for event in yaml.parse(text, Loader=_Loader):
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
                if depth > _MAX_DEPTH:
                    mark = event.start_mark
                    raise NotYaml("nested too deeply", mark.line + 1 if mark else 0)
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
        return yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = " ".join(part for part in (error.context, error.problem) if part)
        raise NotYaml(reason, mark.line + 1 if mark else 0) from error
    except NotYaml:
        raise
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise NotYaml(f"{str(error)!r:.200}") from error


def line_of(node: Node) -> int:
    """Return the line that a node starts on, from 1."""
    return int(node.start_mark.line) + 1


def is_null(node: Node) -> bool:
    """Tell whether a node is missing, `~` or null."""
    return isinstance(node, ScalarNode) and node.tag == "tag:yaml.org,2002:null"
