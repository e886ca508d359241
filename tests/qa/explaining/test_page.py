"""The page: complete by itself, and deaf to what articles try."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.deciding.calibration import GENERIC
from qa.explaining.explain import Explanation, explain
from qa.explaining.page import figure, heat_level, influence_level, page, percent
from qa.openbook import OpenBook
from qa.reading.span_reader import SpanReader
from retrieval.types import Article, Passage

Make = Callable[..., Any]
Cut = Callable[..., Passage]

EVIL = '</script><script>alert(1)</script><img src=x onerror="alert(2)">'
VOID = {"meta", "br", "img", "link", "input", "hr"}


class Outline(HTMLParser):
    """Collects tags, and checks that they close in order."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def outline_of(text: str) -> Outline:
    outline = Outline()
    outline.feed(text)
    outline.close()
    assert outline.open == []
    return outline


@pytest.fixture
def make(fake_engine: Make, cut_passage: Cut, reader: SpanReader) -> Callable[..., Explanation]:
    """Return a function: body, question, threshold → explanation."""

    def explained(
        body: str, question: str, *, threshold: float = 0.0, url: str | None = None
    ) -> Explanation:
        article = Article("hours", f"Hours {EVIL}", body, url=url)
        engine = fake_engine([article], [cut_passage(article, headings=(EVIL,))])
        book = OpenBook(engine, reader, calibration=replace(GENERIC, threshold=threshold))
        return explain(book, question)

    return explained


def test_page_is_complete_by_itself(make: Callable[..., Explanation]) -> None:
    found = make(
        "The desk opens at 8:30 on weekdays.", "When does the desk open?", url="https://x/h"
    )
    text = page(found)
    outline = outline_of(text)
    assert found.answer is not None
    assert f"“{found.answer.text}”" in text
    assert [value for tag, value in outline.tags if tag == "mark"]
    assert ("a", {"href": "https://x/h", "rel": "noreferrer noopener"}) in outline.tags
    for tag, attributes in outline.tags:
        assert tag not in ("link", "img", "iframe", "object", "base", "form")
        assert not {"src", "srcset", "style.src"} & set(attributes)
        assert not [name for name in attributes if name.startswith("on")]
    style = text[text.index("<style>") : text.index("</style>")]
    assert "url(" not in style
    assert "@import" not in style
    # Tables can be read aloud: every heat map says what it is.
    n_tables = sum(tag == "table" for tag, _ in outline.tags)
    assert n_tables >= 3
    for heading in ("Why it was believed", "What it was preferred to", "What the reader went by"):
        assert heading in text


def test_page_runs_its_own_script_alone(make: Callable[..., Explanation]) -> None:
    text = page(make(f"Open {EVIL} at 8:30.", f"When {EVIL}?"))
    outline = outline_of(text)
    scripts = re.findall(r"<script>(.*?)</script>", text, flags=re.S)
    assert len(scripts) == 1
    allowed = base64.b64encode(sha256(scripts[0].encode()).digest()).decode()
    policy = next(a["content"] for tag, a in outline.tags if tag == "meta" and "http-equiv" in a)
    assert policy == (
        f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{allowed}'"
    )
    assert [tag for tag, _ in outline.tags if tag == "img"] == []


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", 'ftp://x"y'])
def test_page_links_to_the_web_only(make: Callable[..., Explanation], url: str) -> None:
    outline = outline_of(page(make("It opens at 8:30.", "When?", url=url)))
    assert [tag for tag, _ in outline.tags if tag == "a"] == []


def test_page_says_that_it_is_a_refusal(make: Callable[..., Explanation]) -> None:
    text = page(make("It opens at 8:30.", "When?", threshold=1.0))
    assert "Refused." in text
    assert "which was not given as an answer" in text
    assert "Why it was not believed" in text


def test_page_of_nothing_is_a_page(make: Callable[..., Explanation]) -> None:
    text = page(make("It opens at 8:30.", ""))
    outline_of(text)
    assert "Nothing was found" in text
    assert "(an empty question)" in text


@given(
    question=st.text(max_size=60),
    body=st.text(min_size=1, max_size=200).filter(lambda t: t.strip()),
)
def test_page_takes_any_text(question: str, body: str) -> None:
    found = Explanation(question, None, None, body, (0, 0), None, (), ())
    text = page(found)
    text.encode("utf-8")
    outline_of(text)
    assert not re.search(r"[\x00-\x08\u202a-\u202e]", text)


def test_page_of_strange_text(make: Callable[..., Explanation]) -> None:
    text = page(
        make("Öffnet um 8:30 \u202eeuro\u202c \x07 \U0001f469\u200d\U0001f4bb.", "Wann \udcff?")
    )
    text.encode("utf-8")
    outline_of(text)


def test_heat_level_is_in_even_parts_of_the_most() -> None:
    assert [heat_level(w, 0.8) for w in (0.0, 0.1, 0.4, 0.8, 2.0, -1.0)] == [0, 1, 4, 8, 8, 0]
    assert heat_level(1.0, 0.0) == 0


@given(effect=st.floats(-50, 50), most=st.floats(0.001, 50))
def test_influence_level_has_the_effects_sign(effect: float, most: float) -> None:
    level = influence_level(effect, most)
    assert -4 <= level <= 4
    assert level * effect >= 0
    assert influence_level(-effect, most) == -level


def test_influence_level_is_none_for_what_was_not_tested() -> None:
    assert influence_level(None, 1.0) == influence_level(0.01, 1.0) == 0
    assert influence_level(1.0, 1.0) == 4


def test_percent_never_promises() -> None:
    assert [percent(share) for share in (0.0, 0.5, 1.0)] == ["1 %", "50 %", "99 %"]


def test_figure_has_a_decimal_where_all_are_small() -> None:
    assert (figure(0.051, 0.06), figure(0.051, 0.5)) == ("5.1", "5")
