"""A small reader and a large one that reads again: what is checked, by whom, in what time."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.reading.bert import BertReader
from qa.reading.checked import CheckedReader, Rules
from qa.reading.windows import EncodedText, Window, span_margin, text_around
from qa.types import Candidate, FullReader, Reading
from retrieval.types import Article, Passage

QUESTION = "When does the help desk open?"
TEXTS = (
    "The help desk in Riverton opens at 8:30 on weekdays. ",
    "Bring your badge. " * 30,
    "On Saturdays it opens at 10:00 and closes at 14:00. " * 12,
    "Closed.",
)


@pytest.fixture(scope="module")
def small(tiny_bert: Path) -> BertReader:
    return BertReader.load(tiny_bert, dtype="float32")


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory, save_bert: Callable[..., Path]) -> BertReader:
    folder = save_bert(tmp_path_factory.mktemp("large"), seed=5)
    return BertReader.load(folder, dtype="float32")


@pytest.fixture
def passages(cut_passage: Callable[..., Passage]) -> list[Passage]:
    return [
        cut_passage(Article(f"a{n}", "Desk", f"Before. {text}"), start=8)
        for n, text in enumerate(TEXTS)
    ]


ALL = Rules(passages=10, room=400, place=0.0, hopeless=-1e9, behind=1e9, sure=1e9)


def test_every_span_gets_the_large_readers_margin_for_it(
    small: BertReader, large: BertReader, passages: list[Passage]
) -> None:
    checked = CheckedReader(small, large, ALL)
    assert isinstance(checked, FullReader)
    first = small.read(QUESTION, passages)
    found = checked.read(QUESTION, passages)
    plain = [replace(each, check=None) for each in found.candidates]
    assert [each for each in plain if each in first.candidates] == list(first.candidates)
    for candidate in found.candidates:
        group = large.windows(QUESTION, [candidate.passage])[0]
        start, end = (at - candidate.passage.start for at in (candidate.start, candidate.end))
        margins = [
            span_margin(window, logits, start, end)
            for window, logits in zip(group, large.scores(group), strict=True)
        ]
        best = max(margin for margin in margins if margin is not None)
        if candidate.check is not None and len(group) == 1:
            assert candidate.check == pytest.approx(best, abs=1e-3)
    short = {passages[0].id, passages[3].id}
    assert all(each.check is not None for each in found.candidates if each.passage.id in short)


def test_the_large_readers_best_span_is_a_candidate_with_the_small_ones_margin(
    small: BertReader, large: BertReader, passages: list[Passage]
) -> None:
    found = CheckedReader(small, large, ALL).read(QUESTION, passages[:1])
    best = large.read(QUESTION, passages[:1]).candidates[0]
    (own,) = [each for each in found.candidates if (each.start, each.end) == (best.start, best.end)]
    assert own.check == pytest.approx(best.margin, abs=1e-3)
    assert own.check == max(each.check or -1e9 for each in found.candidates)
    first = small.read(QUESTION, passages[:1]).candidates
    overlapping = [each for each in first if each.start < own.end and own.start < each.end]
    assert own.margin == (overlapping or first)[0].margin
    margins = [each.margin for each in found.candidates]
    assert margins == sorted(margins, reverse=True)


def test_only_the_best_few_passages_are_read_again(
    small: BertReader, large: BertReader, passages: list[Passage]
) -> None:
    first = small.read(QUESTION, passages)
    order = list(dict.fromkeys(each.passage.id for each in first.candidates))
    found = CheckedReader(small, large, replace(ALL, passages=2)).read(QUESTION, passages)
    assert {each.passage.id for each in found.candidates if each.check is not None} == set(
        order[:2]
    )


def test_hopeless_and_far_behind_passages_are_not_read_again(
    small: BertReader, large: BertReader, passages: list[Passage]
) -> None:
    first = small.read(QUESTION, passages)
    margins = sorted({each.passage.id: -each.margin for each in first.candidates[::-1]}.values())
    for rules in (
        replace(ALL, hopeless=-margins[1]),
        replace(ALL, behind=margins[1] - margins[0]),
    ):
        found = CheckedReader(small, large, rules).read(QUESTION, passages)
        checked = {each.passage.id for each in found.candidates if each.check is not None}
        assert len(checked) == 2
    nothing = CheckedReader(small, large, replace(ALL, hopeless=1e9))
    assert nothing.read(QUESTION, passages) == first


def test_places_further_down_have_to_promise_more(
    small: BertReader, large: BertReader, passages: list[Passage]
) -> None:
    rules = replace(ALL, passages=1, place=1e6)
    for order in (passages, passages[::-1]):
        found = CheckedReader(small, large, rules).read(QUESTION, order)
        checked = {each.passage.id for each in found.candidates if each.check is not None}
        assert checked == {order[0].id}


def test_a_sure_span_without_a_rival_is_not_read_again(
    small: BertReader, large: BertReader, passages: list[Passage]
) -> None:
    first = small.read(QUESTION, passages)
    margin = first.candidates[0].margin
    alone = replace(ALL, behind=0.0, sure=margin)
    assert CheckedReader(small, large, alone).read(QUESTION, passages) == first
    for rules in (replace(alone, sure=margin + 0.1), replace(alone, behind=1e9)):
        found = CheckedReader(small, large, rules).read(QUESTION, passages)
        assert any(each.check is not None for each in found.candidates)


def test_without_time_the_first_reading_stands(
    small: BertReader, large: BertReader, passages: list[Passage]
) -> None:
    checked = CheckedReader(small, large, ALL)
    first = small.read(QUESTION, passages)
    assert checked.read_again(QUESTION, first, passages, deadline_s=time.monotonic() - 1.0) == first
    late = checked.read(QUESTION, passages, deadline_s=time.monotonic() - 1.0)
    assert late.unread == tuple(each.id for each in passages)
    assert checked.read("", passages) == Reading((), 0.0)


def test_with_little_time_a_part_is_checked(
    tmp_path: Path, small: BertReader, save_bert: Callable[..., Path], passages: list[Passage]
) -> None:
    hurried = BertReader.load(save_bert(tmp_path, seed=5), dtype="float32")
    first = small.read(QUESTION, passages)
    # It knows nothing of the machine, so it reads one passage; then that it takes a minute.
    hurried._pace.learn = lambda *_: setattr(hurried._pace, "_seconds", 60.0)  # type: ignore[method-assign]
    found = CheckedReader(small, hurried, ALL).read_again(
        QUESTION, first, passages, deadline_s=time.monotonic() + 30.0
    )
    assert len({each.passage.id for each in found.candidates if each.check is not None}) == 1
    assert {(c.start, c.end) for c in first.candidates} <= {
        (c.start, c.end) for c in found.candidates
    }


def test_both_readers_share_their_workers(
    tmp_path: Path,
    small: BertReader,
    large: BertReader,
    save_bert: Callable[..., Path],
    passages: list[Passage],
) -> None:
    readers = [
        BertReader.load(save_bert(tmp_path / str(seed), seed=seed), dtype="float32")
        for seed in (0, 5)
    ]
    shared = CheckedReader(readers[0], readers[1], ALL)
    shared.share_scoring(workers=2)
    expected = CheckedReader(small, large, ALL).read(QUESTION, passages)
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(lambda _: shared.read(QUESTION, passages), range(8)):
            assert [(c.start, c.end) for c in found.candidates] == [
                (c.start, c.end) for c in expected.candidates
            ]
            np.testing.assert_allclose(
                [c.check or 0.0 for c in found.candidates],
                [c.check or 0.0 for c in expected.candidates],
                atol=1e-3,
            )


def test_checked_is_named_by_both_and_by_its_rules(small: BertReader, large: BertReader) -> None:
    one = CheckedReader(small, large)
    assert one.id.startswith("checked@")
    assert one.id == CheckedReader(small, large).id
    assert one.id not in (CheckedReader(large, small).id, CheckedReader(small, large, ALL).id)
    assert (one.null_threshold, one.first, one.readers) == (
        small.null_threshold,
        small,
        (small, large),
    )


@given(
    lead=st.integers(0, 5),
    n=st.integers(1, 60),
    room=st.integers(1, 70),
    data=st.data(),
)
def test_text_around_keeps_the_lead_and_the_place(
    lead: int, n: int, room: int, data: st.DataObject
) -> None:
    # Token k covers 3k..3k+2, a space follows.
    offsets = [(3 * k, 3 * k + 2) for k in range(n)]
    text = EncodedText(list(range(lead + n)), [(0, 0)] * lead + offsets)
    first = data.draw(st.integers(0, n - 1))
    last = data.draw(st.integers(first, n - 1))
    kept = text_around(text, 3 * first, 3 * last + 2, room)
    assert kept.ids[:lead] == text.ids[:lead]
    body = kept.ids[lead:]
    assert len(body) == min(room, n)
    assert body == list(range(body[0], body[0] + len(body)))
    assert [text.offsets[k] for k in kept.ids] == kept.offsets
    if last - first + 1 <= room:
        assert body[0] <= lead + first
        assert body[-1] >= lead + last
        before, after = lead + first - body[0], body[-1] - lead - last
        if body[0] - lead > 0 and body[-1] < lead + n - 1:
            assert abs(before - after) <= 1


def test_span_margin_is_over_none_and_only_of_whole_spans() -> None:
    window = Window(
        [0] * 6, [0] * 6, [(0, 0), (0, 0), (0, 3), (4, 7), (8, 12), (0, 0)], 1, 5, [True] * 6
    )
    logits = np.arange(12, dtype=np.float32).reshape(2, 6)
    assert span_margin(window, logits, 0, 7) == 2 + 9 - 0 - 6
    assert span_margin(window, logits, 5, 6) == 3 + 9 - 0 - 6
    assert span_margin(window, logits, 4, 20) is None
    assert span_margin(window, logits, 20, 30) is None


def test_candidates_out_of_the_window_stay_unchecked(
    small: BertReader, large: BertReader, passages: list[Passage]
) -> None:
    found = CheckedReader(small, large, replace(ALL, room=12)).read(QUESTION, passages[2:3])
    ours = small.read(QUESTION, passages[2:3]).candidates
    best = next(
        each for each in found.candidates if (each.start, each.end) == (ours[0].start, ours[0].end)
    )
    assert isinstance(best, Candidate)
    assert best.check is not None
    far = [each for each in found.candidates if abs(each.start - best.start) > 200]
    assert all(each.check is None for each in far)
