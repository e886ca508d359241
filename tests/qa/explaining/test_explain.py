"""From a question to all that a page shows, over fakes and both kinds of reader."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from qa.deciding.calibration import GENERIC
from qa.errors import ReaderError
from qa.explaining.explain import explain
from qa.explaining.words import Part
from qa.openbook import OpenBook
from qa.reading.both import BothReader
from qa.reading.span_reader import SpanReader
from retrieval.types import Article, Passage

Make = Callable[..., Any]
Cut = Callable[..., Passage]

HOURS = Article("hours", "Opening hours", "The help desk opens at 8:30 on weekdays.")
LEAVE = Article("leave", "Leave", "You get 25 days.\n\nUnused days lapse on 31 March.")
SECRET = Article("pay", "Pay bands", "Band C earns 51,000 euros.", audience=("hr",))
ARTICLES = (HOURS, LEAVE, SECRET)
BOLD = replace(GENERIC, threshold=0.0)


@pytest.fixture
def engine(fake_engine: Make, cut_passage: Cut) -> Any:
    return fake_engine(ARTICLES, [cut_passage(article) for article in ARTICLES])


def test_explain_shows_the_answer_that_ask_gives(engine: Any, reader: SpanReader) -> None:
    book = OpenBook(engine, reader, calibration=BOLD)
    found = explain(book, "When does the desk open?")
    first = book.ask("When does the desk open?").answers[0]
    assert found.answer == first
    assert found.refusal is None
    assert found.passage[slice(*found.place)] == first.text
    assert found.belief is not None
    assert found.belief.confidence == pytest.approx(first.confidence)
    assert len(found.rivals) >= 1
    assert all(rival.confidence <= first.confidence for rival in found.rivals)
    (view,) = found.views
    assert view.reader == reader.id
    said = [view.sight.words[place].text for place in view.sight.answer]
    assert said[0] in first.text or first.text in said[0]


def test_explain_attention_flow_sums_to_one(engine: Any, bidaf: SpanReader) -> None:
    view = explain(OpenBook(engine, bidaf), "When does the desk open?").views[0]
    assert view.heads is None
    assert view.flow is not None
    np.testing.assert_allclose(view.flow.to_question.sum(axis=1), 1.0, atol=1e-5)
    assert view.flow.to_question.shape[1] == len(view.sight.part(Part.QUESTION))
    assert 0.0 < view.flow.to_passage.sum() <= 1.0 + 1e-5


def test_explain_heads_leave_room_for_the_passage(engine: Any, bert: SpanReader) -> None:
    view = explain(OpenBook(engine, bert), "When does the desk open?").views[0]
    assert view.flow is None
    assert view.heads is not None
    layers, heads, answer, question = view.heads.weights.shape
    assert (layers, heads) == view.heads.by_head.shape == (2, 2)
    assert (answer, question) == view.heads.mean.shape
    assert answer == len(view.sight.answer)
    assert (view.heads.by_head < 1.0).all()


def test_explain_both_has_a_view_of_each(engine: Any, bert: SpanReader, bidaf: SpanReader) -> None:
    found = explain(OpenBook(engine, BothReader(bert, bidaf)), "When does the desk open?")
    assert [view.reader for view in found.views] == [bert.id, bidaf.id]
    assert found.belief is not None
    assert "agreement" in {sign.name for sign in found.belief.signs}


def test_explain_a_refusal_shows_the_best_candidate(engine: Any, reader: SpanReader) -> None:
    strict = replace(GENERIC, threshold=1.0)
    found = explain(OpenBook(engine, reader, calibration=strict), "When does the desk open?")
    assert found.refusal is not None
    assert found.answer is not None
    assert found.to_json()["status"] == "refused"


@pytest.mark.parametrize("question", ["", "  ", "\u200b"])
def test_explain_of_nothing_has_no_views(engine: Any, bert: SpanReader, question: str) -> None:
    found = explain(OpenBook(engine, bert), question)
    assert (found.answer, found.views, found.belief) == (None, (), None)
    assert found.refusal is not None


def test_explain_shows_nothing_outside_the_rights(engine: Any, reader: SpanReader) -> None:
    book = OpenBook(engine, reader, calibration=BOLD)
    assert "51,000" not in str(explain(book, "What does band C earn?").to_json())
    assert "51,000" in str(explain(book, "What does band C earn?", roles={"hr"}).to_json())


def test_explain_refuses_a_reader_it_can_not_look_into(engine: Any, fake_reader: Make) -> None:
    with pytest.raises(ReaderError, match=r"'fake@.*can't be looked into.*--reader bert"):
        explain(OpenBook(engine, fake_reader({"8:30": 1.0})), "When?")


def test_to_json_holds_what_the_page_shows(engine: Any, reader: SpanReader) -> None:
    shown = explain(OpenBook(engine, reader), "When does the desk open?").to_json()
    view = shown["views"][0]
    words = view["words"]
    assert {word["part"] for word in words} >= {"question", "passage"}
    assert ("heads" in view) != ("context_to_query" in view)
    assert sum(shown["belief"]["signs"][name]["points"] for name in shown["belief"]["signs"]) + (
        shown["belief"]["start"]
    ) == pytest.approx(
        np.log(shown["belief"]["confidence"] / (1 - shown["belief"]["confidence"])), abs=1e-2
    )
