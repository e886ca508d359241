"""Asking labelled questions and keeping what was found."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from qa.errors import CalibrationError
from qa.workshop.calibrating.observations import (
    Observation,
    load_observations,
    observe,
    save_observations,
)
from qa.workshop.calibrating.rules import fit_calibration
from qa.workshop.scoring.questions import Question
from retrieval.types import Article, Passage

Make = Callable[..., Any]
Cut = Callable[..., Passage]
Observe = Callable[..., list[Observation]]


def test_outcome_of_nothing_is_none(make_observations: Observe) -> None:
    calibration = fit_calibration(make_observations(), threshold=0.5, note={})
    assert Observation("1", "What?", "g", (), (), (), ()).outcome(calibration) is None


def test_observations_survive_the_disk(tmp_path: Path, make_observations: Observe) -> None:
    seen = make_observations(12)
    path = tmp_path / "seen.jsonl"
    agreed = replace(seen[0].candidates[0], agreement=0.5)
    seen[0] = replace(seen[0], candidates=(agreed, *seen[0].candidates[1:]))
    save_observations(path, seen)
    assert load_observations(path) == seen
    # Files of before there was a second reader.
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    for row in rows:
        row["candidates"] = [entry[:7] for entry in row["candidates"]]
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    assert load_observations(path)[1:] == seen[1:]


def test_load_observations_refuses_what_it_can_not_read(tmp_path: Path) -> None:
    path = tmp_path / "seen.jsonl"
    path.write_text('{"id": "1"}\n', encoding="utf-8")
    with pytest.raises(CalibrationError, match="Can't read the observations"):
        load_observations(path)


def test_observe_hides_articles_as_if_they_were_not_there(
    fake_engine: Make, fake_reader: Make, cut_passage: Cut
) -> None:
    articles = [Article(f"a{n}", "T", f"It costs {n} euros.") for n in range(4)]
    engine = fake_engine(articles, [cut_passage(article) for article in articles])
    reader = fake_reader({f"{n} euros": 4.0 - n for n in range(4)})
    questions = [
        Question("1", "How much?", ("0 euros",), ("a0",)),
        Question("2", "How much?", ("0 euros",), ("a0",)),
    ]
    hidden = {"2": frozenset({"a0"})}
    one, other = observe(engine, reader, questions, top_k=2, hidden=hidden)
    assert [hit.passage.article_id for hit in one.hits] == ["a0", "a1"]
    assert one.right == (True, True)  # "1 euros" shares half its words with "0 euros".
    assert [hit.passage.article_id for hit in other.hits] == ["a1", "a2"]
    assert other.right == (False, False)
    assert (one.group, one.question) == ("a0", "How much?")
