"""Blocks: exact and complete for any text, and right about real articles' habits."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.structure import Block, BlockKind, block_at, blocks, lead_in

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


def shown(body: str) -> list[tuple[str, str]]:
    return [(block.kind.value, body[block.start : block.end]) for block in blocks(body)]


def items(body: str) -> list[list[str]]:
    found = blocks(body)
    return [[body[slice(*item)] for item in b.items] for b in found if b.kind is BlockKind.LIST]


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


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_blocks_reads_every_kind_of_line_break_alike(newline: str) -> None:
    body = "# H\n\n1. a\n2. b\n\nprose".replace("\n", newline)
    assert [kind for kind, _ in shown(body)] == ["heading", "list", "paragraph"]


def test_blocks_form_feed_and_unicode_separators_do_not_break_lines() -> None:
    assert shown("a\x0c# b\u2028# c\x85# d") == [("paragraph", "a\x0c# b\u2028# c\x85# d")]


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


def test_blocks_ends_a_list_where_prose_follows_or_the_count_restarts() -> None:
    assert shown("1. a.\n2. b.\nAfter that, wait.")[1] == ("paragraph", "After that, wait.")
    assert shown("- a.\n- b.\n\nProse.")[1] == ("paragraph", "Prose.")
    assert items("1. a\n2. b\n\n1. c\n2. d") == [["1. a", "2. b"], ["1. c", "2. d"]]


def test_blocks_all_ones_is_one_list() -> None:
    assert items("1. a\n1. b\n1. c") == [["1. a", "1. b", "1. c"]]


def test_blocks_a_wrapped_number_is_no_list() -> None:
    body = "The limit for parcels sent from the office is\n42. Ask the mail room."
    assert [b.kind for b in blocks(body)] == [BlockKind.PARAGRAPH]


def test_blocks_indented_plain_text_is_no_code() -> None:
    body = "Dear all,\n\n    the canteen is closed.\n\n\tSorry."
    assert [b.kind for b in blocks(body)] == [BlockKind.PARAGRAPH] * 3


def test_blocks_an_unclosed_fence_swallows_nothing() -> None:
    assert [kind for kind, _ in shown("```\nx\n\n# H\n\ny")] == [
        "paragraph", "heading", "paragraph",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "header", "rows"),
    [
        ("a | b\n--|--\n1 | 2", "a | b", ["1 | 2"]),
        ("| a |\n| - |\n| 1 |", "| a |", ["| 1 |"]),
        ("Item | Denver | Cork\nLaptop | 12 | 3", "Item | Denver | Cork", ["Laptop | 12 | 3"]),
        ("Day\tOpens\tCloses\nMon\t9\t5", "Day\tOpens\tCloses", ["Mon\t9\t5"]),
        ("Mon      9-5\nTue      9-5\nWed      9-1", None,
         ["Mon      9-5", "Tue      9-5", "Wed      9-1"]),
        ("| a \\| b | c |\n|---|---|\n| 1 | 2 |", "| a \\| b | c |", ["| 1 | 2 |"]),
    ],
)  # fmt: skip
def test_blocks_finds_tables_of_every_kind(body: str, header: str | None, rows: list[str]) -> None:
    (table,) = blocks(body)
    assert table.kind is BlockKind.TABLE
    assert [body[slice(*item)] for item in table.items] == rows
    assert (None if table.header is None else body[slice(*table.header)]) == header


def test_blocks_prose_with_a_pipe_is_no_table() -> None:
    assert [b.kind for b in blocks("Use a | b to pipe.\nThat is all.")] == [BlockKind.PARAGRAPH]


LONG = "This line is a whole paragraph of an article and nobody has ever wrapped it by hand. " * 3


def test_blocks_long_lines_are_paragraphs_of_their_own() -> None:
    body = f"{LONG.strip()}\n{LONG.strip()}\nShort one.\n{LONG.strip()}"
    texts = [text for _, text in shown(body)]
    assert texts == body.split("\n")


def test_blocks_hard_wrapped_lines_are_joined() -> None:
    body = (
        "The service desk is open from eight in the morning until six in the\n"
        "evening, and on Saturdays from nine until one. It is closed on Sundays.\n"
        "Call extension 4040 from any desk phone, or write to us at any time\n"
        "and we will come back to you."
    )
    assert shown(body) == [("paragraph", body)]


def test_blocks_a_break_before_the_margin_parts_paragraphs_without_blank_lines() -> None:
    first = (
        "The service desk is open from eight in the morning until six in the\n"
        "evening. It is closed."
    )
    second = "Call extension 4040 from any desk phone, or write to us at any time\nand we reply."
    assert [text for _, text in shown(f"{first}\n{second}")] == [first, second]
    # With blank lines between paragraphs, a break inside one is a wrap wherever it stands.
    spaced = f"{first}\n{second}\n\n{first}"
    assert [text for _, text in shown(spaced)] == [f"{first}\n{second}", first]


def test_blocks_questions_and_answers_are_paragraphs() -> None:
    body = "Q: Is it open?\nA: Yes.\nQ: Late?\nA: No."
    assert [text for _, text in shown(body)] == body.split("\n")


def test_block_at_finds_the_block_or_none() -> None:
    found = blocks("ab\n\ncd")
    assert [block_at(found, i) for i in range(6)] == [0, 0, None, None, 1, 1]
    assert block_at([], 0) is None


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("Passwords expire. To reset yours:\n\n1. Open it.\n2. Save.", "To reset yours:"),
        ("Pick one. Follow these steps.\n1. a\n2. b", "Follow these steps."),
        ("Reset your password\n\n1. a\n2. b", "Reset your password"),
        ("Two things. Neither is a lead-in.\n\n1. a\n2. b", None),
        ("# Head\n\n1. a\n2. b", None),
        ("1. a\n2. b", None),
    ],
)
def test_lead_in_is_the_sentence_that_introduces(body: str, expected: str | None) -> None:
    found = blocks(body)
    at = next(i for i, b in enumerate(found) if b.kind is BlockKind.LIST)
    span = lead_in(body, found, at)
    assert (None if span is None else body[slice(*span)]) == expected


def test_lead_in_of_prose_or_after_thousands_of_characters_is_none() -> None:
    body = "word " * 2_000 + ":\n\n- a\n- b"
    found: list[Block] = blocks(body)
    assert lead_in(body, found, 1) is None
    assert lead_in("a\n\nb", blocks("a\n\nb"), 1) is None


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
