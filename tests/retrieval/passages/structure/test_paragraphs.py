"""Breaks that part paragraphs, and mere wraps."""

from __future__ import annotations

from collections.abc import Callable

from retrieval.passages.structure import BlockKind, blocks

Shown = Callable[[str], list[tuple[str, str]]]

LONG = "This line is a whole paragraph of an article and nobody has ever wrapped it by hand. " * 3


def test_blocks_a_wrapped_number_is_no_list() -> None:
    body = "The limit for parcels sent from the office is\n42. Ask the mail room."
    assert [b.kind for b in blocks(body)] == [BlockKind.PARAGRAPH]


def test_blocks_indented_plain_text_is_no_code() -> None:
    body = "Dear all,\n\n    the canteen is closed.\n\n\tSorry."
    assert [b.kind for b in blocks(body)] == [BlockKind.PARAGRAPH] * 3


def test_blocks_long_lines_are_paragraphs_of_their_own(shown: Shown) -> None:
    body = f"{LONG.strip()}\n{LONG.strip()}\nShort one.\n{LONG.strip()}"
    texts = [text for _, text in shown(body)]
    assert texts == body.split("\n")


def test_blocks_hard_wrapped_lines_are_joined(shown: Shown) -> None:
    body = (
        "The service desk is open from eight in the morning until six in the\n"
        "evening, and on Saturdays from nine until one. It is closed on Sundays.\n"
        "Call extension 4040 from any desk phone, or write to us at any time\n"
        "and we will come back to you."
    )
    assert shown(body) == [("paragraph", body)]


def test_blocks_a_break_before_the_margin_parts_paragraphs_without_blank_lines(
    shown: Shown,
) -> None:
    first = (
        "The service desk is open from eight in the morning until six in the\n"
        "evening. It is closed."
    )
    second = "Call extension 4040 from any desk phone, or write to us at any time\nand we reply."
    assert [text for _, text in shown(f"{first}\n{second}")] == [first, second]
    # With blank lines between paragraphs, a break inside one is a wrap wherever it stands.
    spaced = f"{first}\n{second}\n\n{first}"
    assert [text for _, text in shown(spaced)] == [f"{first}\n{second}", first]


def test_blocks_questions_and_answers_are_paragraphs(shown: Shown) -> None:
    body = "Q: Is it open?\nA: Yes.\nQ: Late?\nA: No."
    assert [text for _, text in shown(body)] == body.split("\n")
