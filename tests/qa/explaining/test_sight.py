"""What a reader saw, and what it goes by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from qa.errors import ReaderError
from qa.explaining import sight as sight_module
from qa.explaining.sight import influences, look, nearby, strongest
from qa.explaining.words import Part
from qa.reading.span_reader import SpanReader
from retrieval.types import Article, Passage

Cut = Callable[..., Passage]

TEXT = (
    "The help desk opens at 8:30 on weekdays.\n\n1. Bring your badge (the blue one).\n"
    "2. Ring the bell, and wait. On Saturdays it opens at 10:00.\n"
) * 3
QUESTION = "When does the help-desk open?"


@pytest.fixture
def passage(cut_passage: Cut) -> Passage:
    return cut_passage(Article("a", "Opening hours", f"Lead. {TEXT}"), start=6, headings=("Hall",))


def test_look_finds_every_candidate_with_its_own_margin(
    reader: SpanReader, passage: Passage
) -> None:
    reading = reader.read(QUESTION, [passage])
    assert reading.candidates
    for candidate in reading.candidates:
        seen = look(reader, QUESTION, candidate)
        logits = reader.scores([seen.window])[0]
        # One window's own "no answer"; the reading's is the lowest of its windows'.
        score = seen.margin + float(logits[0, 0] + logits[1, 0])
        assert score == pytest.approx(candidate.score, abs=1e-3)
        said = [seen.words[place] for place in seen.answer]
        assert said[0].start <= candidate.start - passage.start < said[0].end
        assert said[-1].start < candidate.end - passage.start <= said[-1].end


def test_look_names_words_by_their_places(reader: SpanReader, passage: Passage) -> None:
    candidate = reader.read(QUESTION, [passage]).candidates[0]
    seen = look(reader, QUESTION, candidate)
    assert [word.text for word in seen.part(Part.QUESTION)] == [
        *("When", "does", "the", "help-desk", "open", "?"),
    ]
    for word in seen.part(Part.PASSAGE):
        assert passage.text[word.start : word.end] == word.text
    if seen.part(Part.HEADING):
        assert [word.text for word in seen.part(Part.HEADING)] == [
            *("Opening", "hours", ".", "Hall", "."),
        ]
    taken = [token for word in seen.words for token in word.tokens]
    assert len(set(taken)) == len(taken)
    # All but [CLS] and the two [SEP].
    assert len(taken) == len(seen.window) - 3


def test_look_refuses_an_answer_without_tokens(reader: SpanReader, passage: Passage) -> None:
    candidate = reader.read(QUESTION, [passage]).candidates[0]
    with pytest.raises(ReaderError, match="has no tokens for"):
        look(reader, "  ", candidate)


def test_influences_are_what_the_reader_says_without_a_word(
    reader: SpanReader, passage: Passage
) -> None:
    candidate = reader.read(QUESTION, [passage]).candidates[0]
    seen = look(reader, QUESTION, candidate)
    effects = influences(reader, seen)
    hidden = reader.tokenizer.token_to_id("[MASK]") or reader.tokenizer.token_to_id("[UNK]")
    assert hidden is not None
    # The answer's own word is hidden in its place.
    tokens = seen.words[seen.answer[0]].tokens
    ids = [hidden if n in tokens else i for n, i in enumerate(seen.window.input_ids)]
    starts, ends = reader.scores([replace(seen.window, input_ids=ids)])[0]
    margin = float(starts[seen.first] + ends[seen.last] - starts[0] - ends[0])
    assert effects[seen.answer[0]] == pytest.approx(seen.margin - margin, abs=1e-3)


def test_influences_of_a_question_word_are_those_of_the_shorter_question(
    reader: SpanReader, cut_passage: Cut
) -> None:
    passage = cut_passage(Article("a", "", "The desk opens at 8:30 on weekdays."))
    seen = look(reader, QUESTION, reader.read(QUESTION, [passage]).candidates[0])
    effects = influences(reader, seen)
    (shorter,) = reader.windows("When does the open?", [passage])[0]
    shift = len(seen.words[3].tokens)
    starts, ends = reader.scores([shorter])[0]
    margin = starts[seen.first - shift] + ends[seen.last - shift] - starts[0] - ends[0]
    assert effects[3] == pytest.approx(seen.margin - float(margin), abs=1e-3)


def test_influences_test_the_question_and_what_is_near(
    bert: SpanReader, passage: Passage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sight_module, "MAX_TESTED", 10)
    candidate = bert.read(QUESTION, [passage]).candidates[0]
    seen = look(bert, QUESTION, candidate)
    effects = influences(bert, seen)
    tested = {place for place, effect in enumerate(effects) if effect is not None}
    assert len(tested) == 10
    assert set(range(6)) < tested
    assert seen.answer[len(seen.answer) // 2] in tested
    assert len(strongest(seen.words, effects, 50)) == 10
    sizes = [abs(effect) for _, effect in strongest(seen.words, effects, 50)]
    assert sizes == sorted(sizes, reverse=True)


def test_influences_need_a_sign_for_what_is_hidden(
    bert: SpanReader, passage: Passage, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = look(bert, QUESTION, bert.read(QUESTION, [passage]).candidates[0])

    class Bare:
        def token_to_id(self, token: str) -> None:
            return None

    monkeypatch.setattr(bert, "_tokenizer", Bare())
    with pytest.raises(ReaderError, match=r"neither \[MASK\] nor \[UNK\]"):
        influences(bert, seen)


def test_nearby_are_words_around_the_answer(reader: SpanReader, passage: Passage) -> None:
    seen = look(reader, QUESTION, reader.read(QUESTION, [passage]).candidates[0])
    around = nearby(seen, 2)
    assert {seen.words[place] for place in seen.answer} <= set(around)
    assert len(around) <= len(seen.answer) + 4
    assert {word.part for word in around} == {Part.PASSAGE}
