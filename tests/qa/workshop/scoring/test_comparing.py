"""Two runs beside each other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.workshop.scoring.answers import score_answers
from qa.workshop.scoring.comparing import Comparison, compare, compare_outcomes
from qa.workshop.scoring.questions import PredictedAnswer, PredictedAsk, Question
from retrieval import bring_up_to_date

GOLD = "9 euros"
KINDS = ["right", "also right", "wrong", "also wrong", "silent"]


def asked(kinds: list[str], number: int, *, answerable: bool = True) -> PredictedAsk:
    kind = kinds[number]
    if kind == "silent":
        return PredictedAsk(str(number), False)
    text = {"right": GOLD, "also right": "about 9 euros"}.get(kind, kind)
    return PredictedAsk(str(number), True, (PredictedAnswer(text, 0.9),))


def compared(before: list[str], after: list[str], *, tolerance: float = 0.0) -> Comparison:
    questions = [Question(str(n), f"Question {n}?", (GOLD,)) for n in range(len(before))]
    runs = [{str(n): asked(run, n) for n in range(len(run))} for run in (before, after)]
    before_, after_ = [score_answers(questions, run, lambda _: None) for run in runs]
    return compare_outcomes(before_, after_, *runs, tolerance=tolerance)


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        ("right", "right", None),
        ("right", "also right", "changed"),
        ("wrong", "also wrong", "changed"),
        ("silent", "right", "won"),
        ("wrong", "silent", "won"),
        ("wrong", "right", "won"),
        ("right", "silent", "lost"),
        ("silent", "wrong", "lost"),
        ("also right", "wrong", "lost"),
        ("silent", "silent", None),
    ],
)
def test_silence_is_worse_than_right_and_better_than_wrong(
    before: str, after: str, verdict: str | None
) -> None:
    found = compared([before], [after])
    assert [each.verdict for each in found.differences] == ([verdict] if verdict else [])


def test_a_right_refusal_is_as_good_as_a_right_answer() -> None:
    question = Question("0", "Who?", answerable=False)
    runs = [{"0": asked([kind], 0)} for kind in ("wrong", "silent")]
    before, after = [score_answers([question], run, lambda _: None) for run in runs]
    found = compare_outcomes(before, after, *runs)
    assert (found.count("won"), found.difference) == (1, 1.0)
    assert found.runs[0]["wrong_rate"] == 1.0
    assert found.runs[1] == {"coverage": 0.0, "wrong_rate": None, "pairs_right": None}


@given(st.lists(st.tuples(st.sampled_from(KINDS), st.sampled_from(KINDS)), min_size=1, max_size=30))
def test_the_other_way_round_everything_turns(pairs: list[tuple[str, str]]) -> None:
    before, after = [a for a, _ in pairs], [b for _, b in pairs]
    one, other = compared(before, after), compared(after, before)
    assert (one.count("won"), one.count("lost")) == (other.count("lost"), other.count("won"))
    assert one.count("changed") == other.count("changed")
    low, high = one.interval
    assert -1.0 <= low <= one.difference + 1e-9
    assert one.difference <= high + 1e-9 <= 1.0 + 1e-9


def test_the_interval_narrows_with_more_questions() -> None:
    few = compared(["silent", "right"] * 10, ["right", "right"] * 10).interval
    many = compared(["silent", "right"] * 200, ["right", "right"] * 200).interval
    assert few[0] < many[0] < 0.5 < many[1] < few[1]
    # The normal approximation: half the questions won, standard error 0.025.
    assert many == pytest.approx((0.45, 0.55), abs=0.01)


@pytest.mark.parametrize(("tolerance", "too_much"), [(0.0, True), (0.2, False), (0.1, False)])
def test_a_loss_may_be_tolerated(tolerance: float, too_much: bool) -> None:
    found = compared(["right"] * 10, ["silent"] + ["right"] * 9, tolerance=tolerance)
    assert found.difference == -0.1
    assert found.lost_too_much is too_much


def test_compare_reads_what_evaluate_answers_writes(tmp_path: Path) -> None:
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "price.md").write_text("It costs 9 euros a day.", encoding="utf-8")
    bring_up_to_date([tmp_path / "pages"], tmp_path / "kb")
    rows: list[dict[str, Any]] = [
        {"id": "1", "question": "How much?", "answers": [GOLD], "article_ids": ["price.md"]},
        {"id": "2", "question": "Who?", "answerable": False},
    ]
    answer = {"text": GOLD, "confidence": 0.9, "article_id": "price.md", "start": 9, "end": 16}
    runs: dict[str, list[Any]] = {
        "a": [{"id": "1", "answers": [answer]}, {"id": "2", "answers": [answer]}],
        "b": [{"id": "1", "answers": [answer]}, {"id": "2"}],
        "questions": rows,
    }
    for name, lines in runs.items():
        text = "\n".join(json.dumps(line) for line in lines)
        (tmp_path / name).write_text(text, encoding="utf-8")
    found = compare(
        tmp_path / "a", tmp_path / "b", questions=tmp_path / "questions", kb=tmp_path / "kb"
    )
    shown = found.to_json()
    assert (shown["won"], shown["lost"], shown["changed"]) == (1, 0, 0)
    assert shown["questions"] == [
        {"id": "2", "question": "Who?", "verdict": "won", "before": GOLD, "after": None}
    ]
    assert shown["a"]["wrong_rate"] == 0.5
    assert shown["b"] == {"coverage": 0.5, "wrong_rate": 0.0, "pairs_right": None}
