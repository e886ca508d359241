"""Scores against scikit-learn, and what the command line prints and writes."""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Sequence
from pathlib import Path
from zlib import crc32

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, f1_score, precision_score, recall_score

from agent.errors import IntentError
from agent.types import IntentRanking, IntentScore
from agent.workshop.intents.evaluation import evaluate_intents, score_rankings


class WordEncoder:
    """Words hashed to directions: near texts share words."""

    id = "words@1"

    def encode_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        rows = np.zeros((len(texts), 64), np.float32)
        for row, text in zip(rows, texts, strict=True):
            row[0] = 0.1
            for word in text.lower().split():
                row[1 + crc32(word.encode()) % 63] += 1
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def ranking(intent: str, in_scope: float) -> IntentRanking:
    return IntentRanking((IntentScore(intent, 0.9),), in_scope=in_scope, threshold=0.5)


@pytest.mark.parametrize("seed", range(5))
def test_scores_agree_with_scikit_learn(seed: int) -> None:
    draw = random.Random(seed)
    labels = ["a", "b", "c", None]
    gold = [*labels, *(draw.choice(labels) for _ in range(60))]
    found = [ranking(draw.choice("abcd"), draw.random()) for _ in gold]
    scores = score_rankings(gold, found)
    wanted = [label or "oos" for label in gold]
    best = [each.scores[0].intent for each in found]
    said = [each.intent or "oos" for each in found]
    inside = [i for i, label in enumerate(gold) if label]

    def of(texts: list[str]) -> list[str]:
        return [texts[i] for i in inside]

    assert scores["accuracy"] == pytest.approx(accuracy_score(of(wanted), of(best)))
    assert scores["in_scope_accuracy"] == pytest.approx(accuracy_score(of(wanted), of(said)))
    asked = {"labels": ["oos"], "average": "macro", "zero_division": 0}
    assert scores["oos_recall"] == pytest.approx(recall_score(wanted, said, **asked))
    assert scores["oos_precision"] == pytest.approx(precision_score(wanted, said, **asked))
    asked["labels"] = sorted(set(wanted))
    assert scores["macro_f1"] == pytest.approx(f1_score(wanted, said, **asked))


def test_scores_say_none_where_the_test_has_no_such_rows() -> None:
    only_inside = score_rankings(["a"], [ranking("a", 0.9)])
    assert (only_inside["oos_recall"], only_inside["oos_precision"]) == (None, None)
    only_outside = score_rankings([None], [ranking("a", 0.9)])
    assert (only_outside["accuracy"], only_outside["in_scope_accuracy"]) == (None, None)
    assert (only_outside["oos_recall"], only_outside["oos_precision"]) == (0.0, 0.0)


@pytest.mark.parametrize(("gold", "rankings"), [([], []), (["a"], [])])
def test_scores_need_one_ranking_a_label(
    gold: list[str | None], rankings: list[IntentRanking]
) -> None:
    with pytest.raises(IntentError, match="can't be scored"):
        score_rankings(gold, rankings)


def write(path: Path, rows: list[tuple[str, str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([("text", "intent"), *rows])
    return path


ROWS = [
    (start + text, intent)
    for text, intent in (("lost card", "lost"), ("pay bill", "pay"), ("hello there", "hi"))
    for start in ("", "my ", "please ", "oh ")
]


def test_evaluate_trains_judges_and_signs(tmp_path: Path) -> None:
    train = write(tmp_path / "train.csv", ROWS)
    test = write(
        tmp_path / "test.csv", [("the lost card", "lost"), ("a bill", "pay"), ("zebra quux", "oos")]
    )
    out = tmp_path / "out.csv"
    result = evaluate_intents([train], test, encoder=WordEncoder(), predictions=out)
    assert list(result) == [
        "accuracy",
        "in_scope_accuracy",
        "oos_recall",
        "oos_precision",
        "macro_f1",
        "n",
        "signature",
    ]
    assert (result["n"], result["accuracy"], result["oos_recall"]) == (3, 1.0, 1.0)
    assert result["signature"]["seed"] == 1
    json.dumps(result)
    with out.open(encoding="utf-8", newline="") as stream:
        written = list(csv.DictReader(stream))
    assert list(written[0]) == ["text", "gold", "predicted", "confidence"]
    assert [row["gold"] for row in written] == ["lost", "pay", "oos"]
    assert written[2]["predicted"] == "oos"
    assert all(0 <= float(row["confidence"]) <= 1 for row in written)


def test_evaluate_sets_the_threshold_without_the_test(tmp_path: Path) -> None:
    train = write(tmp_path / "train.csv", ROWS)
    out = tmp_path / "out.csv"
    said = []
    for other in (("pay it", "pay"), ("zebra", "oos")):
        test = write(tmp_path / "test.csv", [("the lost card", "lost"), other])
        evaluate_intents([train], test, encoder=WordEncoder(), predictions=out)
        said.append(out.read_text(encoding="utf-8").splitlines()[1])
    assert said[0] == said[1]


def test_evaluate_counts_every_row_of_a_test(tmp_path: Path) -> None:
    train = write(tmp_path / "train.csv", ROWS)
    test = write(tmp_path / "test.csv", [("lost card", "lost")] * 3)
    assert evaluate_intents([train], test, encoder=WordEncoder())["n"] == 3


def test_evaluate_names_predictions_that_cannot_be_written(tmp_path: Path) -> None:
    train = write(tmp_path / "train.csv", ROWS)
    with pytest.raises(IntentError, match="cannot write predictions"):
        evaluate_intents(
            [train], train, encoder=WordEncoder(), predictions=tmp_path / "no" / "out.csv"
        )
