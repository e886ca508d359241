from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from retrieval.system.yaml_nodes import NotYaml, compose, is_null, line_of


def plain(node: Node | None) -> Any:
    """Return what nodes say, every scalar as it was written."""
    if isinstance(node, MappingNode):
        return {plain(key): plain(value) for key, value in node.value}
    if isinstance(node, SequenceNode):
        return [plain(item) for item in node.value]
    return node.value if isinstance(node, ScalarNode) else node


def test_compose_keeps_scalars_as_they_were_written() -> None:
    written = plain(compose("a: [yes, 007, 1e3, ~, '']\nb: !!python/object:os.system ls"))
    assert written == {"a": ["yes", "007", "1e3", "~", ""], "b": "ls"}


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=10)


@given(
    st.recursive(
        TEXTS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3)
    ),
    st.booleans(),
)
def test_compose_reads_what_yaml_writes(value: Any, flow: bool) -> None:
    written = yaml.safe_dump(value, allow_unicode=True, default_flow_style=flow)
    assert plain(compose(written)) == value


def test_lines_and_nothing() -> None:
    root = compose("# first\na: 1\nb:\n  - x\n  -\n  - ~\n")
    assert isinstance(root, MappingNode)
    (a, _), (b, items) = root.value
    assert [line_of(node) for node in (root, a, b, items)] == [2, 2, 3, 4]
    assert [is_null(node) for node in (root, *items.value)] == [False, False, True, True]
    assert compose("") is None
    assert compose("# nothing\n") is None


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("a: 1\nb: [1, 2\nc: 3", 3, "did not find expected"),
        ("a: 1\n b: 2", 2, "mapping values are not allowed"),
        ("a: 1\n---\nb: 2", 2, "expected a single document"),
        ("a: *b", 1, "undefined alias"),
        ("a: '", 1, "unexpected end of stream"),
    ],
)
def test_compose_says_where_it_broke_off(text: str, line: int, reason: str) -> None:
    with pytest.raises(NotYaml, match=reason) as caught:
        compose(text)
    assert caught.value.line == line


@pytest.mark.parametrize("text", ["[" * 100_000, "- " * 100_000, "{a: " * 100_000])
def test_no_nesting_ends_the_process(text: str) -> None:
    """libyaml's reader of nodes ran out of stack: in a process of its own, it may still."""
    code = (
        "import sys\nfrom retrieval.system.yaml_nodes import NotYaml, compose\n"
        "try: compose(sys.stdin.read())\nexcept NotYaml as error: print(error.reason, error.line)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], input=text, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "nested too deeply 1\n")
