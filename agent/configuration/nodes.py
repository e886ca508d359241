"""YAML with line numbers: typed reading of nodes, and one list of everything wrong.

Values are read from the composed node tree, never from constructed objects: a tag can't
make anything, a `no` in a list of choices stays the word "no", and every complaint knows
its line. All complaints of a file are gathered and reported together.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import regex
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from agent.configuration.placeholders import parse
from agent.errors import ConfigurationError
from retrieval.system import yaml_nodes
from retrieval.system.yaml_nodes import line_of

__all__ = ["MAX_BYTES", "Entry", "NodeReader", "Problems", "compose", "meant"]

MAX_BYTES = 2_000_000
"""A longer configuration is no configuration."""

_TAG = "tag:yaml.org,2002:"
_MAX_SHOWN = 80
_MAX_JSON_NODES = 10_000


@dataclass
class Problems:
    """Everything that is wrong with one file.

    Attributes:
        path: The file, as the user named it.
        found: (line, message); line 0 is the file as a whole.
    """

    path: str
    found: list[tuple[int, str]] = field(default_factory=list)

    def add(self, at: Node | None, message: str) -> None:
        """Take down what is wrong at a node."""
        line = 0 if at is None else line_of(at)
        if (line, message) not in self.found:
            self.found.append((line, message))

    def raise_any(self) -> None:
        """Raise one ConfigurationError that lists all, by line; nothing if there are none."""
        if not self.found:
            return
        lines = [
            f"{self.path}:{line}: {message}" if line else f"{self.path}: {message}"
            for line, message in sorted(self.found)
        ]
        if len(lines) > 1:
            lines.insert(0, f"{self.path} has {len(lines)} mistakes:")
        raise ConfigurationError("\n".join(lines))


@dataclass(frozen=True)
class Entry:
    """A key of a mapping with its value, as nodes."""

    name: str
    key: Node
    value: Node


def compose(path: Path, problems: Problems) -> Node | None:
    """Return the file's root node; None for an empty file.

    Raises:
        ConfigurationError: The file can't be read or isn't YAML.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        raise ConfigurationError(
            f"can't read the agent's configuration {str(path)!r}: {reason}; "
            "`frontdesk init DIR` writes one to start from"
        ) from error
    if len(raw) > MAX_BYTES:
        raise ConfigurationError(
            f"{problems.path}: {len(raw)} bytes are no configuration; at most {MAX_BYTES} are read"
        )
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise ConfigurationError(
            f"{problems.path}:{line}: byte {raw[error.start]:#04x} isn't UTF-8; "
            "save the file as UTF-8"
        ) from error
    try:
        return yaml_nodes.compose(text)
    except yaml_nodes.NotYaml as error:
        raise ConfigurationError(
            f"{problems.path}:{error.line}: not YAML: {error.reason}; look at the indentation and "
            "quotes on and before that line"
        ) from error


def meant(word: str, known: Iterable[str]) -> str:
    """Return `; did you mean 'x'?` or, failing that, what is allowed."""
    names = sorted(known)
    close = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    if not close:
        folded = {name.casefold().replace("-", "_"): name for name in names}
        same = folded.get(word.casefold().replace("-", "_").replace(" ", "_"))
        close = [same] if same else []
    if close:
        return f"; did you mean {close[0]!r}?"
    if not names:
        return "; there is none to choose from"
    return f"; expected one of {', '.join(names)}"


class NodeReader:
    """Reads typed values off nodes and notes what is wrong instead of raising."""

    def __init__(self, problems: Problems) -> None:
        self.problems = problems

    def wrong(self, node: Node | None, message: str) -> None:
        """Take down what is wrong at a node."""
        self.problems.add(node, message)

    def entries(self, node: Node, where: str) -> list[Entry]:
        """Return a mapping's entries under free names; doubled ones are wrong."""
        if not isinstance(node, MappingNode):
            self.wrong(node, f"{where}: expected `key: value` lines, got {_shown(node)}")
            return []
        entries: dict[str, Entry] = {}
        for key, value in node.value:
            if not isinstance(key, ScalarNode):
                self.wrong(key, f"{where}: a key must be a plain word, got {_shown(key)}")
                continue
            name = str(key.value)
            if name in entries:
                first = line_of(entries[name].key)
                self.wrong(key, f"{where}: {name!r} stands here again (first on line {first})")
                continue
            entries[name] = Entry(name, key, value)
        return list(entries.values())

    def fields(
        self, node: Node, where: str, allowed: Sequence[str], required: Sequence[str] = ()
    ) -> Mapping[str, Entry]:
        """Return a mapping's entries under known keys; others are wrong, and so is a gap."""
        entries: dict[str, Entry] = {}
        if not isinstance(node, MappingNode):
            self.wrong(
                node,
                f"{where}: expected `key: value` lines with {', '.join(allowed)}, "
                f"got {_shown(node)}",
            )
            return entries
        for entry in self.entries(node, where):
            if entry.name in allowed:
                entries[entry.name] = entry
            else:
                self.wrong(
                    entry.key, f"{where}: unknown key {entry.name!r}{meant(entry.name, allowed)}"
                )
        for name in required:
            if name not in entries:
                self.wrong(node, f"{where}: {name!r} is missing")
        return entries

    def items(self, node: Node, where: str) -> list[Node]:
        """Return a list's items."""
        if isinstance(node, SequenceNode):
            return list(node.value)
        self.wrong(node, f"{where}: expected a list, got {_shown(node)}")
        return []

    def one_or_more(self, node: Node, where: str) -> list[Node]:
        """Return a list's items, or a single scalar as a list of one."""
        if isinstance(node, ScalarNode):
            return [] if _is(node, "null") else [node]
        return self.items(node, where)

    def text(self, node: Node, where: str, *, empty: bool = False) -> str | None:
        """Return a text; numbers, yes and no are taken as they are written."""
        if not isinstance(node, ScalarNode) or (_is(node, "null") and not empty):
            self.wrong(node, f"{where}: expected a text, got {_shown(node)}")
            return None
        if _is(node, "null"):
            return ""
        value = str(node.value)
        if not value.strip() and not empty:
            self.wrong(node, f"{where}: the text is empty")
            return None
        return value

    def template(self, node: Node, where: str, *, empty: bool = False) -> str | None:
        """Return a text whose placeholders can be read."""
        value = self.text(node, where, empty=empty)
        if value is None:
            return None
        try:
            parse(value)
        except ValueError as error:
            self.wrong(node, f"{where}: {error}")
            return None
        return value

    def texts(self, node: Node, where: str) -> tuple[str, ...]:
        """Return a list of texts, or one text as a tuple of one."""
        found = [self.text(item, where) for item in self.one_or_more(node, where)]
        return tuple(text for text in found if text is not None)

    def flag(self, node: Node, where: str, default: bool) -> bool:
        """Return true or false."""
        if isinstance(node, ScalarNode) and _is(node, "bool"):
            return str(node.value).lower() in {"true", "yes", "on"}
        self.wrong(node, f"{where}: expected true or false, got {_shown(node)}")
        return default

    def number(
        self,
        node: Node,
        where: str,
        default: float,
        *,
        least: float | None = None,
        most: float | None = None,
    ) -> float:
        """Return a number inside a range; the default after a complaint."""
        value: float | None = None
        if isinstance(node, ScalarNode) and (_is(node, "int") or _is(node, "float")):
            value = _as_number(str(node.value))
        expected = _range_words(least, most)
        if value is None:
            self.wrong(node, f"{where}: expected a number{expected}, got {_shown(node)}")
            return default
        if (least is not None and value < least) or (most is not None and value > most):
            self.wrong(node, f"{where}: {node.value!r} is out of range; expected{expected}")
            return default
        return value

    def whole(self, node: Node, where: str, default: int, *, least: int, most: int) -> int:
        """Return a whole number inside a range."""
        value = self.number(node, where, default, least=least, most=most)
        if not float(value).is_integer():
            self.wrong(node, f"{where}: expected a whole number, got {node.value!r}")
            return default
        return int(value)

    def one_of(self, node: Node, where: str, allowed: Sequence[str], default: str) -> str:
        """Return one of a few words."""
        value = self.text(node, where)
        if value is None:
            return default
        if value not in allowed:
            self.wrong(node, f"{where}: unknown value {value!r}{meant(value, allowed)}")
            return default
        return value

    def pattern(self, node: Node, where: str) -> str | None:
        """Return a regular expression that compiles and doesn't match everything."""
        value = self.text(node, where)
        if value is None:
            return None
        try:
            # Both are used: `regex` for slots, where it can be stopped, `re` for masking.
            re.compile(value)
            regex.compile(value)
        except (re.error, regex.error, OverflowError, RecursionError) as error:
            self.wrong(node, f"{where}: {value!r} isn't a regular expression: {error}")
            return None
        return value

    def json(self, node: Node, where: str) -> Any:
        """Return nested values as JSON has them; texts are checked as templates."""
        return self._json(node, where, (), [0])

    def _json(self, node: Node, where: str, above: tuple[int, ...], seen: list[int]) -> Any:
        seen[0] += 1
        if id(node) in above:
            self.wrong(node, f"{where}: an alias that holds itself; write the value out")
            return None
        if seen[0] > _MAX_JSON_NODES:
            self.wrong(node, f"{where}: more than {_MAX_JSON_NODES} values")
            return None
        inside = (*above, id(node))
        if isinstance(node, MappingNode):
            return {
                entry.name: self._json(entry.value, f"{where}.{entry.name}", inside, seen)
                for entry in self.entries(node, where)
            }
        if isinstance(node, SequenceNode):
            return [self._json(item, where, inside, seen) for item in node.value]
        if _is(node, "null"):
            return None
        if _is(node, "bool"):
            return self.flag(node, where, False)
        if _is(node, "int") or _is(node, "float"):
            number = _as_number(str(node.value))
            if number is not None:
                return int(number) if _is(node, "int") else number
        return self.template(node, where, empty=True)


def _is(node: Node, kind: str) -> bool:
    return bool(node.tag == _TAG + kind)


def _as_number(raw: str) -> float | None:
    try:
        value = float(raw.replace("_", ""))
    except ValueError:
        return None
    return value if value == value and abs(value) != float("inf") else None


def _range_words(least: float | None, most: float | None) -> str:
    if least is not None and most is not None:
        return f" from {least:g} to {most:g}"
    if least is not None:
        return f" of at least {least:g}"
    return "" if most is None else f" of at most {most:g}"


def _shown(node: Node) -> str:
    if isinstance(node, MappingNode):
        return "`key: value` lines"
    if isinstance(node, SequenceNode):
        return "a list"
    if _is(node, "null"):
        return "nothing"
    value = str(node.value)
    return repr(value if len(value) <= _MAX_SHOWN else value[:_MAX_SHOWN] + "…")
