"""Front matter: the YAML (`---`) or TOML (`+++`) block at the head of a Markdown file.

YAML is composed into nodes, never constructed: titles keep their spelling ("No" stays "No"),
nothing is run, and aliases can't blow up. Whatever might hide an audience is refused rather
than passed over: who may read is then unclear, and the errors say so.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from difflib import SequenceMatcher
from typing import Any

import yaml

from retrieval.articles.audience import roles
from retrieval.articles.fields import shown
from retrieval.errors import ArticleError
from retrieval.types import FieldValue, Scalar

__all__ = ["FrontMatter", "split_front_matter"]

_OPENING = re.compile(r"\s*(---|\+\+\+)[ \t]*\r?\n")
_YAML_CLOSING = re.compile(r"^(?:---|\.\.\.)[ \t]*\r?$", re.MULTILINE)
_TOML_CLOSING = re.compile(r"^\+\+\+[ \t]*\r?$", re.MULTILINE)
_MAX_CHARS = 100_000
_MAX_DOTS = 30
"""Parts of one dotted TOML key: the parser's memory grows with their square."""

_MAX_FIELDS = 100
_MAX_FIELD_CHARS = 1_000
_TAG = "tag:yaml.org,2002:"
_HEAD_CHARS = 4_000
_INTEGER = re.compile(r"[-+]?(?:0|[1-9]\d{0,17})")
_DECIMAL = re.compile(r"[-+]?\d{1,17}\.\d{1,17}")


@dataclass(frozen=True)
class FrontMatter:
    """What front matter says about an article.

    Attributes:
        fields: Its scalars and lists of scalars by name; what nests deeper is left out. Only
            true and false, whole and decimal numbers become such, all else stays text.
        rights: The values of the field that says who may read; None if it isn't stated.
        bare: Whether that field holds a text in place of a list.
        present: Whether there is any front matter.
    """

    fields: Mapping[str, FieldValue] = field(default_factory=dict)
    rights: tuple[str, ...] | None = None
    bare: bool = False
    present: bool = False

    def text(self, name: str) -> str | None:
        """Return a field that holds a single text or number.

        Raises:
            ArticleError: It holds a list.
        """
        value = self.fields.get(name)
        if isinstance(value, tuple):
            raise ArticleError(f"front matter's {name} is a list; expected text")
        return None if value is None else str(value)


def split_front_matter(text: str, rights_field: str = "audience") -> tuple[FrontMatter, str]:
    """Return a file's front matter and the text after it.

    Args:
        text: The whole file.
        rights_field: The field that says who may read; "" if none does.

    Raises:
        ArticleError: It is not closed, not valid, or states something malformed. Who may read
            the article is unclear then.
    """
    try:
        return _split(text, rights_field)
    except ArticleError as error:
        error.unclear_rights = True
        raise


def _split(text: str, rights_field: str) -> tuple[FrontMatter, str]:
    opening = _OPENING.match(text)
    if opening is None:
        if rights_field:
            _refuse_misplaced(text, rights_field)
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
    found = _of_toml(block, rights_field) if toml else _Yaml(first_line, rights_field).read(block)
    return found, text[closing.end() :]


def _refuse_misplaced(text: str, rights_field: str) -> None:
    """Refuse front matter that lost its opening line or stands below something else."""
    head = text[:_HEAD_CHARS]
    if rights_field not in head:
        return
    fence = ""
    lines = head.split("\n")
    for number, line in enumerate(lines):
        mark = line.strip()[:3]
        if mark in ("```", "~~~"):
            fence = "" if fence == mark else fence or mark
        elif not fence and re.match(rf"\s{{0,3}}{re.escape(rights_field)}\s*[:=]", line):
            around = [_stops(lines[number + 1 :]), _stops(reversed(lines[:number]))]
            if any(around):
                raise ArticleError(
                    f"a line {line.strip()[:80]!r} stands in what looks like front matter, but "
                    "that doesn't begin the file with '---': mend it, or put the line in code",
                    line=number + 1,
                )


def _stops(lines: Any) -> bool:
    """Tell whether a fence of front matter comes before an empty line."""
    for line in lines:
        if not line.strip():
            return False
        if line.strip() in ("---", "+++", "..."):
            return True
    return False


def _refuse_misspelt(names: Sequence[str], rights_field: str) -> None:
    """Refuse a field that means the rights but spells their name otherwise.

    Raises:
        ArticleError: Ignoring it would publish the article.
    """
    for name in names:
        if name == rights_field:
            continue
        near = SequenceMatcher(None, name.strip().casefold(), rights_field.casefold())
        if near.quick_ratio() > 0.8 and near.ratio() > 0.8 and rights_field not in names:
            raise ArticleError(f'unknown field {shown(name)}: write "{rights_field}"')


def _of_toml(block: str, rights_field: str) -> FrontMatter:
    block = block.replace("\r\n", "\n")
    for number, line in enumerate(block.split("\n"), 1):
        if line.partition("=")[0].count(".") > _MAX_DOTS:
            raise ArticleError(f"line {number} of the front matter nests too deeply")
    try:
        table = tomllib.loads(block)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ArticleError(f"front matter is not valid TOML: {error}") from error
    stated, bare = None, False
    if rights_field:
        _refuse_misspelt(list(table), rights_field)
        _refuse_nested(_toml_keys(table, 0), rights_field)
        if rights_field in table:
            value = table[rights_field]
            bare = isinstance(value, str)
            stated = _rights([value] if bare else value, rights_field)
    fields = {name: _kept(value) for name, value in table.items() if name != rights_field}
    return FrontMatter(_limited(fields), stated, bare, present=True)


def _toml_keys(value: Any, depth: int) -> Iterator[tuple[str, int]]:
    """Yield every key with how deep it stands, and every line of a text as if it were one."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key, depth
            yield from _toml_keys(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            yield from _toml_keys(inner, depth + 1)
    elif isinstance(value, str):
        yield from _lines_as_keys(value, depth + 1)


def _lines_as_keys(text: str, depth: int) -> Iterator[tuple[str, int]]:
    if "\n" in text:
        for line in text.split("\n"):
            key, colon, _ = line.partition(":")
            if colon:
                yield key, depth


def _refuse_nested(keys: Iterator[tuple[str, int]], rights_field: str) -> None:
    for key, depth in keys:
        if depth and key.strip().casefold() == rights_field.casefold():
            raise ArticleError(
                f"{rights_field} stands inside another field, perhaps by a wrong indent: write it "
                "at the start of a line of its own"
            )


def _rights(value: Any, rights_field: str) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ArticleError(
            f"{rights_field} is {shown(value)}; expected a list of roles such as "
            '["staff", "hr"]; leave it out for everyone, [] is nobody'
        )
    for role in value:
        if not isinstance(role, str):
            raise ArticleError(f"{rights_field} holds {shown(role)}, which is no role name")
    return roles(value)


def _kept(value: Any) -> FieldValue | None:
    """Return a value of TOML if it is one that is kept."""
    if isinstance(value, list):
        scalars = [_kept(one) for one in value]
        plain = tuple(one for one in scalars if one is not None and not isinstance(one, tuple))
        return plain if len(plain) == len(value) else None
    if isinstance(value, date):
        return value.isoformat()
    return value if isinstance(value, (str, int, float)) else None


def _limited(fields: Mapping[str, FieldValue | None]) -> dict[str, FieldValue]:
    """Return the fields that are short enough to keep beside an article."""
    kept: dict[str, FieldValue] = {}
    for name, value in fields.items():
        size = sum(len(str(one)) for one in value) if isinstance(value, tuple) else len(str(value))
        if value is not None and name and size <= _MAX_FIELD_CHARS and len(kept) < _MAX_FIELDS:
            kept[name] = value
    return kept


@dataclass(frozen=True)
class _Yaml:
    """Reads a block of YAML.

    Attributes:
        first_line: The file's line that the block begins on.
        rights_field: The field that says who may read.
    """

    first_line: int
    rights_field: str

    def read(self, block: str) -> FrontMatter:
        """Return what the block states."""
        root = self._composed(block)
        if root is None:
            return FrontMatter(present=True)
        if not isinstance(root, yaml.MappingNode):
            raise ArticleError(
                "front matter holds no 'key: value' lines; if a line is meant by the leading "
                "'---', put a heading before it",
                line=self.first_line,
            )
        nodes: dict[str, yaml.Node] = {}
        for key, value in root.value:
            name = str(key.value) if isinstance(key, yaml.ScalarNode) else ""
            if key.tag == _TAG + "merge":
                raise ArticleError(
                    "front matter holds a merge key ('<<'); write its values out",
                    line=self._line(key),
                )
            if name in nodes:
                raise ArticleError(
                    f"front matter names {name!r} twice; keep one", line=self._line(key)
                )
            nodes[name] = value
        stated, bare = None, False
        if self.rights_field:
            _refuse_misspelt(list(nodes), self.rights_field)
            _refuse_nested(_yaml_keys(root, 0), self.rights_field)
            if self.rights_field in nodes:
                stated, bare = self._rights(nodes[self.rights_field])
        for name in ("id", "title", "url", "updated"):
            if name in nodes and not isinstance(nodes[name], yaml.ScalarNode):
                raise ArticleError(
                    f"front matter's {name} is a list or mapping; expected text",
                    line=self._line(nodes[name]),
                )
        fields = {name: _value(node) for name, node in nodes.items() if name != self.rights_field}
        # Titles and ids keep their spelling: "007" is no seven.
        for name in ("id", "title", "url", "updated"):
            if fields.get(name) is not None:
                fields[name] = str(nodes[name].value)
        return FrontMatter(_limited(fields), stated, bare, present=True)

    def _composed(self, block: str) -> yaml.Node | None:
        try:
            # Not the C loader: deep nesting overflows its stack and ends the process.
            return yaml.compose(block, Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            mark, problem = error.problem_mark, error.problem or "it can't be parsed"
            raise ArticleError(
                f"front matter is not valid YAML: {problem}; put quotes around values with ':' or "
                "'#'",
                line=None if mark is None else self.first_line + mark.line,
            ) from error
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            raise ArticleError(f"front matter is not valid YAML: {shown(str(error))}") from error

    def _line(self, node: yaml.Node) -> int:
        return self.first_line + int(node.start_mark.line)

    def _rights(self, node: yaml.Node) -> tuple[tuple[str, ...], bool]:
        """Return the roles, and whether they stand as one text in place of a list."""
        name = self.rights_field
        if isinstance(node, yaml.ScalarNode) and node.tag == _TAG + "str":
            return roles([node.value.strip()]), True
        if not isinstance(node, yaml.SequenceNode):
            held = shown(node.value) if isinstance(node, yaml.ScalarNode) else "a mapping"
            raise ArticleError(
                f"{name} is {held}; expected a list of roles such as [staff, hr]: leave the line "
                "out for everyone, [] is nobody",
                line=self._line(node),
            )
        for item in node.value:
            if not isinstance(item, yaml.ScalarNode) or item.tag != _TAG + "str":
                scalar = isinstance(item, yaml.ScalarNode)
                held = shown(item.value) if scalar else "a list or mapping"
                raise ArticleError(
                    f"{name} holds {held}, which is no role name; put quotes around it if it is",
                    line=self._line(node),
                )
        return roles(item.value for item in node.value), False


def _yaml_keys(
    node: yaml.Node, depth: int, seen: set[int] | None = None
) -> Iterator[tuple[str, int]]:
    """Yield every key with how deep it stands, and every line of a text as if it were one."""
    seen = set() if seen is None else seen
    if id(node) in seen:  # an alias
        return
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode):
                yield str(key.value), depth
            yield from _yaml_keys(value, depth + 1, seen)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            yield from _yaml_keys(value, depth + 1, seen)
    elif isinstance(node, yaml.ScalarNode):
        yield from _lines_as_keys(str(node.value), depth + 1)


def _value(node: yaml.Node) -> FieldValue | None:
    if isinstance(node, yaml.SequenceNode):
        scalars = [_scalar(one) for one in node.value]
        kept = tuple(one for one in scalars if one is not None)
        return kept if len(kept) == len(scalars) else None
    return _scalar(node)


def _scalar(node: yaml.Node) -> Scalar | None:
    if not isinstance(node, yaml.ScalarNode) or node.tag == _TAG + "null":
        return None
    text = str(node.value)
    if node.tag == _TAG + "str":
        return text
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _DECIMAL.fullmatch(text) else text
