# ruff: noqa: E501  (texts stand as they are)
from __future__ import annotations

import pytest

from retrieval.articles.mediawiki import wiki_html
from retrieval.articles.readable import readable


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("'''Symptom:''' it ''blinks'' red.\nOn one line.", "Symptom: it blinks red. On one line."),
        ("One.\n\nTwo.", "One.\n\nTwo."),
        ("== Steps ==\n# Open.\n# Close.", "## Steps\n\n1. Open.\n2. Close."),
        ("* A\n** B\n** C\n* D", "- A\n  - B\n  - C\n- D"),
        ("# A\n#* B\n# C", "1. A\n   - B\n2. C"),
        ("; Fee\n: 12 euros", "- Fee: 12 euros"),
        ("See [http://a.example the page], [[Other page]] and [[Other page|this]].",
         "See the page, Other page and this."),
        ("A [https://a.example] bare link.", "A bare link."),
        ("[[File:x.png|thumb|A picture]]Text.<ref>Source</ref> {{Template|a={{b}}}}More. __TOC__",
         "Text. More."),
        ("Run <nowiki>'''x'''</nowiki> now.", "Run '''x''' now."),
        ("<pre>\n# no list\n</pre>", "```\n# no list\n```"),
        ('{| class="wikitable"\n|+ Fees\n! Plan !! Fee\n|-\n| Pro || 12\n|- \n| style="x" | Max\n| 20\n|}',
         "Fees\n\n| Plan | Fee |\n| --- | --- |\n| Pro | 12 |\n| Max | 20 |"),
        ("Hidden <!-- not this --> text.", "Hidden text."),
    ],
)  # fmt: skip
def test_wiki_markup_reads_as_a_reader_sees_it(markup: str, text: str) -> None:
    assert readable(wiki_html(markup)) == text
