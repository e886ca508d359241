"""Snippets: worked cases from articles like real ones, and properties for any text."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.deciding.snippets import MAX_PARAGRAPH_CHARS, MAX_SENTENCE_CHARS, MAX_STEPS_CHARS, snippet
from qa.types import SnippetKind

PASSWORDS = """\
Passwords last 180 days. You get a reminder two weeks before. It comes by e-mail.

## Reset a forgotten password

You need your phone. To reset your password:

1. Open passport.example.com and choose *Forgotten*.
2. Enter the code that we send you. It is valid for 15 minutes.
3. Choose a new password:
   - at least 14 characters
   - not one of your last ten
4. Sign in again on all devices.

Still stuck? Call extension 4040.

## What to bring

For your first day you need:

- your passport or identity card
- the signed contract, which was sent to you by post two weeks ago
- a bank account number

## Prices

| Badge | Price | Wait |
| --- | --- | --- |
| New | free | 1 day |
| Lost | $15 | 3 days |
| Third | $40 | 5 days |

## Flush the cache

Run this in a terminal:

```
ipconfig /flushdns
```

## Remote desktop

First, open the client. Then type the name of the machine. Finally, press Connect.

The client is slow because all traffic goes through Denver. There is a test with a nearer gateway.

## Phones

- iPhone:
  1. Open Settings.
  2. Tap Mail.
- Android: open the app and tap the plus sign.

## Plain steps

Do the following steps to clean the screen:

- Switch it off.
- Wipe it with the cloth.

## Mail

Company mail has been on the new server since March and works from anywhere in the world.
"""

STEPS = PASSWORDS[PASSWORDS.index("To reset your") : PASSWORDS.index("\n\nStill stuck")]
BRING = PASSWORDS[PASSWORDS.index("For your first day") : PASSWORDS.index("\n\n## Prices")]


@pytest.mark.parametrize(
    ("question", "span", "kind", "text"),
    [
        # prose
        ("How long do passwords last?", "180 days", "sentence", "Passwords last 180 days."),
        ("when do I get a reminder", "two weeks before", "sentence",
         "You get a reminder two weeks before."),
        ("how is the reminder sent", "by e-mail", "paragraph",
         "Passwords last 180 days. You get a reminder two weeks before. It comes by e-mail."),
        ("what about passwords", "180 days. You get a reminder", "paragraph",
         "Passwords last 180 days. You get a reminder two weeks before. It comes by e-mail."),
        ("who do I call", "extension 4040", "sentence", "Call extension 4040."),
        ("why is remote desktop slow", "all traffic goes through Denver", "paragraph",
         ("The client is slow because all traffic goes through Denver. "
          "There is a test with a nearer gateway.")),
        ("how do I connect", "type the name of the machine", "paragraph",
         "First, open the client. Then type the name of the machine. Finally, press Connect."),
        ("since when is mail on the new server", "March", "sentence",
         ("Company mail has been on the new server since March and works from anywhere in the "
          "world.")),
        # procedures
        ("How do I reset my password?", "choose *Forgotten*", "steps", STEPS),
        ("i forgot my password", "Enter the code that we send you", "steps", STEPS),
        ("forgotten password", "Sign in again", "steps", STEPS),
        ("how do I reset it", "To reset your password:", "steps", STEPS),
        ("how do I reset it", "You need your phone", "steps", f"You need your phone. {STEPS}"),
        ("what are the steps", "Open passport.example.com and choose *Forgotten*.\n2. Enter",
         "steps", STEPS),
        ("how long is the reset code valid", "15 minutes", "sentence",
         "Enter the code that we send you. It is valid for 15 minutes."),
        ("how many characters must a password have", "14 characters", "sentence",
         "at least 14 characters"),
        ("how do I choose a password", "14 characters", "steps", STEPS),
        ("how do I clean my screen", "Wipe it", "steps",
         ("Do the following steps to clean the screen:\n\n- Switch it off.\n"
          "- Wipe it with the cloth.")),
        ("how do I get mail on an iphone", "Tap Mail", "steps",
         "iPhone:\n  1. Open Settings.\n  2. Tap Mail."),
        ("how do I get mail on android", "tap the plus sign", "sentence",
         "Android: open the app and tap the plus sign."),
        # bullets
        ("what do I need for my first day", "passport or identity card", "paragraph", BRING),
        ("what do I need for my first day", "you need", "paragraph", BRING),
        ("when was the contract sent", "two weeks ago", "sentence",
         "the signed contract, which was sent to you by post two weeks ago"),
        ("which things", "passport or identity card\n- the signed contract", "paragraph", BRING),
        # tables
        ("what does a lost badge cost", "$15", "table", "| Lost | $15 | 3 days |"),
        ("how do I replace a lost badge", "3 days", "table", "| Lost | $15 | 3 days |"),
        ("prices", "$15 | 3 days |\n| Third", "table",
         "| Lost | $15 | 3 days |\n| Third | $40 | 5 days |"),
        ("what are the columns", "Price | Wait", "table", "| Badge | Price | Wait |"),
        # code
        ("how do I flush the cache", "ipconfig /flushdns", "code",
         "Run this in a terminal:\n\n```\nipconfig /flushdns\n```"),
        # headings and spans over several blocks
        ("what is this about", "Reset a forgotten", "sentence", "## Reset a forgotten password"),
        ("how do I reset", "your password:\n\n1. Open", "steps", STEPS),
    ],
)  # fmt: skip
def test_snippet_of_worked_cases(question: str, span: str, kind: str, text: str) -> None:
    start = PASSWORDS.index(span)
    shown = snippet(PASSWORDS, start, start + len(span), question)
    assert (shown.kind.value, shown.text) == (kind, text)


def test_snippet_of_a_table_row_names_its_header() -> None:
    start = PASSWORDS.index("$40")
    shown = snippet(PASSWORDS, start, start + 3, "price of a third badge")
    assert shown.header is not None
    assert shown.header.text == "| Badge | Price | Wait |"
    assert PASSWORDS[shown.header.start : shown.header.end] == shown.header.text


def test_snippet_of_rows_without_a_header_has_none() -> None:
    body = "Mon      9-5\nTue      9-5\nWed      9-1"
    shown = snippet(body, 22, 25, "when do you open on tuesday")
    assert (shown.kind, shown.text, shown.header) == (SnippetKind.TABLE, "Tue      9-5", None)


def test_snippet_of_step_lines_in_plain_text_is_the_procedure() -> None:
    body = "Badge lost?\r\n\r\nStep 1: Call security.\r\nStep 2: Order a new one."
    start = body.index("Order")
    shown = snippet(body, start, len(body), "how do I replace my badge")
    assert shown.kind is SnippetKind.STEPS
    assert shown.text == body


def test_snippet_never_reaches_over_a_heading() -> None:
    body = "To start:\n\n# Next\n\n1. Open it.\n2. Close it.\n\n# Last\n\nIt is late."
    start = body.index("Open")
    assert snippet(body, start, start + 4, "how do I start").text == "1. Open it.\n2. Close it."
    start = body.index("late")
    assert snippet(body, start, start + 4, "is it late").text == "It is late."


def test_snippet_of_a_span_over_a_heading_holds_it() -> None:
    body = "Call us.\n\n# Fax\n\nOr send a fax. Thanks."
    shown = snippet(body, 5, body.index("fax.") + 3, "how do I reach you")
    assert shown.text == body
    assert shown.kind is SnippetKind.PARAGRAPH


def test_snippet_of_white_space_between_blocks_is_that() -> None:
    assert snippet("One.\n\nTwo.", 4, 6, "what").text == "\n\n"


def test_snippet_holds_the_white_space_of_a_span() -> None:
    body = "# Fax\n\n555\n\n"
    assert snippet(body, 0, len(body), "fax").text == body


HOSTILE = st.lists(
    st.sampled_from(
        ["# H\n\n", "- a\n", "  - b\n", "1. one. two. \n", "2. two\n", "| a | b |\n|--|--|\n",
         "| 1 | 2 |\n", "```\nx\n```\n", "\n\n", "\r\n", "\r", "To do it:\n\n", "Ends here. ",
         "It goes on. ", "word " * 200, "x" * 3000, "e\u0301", "👩‍👩‍👧", "שלום. ", "漢字。",
         "\u200b", "\x00", "\x0c", "\u2028", "\xa0", "   ", "\t", "---\n", "a   b\na   b\na   b\n"]
    )
    | st.text(max_size=6),
    min_size=1,
    max_size=25,
).map("".join)  # fmt: skip
QUESTIONS = st.sampled_from(
    ["how do I do it", "how long", "why", "what do I need", "can I", "thing", "", "\ud800"]
)


@given(HOSTILE, QUESTIONS, st.data())
def test_snippet_is_a_slice_that_holds_the_span(
    body: str, question: str, drawn: st.DataObject
) -> None:
    if not body:
        return
    start = drawn.draw(st.integers(0, len(body) - 1))
    end = drawn.draw(st.integers(start + 1, len(body)))
    shown = snippet(body, start, end, question)
    assert shown.text == body[shown.start : shown.end]
    assert shown.start <= start < end <= shown.end
    limits = {
        SnippetKind.SENTENCE: MAX_SENTENCE_CHARS,
        SnippetKind.PARAGRAPH: MAX_PARAGRAPH_CHARS,
        SnippetKind.STEPS: MAX_STEPS_CHARS,
        SnippetKind.TABLE: MAX_PARAGRAPH_CHARS,
        SnippetKind.CODE: MAX_STEPS_CHARS,
    }
    assert shown.end - shown.start <= max(limits[shown.kind], end - start)
    if shown.header is not None:
        assert shown.header.text == body[shown.header.start : shown.header.end]
        assert shown.kind is SnippetKind.TABLE


@pytest.mark.parametrize(("start", "end"), [(-1, 2), (2, 2), (3, 2), (0, 6), (5, 5)])
def test_snippet_refuses_a_span_outside_the_body(start: int, end: int) -> None:
    with pytest.raises(ValueError, match=rf"span is \[{start}, {end}\) in a body of 5 characters"):
        snippet("Hello", start, end, "what")


def test_snippet_of_lists_nested_without_end_ends() -> None:
    body = "".join(" " * n + "- x\n" for n in range(400))
    start = len(body) - 2
    assert "x" in snippet(body, start, start + 1, "how long").text


@pytest.mark.parametrize("unit", ["word ", "The quick fox. ", "x", "1. do it\n", "- b\n"])
def test_snippet_of_a_megabyte_comes_soon(unit: str) -> None:
    body = unit * (1_000_000 // len(unit))
    before = time.process_time()
    for question in ("how do I do it", "how long", "why"):
        shown = snippet(body, 500_001, 500_003, question)
        assert len(shown.text) <= MAX_STEPS_CHARS
    # Well under a second each on an idle machine; anything quadratic takes minutes.
    assert time.process_time() - before < 10


RUNBOOK = """# Map server

To restart the map server, **run**:

```bash
sudo systemctl restart mapd
```

Ports that it needs:

- 7443 for clients
- 7100 for metrics

Before an update:

1. Stop the server.
2. Keep a copy.

The prices are these:

| Size | Price |
|---|---|
| Small | 4 |
"""


@pytest.mark.parametrize(
    ("quote", "kind", "shown"),
    [
        ("To restart the map server", "code", "sudo systemctl restart mapd"),
        ("systemctl restart mapd", "code", "To restart the map server, **run**:"),
        ("Ports that it needs", "paragraph", "7100 for metrics"),
        ("Before an update", "steps", "2. Keep a copy."),
        ("The prices are these", "table", "| Small | 4 |"),
    ],
)
@pytest.mark.parametrize("question", ["how do I restart it?", "which one is it?", "mapd"])
def test_a_lead_in_is_shown_with_what_it_leads_to(
    quote: str, kind: str, shown: str, question: str
) -> None:
    start = RUNBOOK.index(quote)
    found = snippet(RUNBOOK, start, start + len(quote), question)
    assert found.kind == kind
    assert shown in found.text
    assert quote in found.text


def test_code_is_shown_whole_however_long() -> None:
    lines = "\n".join(f"setting_{number} = {number}" for number in range(200))
    body = f"Use this file:\n\n```\n{lines}\n```\n\nThen restart.\n"
    start = body.index("setting_7 ")
    found = snippet(body, start, start + 9, "what is setting 7?")
    assert found.kind == "code"
    assert found.text == body[: body.index("\n\nThen")]
