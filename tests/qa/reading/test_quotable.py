"""What may be quoted: not a question, not a heading, not a mark of structure."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.reading.quotable import quotable_tokens, title_above

ANSWERED = {
    "How do I get a parking permit?": "Ask Ilse at the gate.",
    "Who waters the plants?": "Bram, every Monday.",
    "What is the canteen called?": "the-fork",
    "Is there a shower?": "Yes, in room 0.17. Bring a towel.",
}
"""Questions and their answers, to be written in many ways."""

WAYS = {
    "headings": "## {q}\n\n{a}\n\n",
    "small headings": "#### {q}\n{a}\n\n",
    "underlined": "{q}\n-----\n\n{a}\n\n",
    "bold": "**{q}**\n\n{a}\n\n",
    "bold, one paragraph": "**{q}**  \n{a}\n\n",
    "underscores": "__{q}__\n\n{a}\n\n",
    "labels": "Q: {q}\nA: {a}\n\n",
    "bold labels": "**Q:** {q}\n**A:** {a}\n\n",
    "words": "Question: {q}\nAnswer: {a}\n\n",
    "numbered": "1. {q}\n   {a}\n",
    "bullets": "- {q} {a}\n",
    "table": "| {q} | {a} |\n",
    "running text": "{q} {a}\n\n",
    "plain lines": "{q}\n{a}\n\n",
}


def words_of(text: str) -> list[tuple[int, int]]:
    return [match.span() for match in re.finditer(r"\w+|[^\w\s]", text)]


def quotable(text: str) -> str:
    """Return the quotable words of a text, with a bar where others stand between."""
    spans = words_of(text)
    said = ""
    for (start, end), allowed in zip(spans, quotable_tokens(text, spans), strict=True):
        said += f" {text[start:end]}" if allowed else " |"
    return said


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_questions_are_never_quoted_and_their_answers_are(way: str) -> None:
    text = "".join(way.format(q=question, a=answer) for question, answer in ANSWERED.items())
    said = quotable(text)
    for question, answer in ANSWERED.items():
        assert " ".join(word for word in re.findall(r"\w+", question)) not in said
        assert quotable(answer) in said, answer


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_title_above_an_answer_is_its_own_question(way: str) -> None:
    text = "".join(way.format(q=question, a=answer) for question, answer in ANSWERED.items())
    for question, answer in ANSWERED.items():
        assert question in title_above(text, text.index(answer))


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ('Type "where am I?" into the box.', "where am I"),
        ("Open https://desk.example/find?page=2 in a browser.", "find ? page = 2"),
        ("```\n# not a heading\nls *.tmp\n```", "not a heading"),
    ],
)
def test_what_only_looks_like_a_question_or_heading_is_quoted(text: str, quoted: str) -> None:
    assert quoted in quotable(text)


@pytest.mark.parametrize(
    ("text", "barred"),
    [
        ("## Refunds\n\nWithin a week.", "Refunds"),
        ("Refunds\n=======\n\nWithin a week.", "Refunds"),
        ("**Refunds**\n\nWithin a week.", "Refunds"),
        ("Run this:\n\n```bash\nls\n```\n", "bash"),
        ("| Plan | Price |\n|---|---|\n| Basic | 4 |", "Plan"),
        ("Is it broken? Which\ncolour is the light? Tell us.", "colour is the light"),
    ],
)
def test_titles_and_marks_are_not_quoted(text: str, barred: str) -> None:
    assert f" {barred} " not in f"{quotable(text)} "
    assert quotable(text).strip(" |")


def test_headings_alone_are_all_there_is_to_quote() -> None:
    assert "Closed on Sundays" in quotable("# Closed on Sundays\n\n## Open on Mondays")


def test_an_answer_stays_within_one_cell_and_one_item() -> None:
    assert quotable("| Lyon | 9 to 5 |").count("|") == 3
    assert quotable("- red\n- green") == " | red | green"


@given(text=st.text(alphabet="ab?.!*#|-:QA \n\"'1`", max_size=80))
def test_marks_never_fail_and_titles_lie_above(text: str) -> None:
    spans = words_of(text)
    assert len(quotable_tokens(text, spans)) == len(spans)
    for at in range(0, len(text), 7):
        assert title_above(text, at) in text[:at]
