"""Our own YAML: `intents:` with a list of examples under each name.

    intents:
      opening_hours:
        - When is the help desk open?
        - opening times
      oos:                      # belongs to none of them
        - what's the weather like

Also understood: a block text with an example a line, a mapping with `examples`, and a list
of `- intent: name` with `examples`. A bad example is named and the others are taken.
"""

from __future__ import annotations

import re
from collections import Counter
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

__all__ = ["load", "recognises"]

_EXPECTED = "expected `intents:` with a list of examples under each intent's name"
_QUOTE = "put quotes around the example if it is one text (': ' or a leading [ or { needs them)"


# What an agent's configuration or a Rasa domain has there: a list of files or names.
_NAMES_ONLY = re.compile(
    r"""^intents[ \t]*:[ \t]*
    (?: \[(?!\s*\{)
      | (?:\#.*)?\r?\n (?:[ \t]*(?:\#.*)?\r?\n)*
        [ \t]*-[ \t]+(?!(?:intent|name|examples)[ \t]*:|\{) )""",
    re.M | re.X,
)


def recognises(file: SourceFile) -> bool:
    """Tell whether the file has a top-level `intents` with examples, or is a list of intents."""
    keys = root_keys(file)
    if keys:
        return "intents" in keys and not _NAMES_ONLY.search(file.text)
    try:
        return file.text.lstrip().startswith("- intent:")
    except Unreadable:
        return False


def load(file: SourceFile) -> Iterator[Record]:
    """Yield every example in the order of the file."""
    root = compose(file)
    if isinstance(root, yaml.SequenceNode):
        yield from _listed(root)
        return
    if not isinstance(root, yaml.MappingNode):
        raise Unreadable(f"the file holds one text, {text_of(root)!r:.80}; {_EXPECTED}", 1)
    found = False
    for key, value, line in entries(root):
        if key != "intents":
            yield Skipped("other section")
        elif isinstance(value, yaml.MappingNode):
            found = True
            yield from _named(value)
        elif isinstance(value, yaml.SequenceNode):
            found = True
            yield from _listed(value)
        else:
            raise Unreadable(f"intents is {text_of(value)!r:.80}; {_EXPECTED}", line)
    if not found:
        raise Unreadable(f"the file has no `intents`; {_EXPECTED}", 1)


def _named(node: yaml.MappingNode) -> Iterator[Record]:
    seen: Counter[str] = Counter()
    for name, value, line in entries(node):
        seen[name] += 1
        if seen[name] == 2:
            yield Remark(f"intent {name!r} is listed twice; its examples were joined", line)
        yield from _intent(name, value, line)


def _listed(node: yaml.SequenceNode) -> Iterator[Record]:
    if node.value and all(isinstance(item, yaml.ScalarNode) for item in node.value):
        raise Unreadable(
            f"intents lists only names or files ({text_of(node.value[0])!r:.80}, ...), as an "
            "agent's configuration or a Rasa domain does; give the file with the examples",
            line_of(node.value[0]),
        )
    for item in node.value:
        name = None
        examples = None
        if isinstance(item, yaml.MappingNode):
            for key, value, _ in entries(item):
                if key in ("intent", "name"):
                    name = text_of(value)
                elif key == "examples":
                    examples = value
        if name is None:
            yield BadLine(line_of(item), "the entry names no intent: expected `- intent: name`")
        elif examples is None:
            yield BadLine(line_of(item), f"intent {name!r:.80} has no `examples`")
        else:
            yield from _intent(name, examples, line_of(item))


def _intent(name: str, node: yaml.Node, line: int) -> Iterator[Record]:
    if not name.strip():
        yield BadLine(line, "an intent's name is empty or no text; name it, or oos")
        return
    intent = label_of(name)
    if isinstance(node, yaml.MappingNode):
        within = [value for key, value, _ in entries(node) if key == "examples"]
        if len(within) != 1:
            yield BadLine(line, f"intent {name!r:.80} has no list of examples; {_QUOTE}")
            return
        node = within[0]
    if is_null(node) or (isinstance(node, yaml.SequenceNode) and not node.value):
        yield Remark(f"intent {name!r} has no examples yet", line)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield _example(item, intent, name)
    elif isinstance(node, yaml.ScalarNode):
        for text, at in block_lines(node):
            yield Labelled(text.strip().removeprefix("- ").strip(), intent, at)
    else:
        yield BadLine(line, f"the examples of {name!r:.80} are a mapping; expected a list")


def _example(node: yaml.Node, intent: str | None, name: str) -> Labelled | BadLine:
    if isinstance(node, yaml.MappingNode):
        texts = [value for key, value, _ in entries(node) if key == "text"]
        if len(texts) == 1:
            node = texts[0]
    text = "" if is_null(node) else text_of(node)
    if text is None:
        kind = "mapping" if isinstance(node, yaml.MappingNode) else "list"
        return BadLine(line_of(node), f"an example of {name!r:.80} reads as a {kind}: {_QUOTE}")
    return Labelled(text.strip(), intent, line_of(node))
