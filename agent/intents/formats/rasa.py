"""Rasa NLU training data, YAML of versions 2 and 3.

Follows Rasa's own reader (rasa/shared/nlu/training_data/formats/rasa_yaml.py and
entities_parser.py): `nlu:` lists intents whose examples are one block text with a bullet a
line, or a list of `text:` entries. Entity marks become the plain text they annotate.
Synonyms, regexes and lookup tables are counted and left out; so are stories and rules.
Retrieval intents keep their whole name, `faq/opening_hours`; those of `out_of_scope` are out of
scope.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml

from agent.intents.formats.records import (
    BadLine,
    Labelled,
    Record,
    Remark,
    Skipped,
    SourceFile,
    Unreadable,
    label_of,
)
from agent.intents.formats.yaml_nodes import block_lines, compose, entries, root_keys, text_of
from retrieval.system.yaml_nodes import is_null, line_of

__all__ = ["intent_of", "load", "plain", "recognises"]

_LEFT_OUT = ("synonym", "regex", "lookup")

_OUT_OF_SCOPE = frozenset({"out_of_scope", "nlu_fallback"})
"""Names that Rasa's documentation gives to what belongs to no intent."""

_ENTITY = re.compile(
    r"""\[(?P<text>[^\]]+?)\]         # [text]
        (?:
            \([^)]*\)                 # (type) or (type:value)
          | \{[^}]*\}                 # {"entity": "city", "role": "to"}
          | \[\s*\{.*?\}\s*\]         # [{"entity": ...}, {"entity": ...}]
        )""",
    re.X,
)


def recognises(file: SourceFile) -> bool:
    """Tell whether the file has a top-level `nlu`."""
    return "nlu" in root_keys(file)


def plain(example: str) -> str:
    """Return an example without its entity marks.

    >>> plain('from [Leeds](city) to [LA]{"entity": "city", "value": "Los Angeles"}')
    'from Leeds to LA'
    """
    return _ENTITY.sub(lambda match: match["text"], example)


def intent_of(name: str) -> str | None:
    """Return an intent's name as kept, None for out of scope.

    >>> intent_of("faq/opening_hours"), intent_of("out_of_scope/other")
    ('faq/opening_hours', None)
    """
    return None if name.strip().split("/")[0] in _OUT_OF_SCOPE else label_of(name)


def load(file: SourceFile) -> Iterator[Record]:
    """Yield every example in the order of the file."""
    root = compose(file)
    if not isinstance(root, yaml.MappingNode):
        raise Unreadable("expected a mapping with `nlu`", 1)
    found = False
    for key, value, line in entries(root):
        if key == "nlu":
            found = True
            yield from _sections(value, line)
        elif key != "version":
            yield Skipped(
                key if key in ("stories", "rules", "responses") else "other section",
                len(value.value) if not isinstance(value, yaml.ScalarNode) else 1,
            )
    if not found:
        raise Unreadable("the file has no top-level `nlu`", 1)


def _sections(node: yaml.Node, line: int) -> Iterator[Record]:
    if is_null(node):
        return
    if not isinstance(node, yaml.SequenceNode):
        yield BadLine(line, "`nlu` is no list; expected `- intent: name` with `examples: |`")
        return
    for item in node.value:
        if not isinstance(item, yaml.MappingNode):
            yield BadLine(line_of(item), f"{text_of(item)!r:.80} under `nlu` is no section")
            continue
        section = {key: (value, at) for key, value, at in entries(item)}
        if "intent" in section:
            yield from _intent(
                text_of(section["intent"][0]), section.get("examples"), line_of(item)
            )
        elif kind := next((kind for kind in _LEFT_OUT if kind in section), None):
            yield Skipped(kind)
        else:
            yield BadLine(
                line_of(item),
                f"a section with the keys {sorted(section)!r:.120}; expected intent, synonym, "
                "regex or lookup",
            )


def _intent(
    name: str | None, examples: tuple[yaml.Node, int] | None, line: int
) -> Iterator[Record]:
    if not name or not name.strip():
        yield BadLine(line, "the section's intent has no name")
        return
    intent = intent_of(name)
    if examples is None or is_null(examples[0]):
        yield Remark(f"intent {name!r} has no examples yet", line)
        return
    node, at = examples
    if isinstance(node, yaml.ScalarNode):
        for text, number in block_lines(node):
            yield _bullet(text, number, intent)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _entry(item, intent)
    else:
        yield BadLine(at, f"the examples of {name!r:.80} are a mapping; expected `examples: |`")


def _bullet(text: str, line: int, intent: str | None) -> Labelled | BadLine:
    stripped = text.strip()
    if not stripped.startswith("-"):
        return BadLine(line, f"the example {stripped!r:.80} has no '- ' before it; add it")
    return Labelled(plain(stripped[1:].strip()), intent, line)


def _entry(node: yaml.Node, intent: str | None) -> Iterator[Record]:
    if isinstance(node, yaml.MappingNode):
        texts = [value for key, value, _ in entries(node) if key == "text"]
        if len(texts) == 1 and isinstance(texts[0], yaml.ScalarNode):
            for text, line in block_lines(texts[0]):
                yield Labelled(plain(text.strip().removeprefix("- ").strip()), intent, line)
            return
    elif isinstance(node, yaml.ScalarNode) and not is_null(node):
        yield Labelled(plain(str(node.value).strip()), intent, line_of(node))
        return
    yield BadLine(line_of(node), "an example without `text`; quote it if it holds ': '")
