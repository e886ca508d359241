"""Answering end to end over fakes: merging, deciding, rights, time, slices."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qa.deciding.bound import Bound
from qa.deciding.calibration import GENERIC
from qa.errors import AnsweringError
from qa.openbook import MAX_ANSWERS, OpenBook
from qa.reading.bert import BertReader
from qa.types import CalibrationState, RefusalReason, Result
from qa.wire import to_json
from retrieval.types import Article, Engine, Passage

Make = Callable[..., Any]
Cut = Callable[..., Passage]

HOURS = Article("hours", "Opening hours", "The desk opens at 8:30 on weekdays.", url="https://x/h")
LEAVE = Article("leave", "Leave", "You get 25 days.\n\nUnused days lapse on 31 March.")
SECRET = Article("pay", "Pay bands", "Band C earns 51,000 euros.", audience=("hr",))
ARTICLES = (HOURS, LEAVE, SECRET)


@pytest.fixture
def engine(fake_engine: Make, cut_passage: Cut) -> Any:
    return fake_engine(ARTICLES, [cut_passage(article) for article in ARTICLES])


@pytest.fixture
def book(engine: Any, fake_reader: Make) -> OpenBook:
    return OpenBook(engine, fake_reader({"8:30": 12.0, "25 days": 4.0, "31 March": 3.0}))


def assert_slices(result: Result, articles: dict[str, Article]) -> None:
    for answer in result.answers:
        article = articles[answer.article_id]
        assert answer.text == article.body[answer.start : answer.end] != ""
        assert answer.article_sha256 == article.sha256
        shown = answer.snippet
        assert shown.text == article.body[shown.start : shown.end]
        assert shown.start <= answer.start < answer.end <= shown.end
        if shown.header is not None:
            header = shown.header
            assert header.text == article.body[header.start : header.end]


def test_fakes_obey_the_protocols(engine: Any) -> None:
    assert isinstance(engine, Engine)


def test_ask_answers_with_a_citation(book: OpenBook) -> None:
    result = book.ask("When does the desk open?")
    assert result.status == "answered"
    first = result.answers[0]
    assert (first.text, first.article_id, first.reader) == ("8:30", "hours", "fake")
    assert first.url == "https://x/h"
    assert first.snippet.text == HOURS.body
    assert result.generation == "000001"
    assert result.calibration is CalibrationState.DEFAULT
    assert [a.confidence for a in result.answers] == sorted(
        (a.confidence for a in result.answers), reverse=True
    )
    assert_slices(result, {article.id: article for article in ARTICLES})


def test_ask_gives_at_most_three_answers(fake_engine: Make, fake_reader: Make) -> None:
    articles = [Article(f"a{n}", "T", f"It costs {n} euros.") for n in range(5)]
    passages = [Passage(f"{a.id}#0-17", a.id, 0, len(a.body), a.body) for a in articles]
    reader = fake_reader({f"{n} euros": 5.0 for n in range(5)})
    answers = OpenBook(fake_engine(articles, passages), reader).ask("?!").answers
    assert [answer.article_id for answer in answers] == ["a0", "a1", "a2"]
    assert len(answers) == MAX_ANSWERS


def test_ask_leaves_out_what_an_earlier_snippet_shows(engine: Any, fake_reader: Make) -> None:
    book = OpenBook(engine, fake_reader({"8:30": 9.0, "weekdays": 8.0, "25 days": 1.0}))
    assert [answer.text for answer in book.ask("?!").answers] == ["8:30", "25 days"]


def test_ask_is_as_sure_of_a_procedure_whichever_of_its_steps_are_proposed(
    fake_engine: Make, fake_reader: Make, cut_passage: Cut
) -> None:
    article = Article("vpn", "VPN", "1. Open Software Centre.\n2. Select Install.\n3. Restart.")
    engine = fake_engine([article], [cut_passage(article)])
    question = "How do I install the VPN?"
    (alone,) = OpenBook(engine, fake_reader({"Select Install": 4.0})).ask(question).answers
    reader = fake_reader({"Select Install": 4.0, "Open Software Centre": 3.9, "Restart": 3.8})
    (first,) = OpenBook(engine, reader).ask(question).answers
    assert first.text == "Select Install"
    assert first.confidence == pytest.approx(alone.confidence)


def test_ask_refuses_below_the_threshold_and_shows_its_candidates(book: OpenBook) -> None:
    book.calibration = replace(GENERIC, threshold=1.0)
    result = book.ask("When does the desk open?")
    assert result.status == "refused"
    assert result.refusal is not None
    assert result.refusal.reason is RefusalReason.LOW_CONFIDENCE
    assert [near.article_id for near in result.refusal.nearest] == ["hours", "leave"]
    assert result.answers[0].text == "8:30"


@pytest.mark.parametrize("question", ["", "   ", "\n\t "])
def test_ask_refuses_an_empty_question(book: OpenBook, question: str) -> None:
    result = book.ask(question)
    assert result.refusal is not None
    assert result.refusal.reason is RefusalReason.NOT_FOUND
    assert "question is empty" in result.refusal.message
    assert result.answers == ()


def test_ask_refuses_where_nothing_is_found(fake_engine: Make, fake_reader: Make) -> None:
    result = OpenBook(fake_engine([], []), fake_reader({})).ask("Anything?")
    assert result.refusal is not None
    assert result.refusal.reason is RefusalReason.NOT_FOUND
    assert result.refusal.nearest == ()


def test_ask_sees_only_what_the_asker_may_read(engine: Any, fake_reader: Make) -> None:
    book = OpenBook(engine, fake_reader({"51,000 euros": 12.0}))
    public = book.ask("What does band C earn?", trace=True)
    assert public.answers == ()
    assert "pay" not in repr(public).lower().replace("what does band c earn?", "")
    assert book.ask("What does band C earn?", roles=["hr"]).answers[0].article_id == "pay"


def test_ask_drops_an_answer_whose_article_is_gone(book: OpenBook, engine: Any) -> None:
    del engine.written["hours"]
    answers = book.ask("When?").answers
    assert all(answer.article_id != "hours" for answer in answers)


def test_ask_out_of_time_before_anything_is_read(engine: Any, fake_reader: Make) -> None:
    book = OpenBook(engine, fake_reader({"8:30": 12.0}, seconds=0.05))
    result = book.ask("When?", budget_ms=0)
    assert result.refusal is not None
    assert result.refusal.reason is RefusalReason.OUT_OF_TIME
    assert result.refusal.nearest


def test_ask_within_a_budget_answers_from_what_was_read(engine: Any, fake_reader: Make) -> None:
    book = OpenBook(engine, fake_reader({"8:30": 12.0, "25 days": 1.0}, seconds=0.2))
    result = book.ask("When?", budget_ms=300, trace=True)
    assert result.status == "answered"
    assert result.reading is not None
    assert result.reading.unread == ("leave#0-48",)


def test_ask_out_of_time_with_nothing_sure_says_how_much_is_unread(
    engine: Any, fake_reader: Make
) -> None:
    book = OpenBook(engine, fake_reader({"8:30": -9.0}, seconds=0.2))
    refusal = book.ask("When?", budget_ms=300).refusal
    assert refusal is not None
    assert refusal.reason is RefusalReason.OUT_OF_TIME
    assert "1 of 2 passages unread" in refusal.message


def test_ask_takes_any_iterable_of_roles(book: OpenBook) -> None:
    for roles in (["hr"], {"hr"}, ("hr",), frozenset({"hr"}), iter(["hr"])):
        assert book.ask("When?", roles=roles).answers


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"roles": "staff"}, "roles is 'staff'"),
        ({"roles": [1]}, "a role is 1"),
        ({"top_k": 0}, "top_k is 0"),
        ({"budget_ms": -1}, "budget_ms is -1"),
        ({"budget_ms": math.nan}, "budget_ms is nan"),
    ],
)
def test_ask_refuses_arguments(book: OpenBook, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(AnsweringError, match=message):
        book.ask("When?", **arguments)


def test_ask_with_a_trace_tells_the_same(book: OpenBook) -> None:
    plain, traced = book.ask("When?"), book.ask("When?", trace=True)
    assert plain.trace is None
    assert plain.reading is None
    assert traced.trace is not None
    assert traced.reading is not None
    assert traced.answers == plain.answers


def test_open_book_names_the_reader_as_it_was_asked_for(engine: Any, fake_reader: Make) -> None:
    book = OpenBook(engine, fake_reader({"8:30": 12.0}), reader_name="models/mine")
    assert book.ask("When?").answers[0].reader == "models/mine"


def bound_for(book: OpenBook, **changes: Any) -> Bound:
    bound = Bound(
        reader=book.reader.id,
        encoder=book.engine.encoder_id,
        generation=book.engine.generation,
        rule=book.calibration.digest,
        top_k=10,
        threshold=0.9999,
        max_wrong=0.05,
        certainty=0.95,
        n=100,
        answered=60,
        wrong=0,
    )
    return bound.model_copy(update=changes)


def test_bound_decides_while_it_is_valid(book: OpenBook) -> None:
    book.bound = bound_for(book)
    result = book.ask("When?")
    assert (result.status, result.calibration) == ("refused", CalibrationState.VALID)


def test_bound_of_an_older_generation_goes_on_but_is_stale(book: OpenBook) -> None:
    book.bound = bound_for(book, generation="000000")
    result = book.ask("When?")
    assert (result.status, result.calibration) == ("refused", CalibrationState.STALE)


def test_bound_of_another_reader_does_not_decide(book: OpenBook) -> None:
    book.bound = bound_for(book, reader="other@1")
    result = book.ask("When?")
    assert (result.status, result.calibration) == ("answered", CalibrationState.STALE)


def test_bound_does_not_cover_another_top_k_or_a_reading_cut_short(
    book: OpenBook, engine: Any, fake_reader: Make
) -> None:
    book.bound = bound_for(book)
    assert book.ask("When?", top_k=3).calibration is CalibrationState.STALE
    slow = OpenBook(engine, fake_reader({"8:30": 12.0}, seconds=0.2))
    slow.bound = bound_for(slow)
    assert slow.ask("When?", budget_ms=300).calibration is CalibrationState.STALE


PIECES = st.sampled_from(
    [
        "The desk opens at 8:30. ",
        "\n\n## Hours\n\n",
        "1. Open it.\n2. Close it.\n",
        "- one\n- two\n",
        "| Day | Hours |\n|---|---|\n| Mon | 9–5 |\n",
        "```\nrun --now\n```\n",
        "e\u0301\u200d\U0001f469\u200d\U0001f467 ",
        "\u05e9\u05dc\u05d5\u05dd \u200f",
        "\r\n",
        "\x00\x1b[31m",
        "x" * 400,
    ]
)
BODIES = st.lists(st.one_of(PIECES, st.text(max_size=15)), min_size=1, max_size=12).map("".join)


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    bodies=st.lists(BODIES, min_size=1, max_size=3), question=st.text(max_size=40), cut=st.data()
)
def test_every_answer_and_snippet_is_the_slice_it_claims(
    tiny_bert_reader: BertReader,
    fake_engine: Make,
    cut_passage: Cut,
    bodies: list[str],
    question: str,
    cut: st.DataObject,
) -> None:
    articles = [Article(f"a{number}", "Title", body) for number, body in enumerate(bodies)]
    passages = []
    for article in articles:
        start = cut.draw(st.integers(0, len(article.body)))
        passages += [cut_passage(article), cut_passage(article, start=start)]
    unique = list({passage.id: passage for passage in passages}.values())
    book = OpenBook(fake_engine(articles, unique), tiny_bert_reader)
    result = book.ask(question)
    assert_slices(result, {article.id: article for article in articles})
    json.dumps(to_json(result))


@pytest.fixture(scope="module")
def tiny_bert_reader(tiny_bert: Any) -> BertReader:
    return BertReader.load(tiny_bert, dtype="float32")


def test_ask_refuses_a_question_in_another_language(book: OpenBook) -> None:
    result = book.ask("Wann macht der Schalter am Morgen auf?")
    assert result.refusal is not None
    assert result.refusal.reason is RefusalReason.UNSUPPORTED_LANGUAGE
    assert "(de)" in result.refusal.message
    assert result.refusal.nearest
    assert result.answers == ()


def test_ask_reads_any_language_where_it_may(engine: Any, fake_reader: Make) -> None:
    book = OpenBook(engine, fake_reader({"8:30": 9.0}), any_language=True)
    assert book.ask("Wann macht der Schalter am Morgen auf?").answers[0].text == "8:30"


def test_ask_searches_what_it_is_told_and_reads_the_question(
    engine: Any, fake_reader: Make
) -> None:
    book = OpenBook(engine, fake_reader({"8:30": 9.0}))
    result = book.ask("When?", search="desk \ud800 opening hours", trace=True)
    assert result.question == "When?"
    assert result.trace is not None
    assert result.trace.query == "desk ? opening hours"
    assert book.ask(" ", search="desk").answers == ()
