# ruff: noqa: E501  (expected texts stand as they are)
from __future__ import annotations

from pathlib import Path

import pytest
from loading_types import LoadText

from retrieval.articles import load_articles
from retrieval.articles.liquid import without_liquid
from retrieval.articles.markdown import markdown_text

SAMPLE = """\
You can set a new password at any time. Passwords expire after 180 days; you get a reminder two weeks before.

## On the web

1. Open https://id.varrowby.example.com.
2. Choose Forgot password.
   1. Enter your staff number.
   2. Enter the code from your authenticator.
   The code has six digits
3. Type the new password twice. It must have:
   - 14 characters or more
   - no part of your name
4. Select Save.

Note: Phones keep the old password for an hour.

## From the command line

```
net user %USERNAME% * /domain
# asks twice
```

| System | Takes effect | Locked after |
| --- | --- | --- |
| VPN \\| Wi-Fi | at once | 5 tries |
| E-mail | 15 minutes | 10 tries |

- Self-service portal: The page at id.varrowby.example.com."""


def test_load_reads_the_sample(samples: Path) -> None:
    (article,) = load_articles([samples / "markdown/reset-password.md"]).articles
    assert (article.id, article.title) == ("it-password", "Reset your password")
    assert article.url == "https://help.varrowby.example.com/it/password"
    assert article.audience == ("staff", "contractors")
    assert article.updated == "2026-02-11"
    assert article.body == SAMPLE


def test_load_reads_a_site_page(samples: Path) -> None:
    (article,) = load_articles([samples / "markdown/site-page.md"]).articles
    assert article.body == (
        "Read this first\n\nAsk your manager before you book travel.\n\n"
        "Check the leave policy or ask in #people-ops.\n\nShow the balance with:\n\n"
        "```\n{{ balance.days }}\n```"
    )


@pytest.mark.parametrize(
    ("text", "title", "body"),
    [
        ("# Head\n\nText", "Head", "Text"),
        ("Head\n====\n\nText", "Head", "Text"),
        ("Intro\n\n# Head\n\nText", "Head", "Intro\n\n# Head\n\nText"),
        ("## Sub\n\nText", "my page", "## Sub\n\nText"),
        ("---\ntitle: T\n---\n# T\n\nText", "T", "Text"),
        ("---\ntitle: T\n---\n# Other\n\nText", "T", "# Other\n\nText"),
        ("---\ntitle: Log in &amp; out\n---\n# Log in &amp; out\n\nText", "Log in & out", "Text"),
    ],
)
def test_load_finds_the_title_and_keeps_it_out_of_the_body(
    load_text: LoadText, text: str, title: str, body: str
) -> None:
    (article,) = load_text("my-page.md", text).articles
    assert (article.title, article.body) == (title, body)


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("a\r\nb\r\n\r\nc", "a b\n\nc"),
        ("a  \nb", "a\nb"),
        ("**b** _i_ ~~gone~~ `code` [l](x)", "b i code l"),
        ("> quoted\n> on", "quoted on"),
        ("![The menu](a.png)", "The menu"),
        ("- a\n\n  more\n- b", "- a\n  more\n- b"),
        ("3) c\n4) d", "3. c\n4. d"),
        ("    code\n", "```\ncode\n```"),
        ("<details><summary>S</summary>\n\nText\n\n</details>", "S\n\nText"),
        ("Text[^1]\n\n[^1]: Note", "Text[1]\n\n1. Note"),
        ("!!! note \"Mind\"\n    the gap", "Mind\n\nthe gap"),
        (":::tip Good\nDo it.\n:::", "Good\n\nDo it."),
        ("> [!WARNING]\n> Hot", "Warning: Hot"),
        ("&copy; &lt;b&gt;", "© <b>"),
        ("a\\*b", "a*b"),
        ("nul\0", "nul\ufffd"),
    ],
)  # fmt: skip
def test_markdown_text_is_light(text: str, clean: str) -> None:
    assert markdown_text(text) == clean


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("no tags", "no tags"),
        ('see [x]({% page "a b/" %}) {% unknown 1 %}', "see [x](ab/) "),
        ("[x]({% page %})", "[x](#)"),
        ('{% slack_channel "a" "b" %}', "#a"),
        ('{% image "p.png" "A red [x] lamp" %}', "![A red  x  lamp](-)"),
        ('{% image "p.png" %}', ""),
        ("{% comment %}x{% endcomment %}y{% comment %}z", "yz"),
        ("```\n{% page %}\n```", "```\n{% page %}\n```"),
        ("```\n{% raw %}{{ x }}{% endraw %}\n```", "```\n{{ x }}\n```"),
        ("{{ kept }}", "{{ kept }}"),
        ("# Head {#anchor}\n{: .class}", "# Head\n"),
        ("{% unclosed", "{% unclosed"),
        ('<a href="{% link "a/b" %}">', '<a href="a/b">'),
    ],
)
def test_without_liquid_shows_what_a_reader_would_see(text: str, shown: str) -> None:
    assert without_liquid(text) == shown


def test_load_names_the_line_of_bad_front_matter(load_text: LoadText) -> None:
    loaded = load_text("a.md", "---\ntitle: x\naudience: {staff: 1}\n---\nText")
    assert not loaded.articles
    assert loaded.rejected[0].line == 3
