"""Fitting rankings and confidences."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from qa.calibration import expected_calibration_error
from qa.errors import CalibrationError
from qa.fitting import (
    Observation,
    cross_validated,
    fit_calibration,
    fit_logistic,
    fit_ranking,
    fit_slack,
    load_observations,
    observe,
    save_observations,
    squad_questions,
)
from qa.questions import Question
from qa.types import Candidate
from retrieval.types import Article, Hit, Passage

Make = Callable[..., Any]
Cut = Callable[..., Passage]


def test_fit_logistic_finds_the_weights_that_made_the_outcomes() -> None:
    rng = np.random.default_rng(1)
    features = rng.normal(size=(20_000, 2)) * [1.0, 5.0]
    chance = 1 / (1 + np.exp(-(0.5 + features @ [1.5, 0.2])))
    intercept, weights = fit_logistic(features, rng.random(20_000) < chance)
    assert intercept == pytest.approx(0.5, abs=0.1)
    np.testing.assert_allclose(weights, [1.5, 0.2], atol=0.1)


def test_fit_logistic_never_weighs_evidence_against() -> None:
    rng = np.random.default_rng(2)
    features = rng.normal(size=(500, 2))
    _, weights = fit_logistic(features, features[:, 0] - features[:, 1] > 0)
    assert weights[0] > 0
    assert weights[1] == 0


def test_fit_logistic_stays_finite_where_classes_part() -> None:
    intercept, weights = fit_logistic(np.array([[0.0], [1.0]]), np.array([False, True]))
    assert np.isfinite([intercept, *weights]).all()


def test_fit_logistic_ignores_what_never_changes() -> None:
    features = np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 0.2], [1.0, 0.9]])
    _, weights = fit_logistic(features, np.array([False, True, False, True]))
    assert weights[0] == 0


@pytest.mark.parametrize(("right", "word"), [([True, True], "right"), ([False, False], "wrong")])
def test_fit_logistic_needs_both(right: list[bool], word: str) -> None:
    with pytest.raises(CalibrationError, match=f"All 2 answers are {word}"):
        fit_logistic(np.zeros((2, 1)), np.array(right))


def test_fit_ranking_finds_the_weights_that_drew_the_first() -> None:
    rng = np.random.default_rng(3)
    questions = []
    for _ in range(1500):
        features = rng.normal(size=(4, 3))
        scores = features @ [2.0, 0.5, -1.0]
        chance = np.exp(scores) / np.exp(scores).sum()
        right = np.zeros(4, dtype=np.bool_)
        right[rng.choice(4, p=chance)] = True
        questions.append((features, right))
    weights = fit_ranking(questions)
    # The third would be negative, and is held at zero; the others make up for little of it.
    np.testing.assert_allclose(weights, [1.7, 0.4, 0.0], atol=0.25)


def test_fit_ranking_needs_an_order() -> None:
    with pytest.raises(CalibrationError, match="no order to learn"):
        fit_ranking([])


def observations(n: int = 300) -> list[Observation]:
    """Make questions whose right answer mostly has the better margin."""
    rng = np.random.default_rng(4)
    made = []
    for number in range(n):
        passages = [
            Passage(f"a{number}-{k}#0-8", f"a{number}-{k}", 0, 8, f"answer {k}") for k in range(2)
        ]
        good, bad = rng.normal(2.0, 2.0), rng.normal(-1.0, 2.0)
        has_answer = number % 4 > 0
        candidates = tuple(
            Candidate(passage, 0, 8, float(margin), 0.0)
            for passage, margin in zip(passages, (good if has_answer else bad, bad), strict=True)
        )
        made.append(
            Observation(
                id=str(number),
                question="What is it?",
                group=f"article {number % 40}",
                hits=tuple(Hit(passage, 1.0 - k / 4) for k, passage in enumerate(passages)),
                candidates=candidates,
                right=(has_answer, False),
                meanings=(0.3, 0.1),
            )
        )
    return made


def test_fit_calibration_believes_what_is_right() -> None:
    seen = observations()
    calibration = fit_calibration(seen, threshold=0.4, note={"n": len(seen)})
    assert calibration.threshold == 0.4
    assert calibration.ranking.weights["margin"] > 0
    confidences, right = [], []
    for each in seen:
        first = each.proposals(calibration.ranking)[0]
        confidences.append(calibration.probability(first))
        right.append(each.is_right(first))
    assert expected_calibration_error(confidences, right) < 0.1
    assert np.mean(confidences) == pytest.approx(np.mean(right), abs=0.01)


def long_observations(n: int = 600) -> list[Observation]:
    """Make questions with six passages; in one of a hundred the last one holds the answer."""
    rng = np.random.default_rng(5)
    made = []
    for number in range(n):
        passages = [
            Passage(f"a{number}-{k}#0-8", f"a{number}-{k}", 0, 8, f"answer {k}") for k in range(6)
        ]
        holds = 5 if number % 100 == 0 else int(rng.integers(0, 3))
        right = [k == holds and number % 3 > 0 for k in range(6)]
        margins = [rng.normal(6.0 if good else -2.0, 2.0) for good in right]
        made.append(
            Observation(
                id=str(number),
                question="What is it?",
                group=f"article {number % 40}",
                hits=tuple(Hit(passage, 1.0 - k / 8) for k, passage in enumerate(passages)),
                candidates=tuple(
                    Candidate(passage, 0, 8, float(margin), 0.0)
                    for passage, margin in zip(passages, margins, strict=True)
                ),
                right=tuple(right),
                meanings=tuple(0.3 * good for good in right),
            )
        )
    return made


def test_fit_slack_keeps_outcomes_and_spares_reading() -> None:
    seen = long_observations()
    whole = fit_calibration(seen, threshold=0.5, note={})
    slack = fit_slack(seen, whole)
    assert slack is not None

    def changed(slack: float) -> int:
        calibration = replace(whole, slack=slack)
        n = 0
        for each in seen:
            full = each.outcome(calibration)
            part = each.without(each.skipped_by(calibration)).outcome(calibration)
            assert full is not None
            assert part is not None
            n += (full.where, full.given) != (part.where, part.given)
        return n

    assert changed(slack) == 0
    assert changed(slack - 0.1) > 0
    fitted = fit_calibration(seen, threshold=0.5, note={}, slack=slack)
    assert fitted.slack == slack
    assert sum(len(each.skipped_by(fitted)) for each in seen) > len(seen) / 4
    confidences, right = cross_validated(seen, folds=2, slack=slack)
    assert expected_calibration_error(confidences, right) < 0.1


def test_fit_slack_tells_nothing_from_few_questions() -> None:
    seen = observations()
    calibration = fit_calibration(seen, threshold=0.5, note={})
    assert fit_slack(seen, calibration) is None
    assert seen[0].skipped_by(calibration) == frozenset()


def test_outcome_of_nothing_is_none() -> None:
    calibration = fit_calibration(observations(), threshold=0.5, note={})
    assert Observation("1", "What?", "g", (), (), (), ()).outcome(calibration) is None


def test_cross_validated_judges_every_question_once() -> None:
    seen = observations()
    confidences, right = cross_validated(seen)
    assert len(confidences) == len(right) == len(seen)
    assert expected_calibration_error(confidences, right) < 0.15


def test_fit_calibration_needs_candidates() -> None:
    empty = Observation("1", "What?", "g", (), (), (), ())
    with pytest.raises(CalibrationError, match="no order to learn"):
        fit_calibration([empty], threshold=0.5, note={})


def test_observations_survive_the_disk(tmp_path: Path) -> None:
    seen = observations(12)
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


def test_squad_questions_come_from_articles_held_out(tmp_path: Path) -> None:
    articles = [
        {
            "title": f"Title_{n}",
            "paragraphs": [
                {
                    "context": "It is 5.",
                    "qas": [
                        {
                            "id": f"{n}-{k}",
                            "question": "What?",
                            "answers": [{"text": "5", "answer_start": 6}],
                        }
                        for k in range(4)
                    ],
                }
            ],
        }
        for n in range(5)
    ]
    path = tmp_path / "squad.json"
    path.write_text(json.dumps({"data": articles}), encoding="utf-8")
    questions, hidden = squad_questions(path, held_out=2, n=6, hide=0.5)
    assert len(questions) == 6
    assert len({question.article_ids for question in questions}) == 2
    assert all(question.article_ids[0].endswith(".txt") for question in questions)
    assert set(hidden) == {question.id for question in questions[:3]}
    assert squad_questions(path, held_out=2, n=6, hide=0.5) == (questions, hidden)
