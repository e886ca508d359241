"""Headings, code and rules where they are meant, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from retrieval.passages.structure import blocks

Shown = Callable[[str], list[tuple[str, str]]]


@pytest.mark.parametrize(
    ("body", "kinds"),
    [
        ("Opening hours\n=============\n\nx", ["heading", "paragraph"]),
        ("Contact\n---\n\nx", ["heading", "paragraph"]),
        ("This is prose that ends a thought.\n---\nx", ["paragraph", "rule", "paragraph"]),
        ("A line of prose that is far longer than its underline is\n---", ["paragraph", "rule"]),
        ("#channel is where we talk", ["paragraph"]),
        ("####### seven", ["paragraph"]),
        ("#", ["heading"]),
    ],
)
def test_blocks_headings_only_where_clearly_meant(body: str, kinds: list[str]) -> None:
    assert [b.kind.value for b in blocks(body)] == kinds


def test_blocks_heading_text_has_no_markup() -> None:
    body = "## Set up ##\n\nx"
    heading = blocks(body)[0]
    assert body[heading.text_start : heading.text_end] == "Set up"


def test_blocks_an_unclosed_fence_swallows_nothing(shown: Shown) -> None:
    assert [kind for kind, _ in shown("```\nx\n\n# H\n\ny")] == [
        "paragraph", "heading", "paragraph",
    ]  # fmt: skip
