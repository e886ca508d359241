"""Procedures kept together, and where they end."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from retrieval.passages.structure import BlockKind, blocks

Shown = Callable[[str], list[tuple[str, str]]]


def items(body: str) -> list[list[str]]:
    found = blocks(body)
    return [[body[slice(*item)] for item in b.items] for b in found if b.kind is BlockKind.LIST]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("Step 1: Open it.\nStep 2: Close it.", ["Step 1: Open it.", "Step 2: Close it."]),
        ("1) a\n2) b", ["1) a", "2) b"]),
        ("(1) a\n(2) b", ["(1) a", "(2) b"]),
        ("a) x\nb) y", ["a) x", "b) y"]),
        ("  1. a\n  2. b", ["1. a", "2. b"]),
        ("8. a\n9. b\n10. c", ["8. a", "9. b", "10. c"]),
        ("1. a\nthat goes on\n2. b", ["1. a\nthat goes on", "2. b"]),
        ("1. a.\n\nA note, not indented.\n\n2. b", ["1. a.\n\nA note, not indented.", "2. b"]),
        ("1. Run:\n```\nx\n```\n2. b", ["1. Run:\n```\nx\n```", "2. b"]),
        ("1. Choose:\n- x\n- y\n2. b", ["1. Choose:\n- x\n- y", "2. b"]),
        ("1. a\n2. Choose:\n\n- x\n- y", ["1. a", "2. Choose:\n\n- x\n- y"]),
    ],
)  # fmt: skip
def test_blocks_keeps_a_procedure_together(body: str, expected: list[str]) -> None:
    assert items(body) == [expected]
    assert blocks(body)[0].ordered


def test_blocks_ends_a_list_where_prose_follows_or_the_count_restarts(shown: Shown) -> None:
    assert shown("1. a.\n2. b.\nAfter that, wait.")[1] == ("paragraph", "After that, wait.")
    assert shown("- a.\n- b.\n\nProse.")[1] == ("paragraph", "Prose.")
    assert items("1. a\n2. b\n\n1. c\n2. d") == [["1. a", "2. b"], ["1. c", "2. d"]]


def test_blocks_all_ones_is_one_list() -> None:
    assert items("1. a\n1. b\n1. c") == [["1. a", "1. b", "1. c"]]
