"""Blocks: exact, complete and quick for any text, and right about a whole article."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.passages.structure import BlockKind, blocks

HOSTILE = st.lists(
    st.sampled_from(
        [
            "# Head", "## Sub ##", "Title\n---", "Title\n===", "- a", "* b", "1. one", "2) two",
            "(3) three", "a) x", "Step 1: go", "• dot", "| a | b |", "|---|---|", "| 1 | 2 |",
            "x | y | z", "a\tb\tc", "Mon      9-5", "```", "````", "~~~", "***", "---", "> quote",
            "\n", "\n\n", "\r\n", "\r", "\r\n\r\n", "    ", "\t", "  - nested", "word " * 30,
            "Ends. ", "Q: what?", "e\u0301",
            "👩‍👩‍👧", "🇮🇪", "שלום", "مرحبا", "\u200b", "\ufeff",
            "\x00", "\x0c", "\u2028", "\x85",
            "\xa0", "\x1c", "長い文。", "a" * 200, "\\|", "#", "-", "|", ":",
        ]
    )
    | st.text(max_size=6),
    max_size=40,
).map("".join)  # fmt: skip


@given(HOSTILE)
def test_blocks_are_disjoint_ascending_and_cover_all_that_is_not_white(body: str) -> None:
    at = 0
    for block in blocks(body):
        assert body[at : block.start].strip() == ""
        text = body[block.start : block.end]
        assert text
        assert text == text.strip()
        assert block.start <= block.text_start <= block.text_end <= block.end
        at = block.end
    assert body[at:].strip() == ""


@given(HOSTILE)
def test_blocks_items_lie_inside_in_order_and_cover_a_list(body: str) -> None:
    for block in blocks(body):
        at = block.start if block.header is None else block.header[1]
        for start, end in block.items:
            between = body[at:start]
            # Only a table's delimiter row stands between its header and its rows.
            assert set(between.split()) == set() or block.kind is BlockKind.TABLE
            assert at <= start < end <= block.end
            at = end
        if block.items:
            assert at == block.end


def test_blocks_reads_the_light_markdown_of_an_article() -> None:
    body = (
        "# VPN\n\nIntro text.\nStill intro.\n\n## Set up\n\nTo set it up:\n\n"
        "1. Open it.\n   - nested\n2. Run:\n\n   ```\n   code\n   ```\n\n"
        "3. Third\n\n   para under\n\n"
        "| a | b |\n| --- | --- |\n| 1 | 2 |\n\n---\n\n```sh\nls\n```\n"
    )
    found = blocks(body)
    assert [b.kind.value for b in found] == [
        "heading", "paragraph", "heading", "paragraph", "list", "table", "rule", "code",
    ]  # fmt: skip
    assert found[4].ordered
    assert [body[slice(*item)] for item in found[4].items] == [
        "1. Open it.\n   - nested",
        "2. Run:\n\n   ```\n   code\n   ```",
        "3. Third\n\n   para under",
    ]
    assert found[5].header is not None
    assert body[slice(*found[5].header)] == "| a | b |"
    assert [body[slice(*item)] for item in found[5].items] == ["| 1 | 2 |"]
    assert found[7].headings == ("VPN", "Set up")


def test_blocks_heading_path_follows_levels_that_jump() -> None:
    body = "## B\n\nx\n\n#### D\n\ny\n\n### C\n\nz\n\n# A\n\nw"
    paths = [b.headings for b in blocks(body) if b.kind is BlockKind.PARAGRAPH]
    assert paths == [("B",), ("B", "D"), ("B", "C"), ("A",)]


@pytest.mark.parametrize(
    "body",
    [
        "word " * 200_000,
        "- " * 200_000,
        "#" * 500_000,
        "```\n" * 60_000,
        "".join("`" * n + "x\n" for n in range(3, 1_000)),
        "a | b\n" * 60_000,
        "1. a\n- b\n" * 40_000,
        "1. a\n\nb\n\n" * 40_000,
        "".join(" " * n + "- x\n" for n in range(700)),
        ">" * 500_000,
        "*" * 500_000,
    ],
    ids=lambda body: repr(body[:12]),
)
def test_blocks_time_is_linear_on_hostile_text(body: str) -> None:
    before = time.process_time()
    blocks(body)
    # About a second on a slow, busy machine; anything quadratic takes minutes.
    assert time.process_time() - before < 10
