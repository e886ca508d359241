"""What is a second reader worth: as a second opinion, and as a quick first one?

    python tests/bench/measure_two_readers.py KB QUESTIONS.jsonl [--limit N] [--quick NAME]

Asks every question of the BERT reader alone, of both readers, and of the quick one, each with
the calibration that ships with it. **Agreement**: the share of wrong answers among those
given, with and without the second opinion, where equally many are given. **Cascade**: the
quick reader's answer where its margin reaches a bar, else the thorough one's; for each bar
the F1 of the first answer, refused or not, and the mean time spent on reading against the
thorough one's.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from qa.openbook import OpenBook
from qa.reading.overlap import f1_over_golds
from qa.workshop.scoring.answers import ask_and_judge
from qa.workshop.scoring.questions import Question, load_questions

COVERAGES = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)


@dataclass(frozen=True)
class Asked:
    """What one reader said to one question, and how long it read, in milliseconds."""

    f1: float
    margin: float
    read_ms: float


def ask(book: OpenBook, questions: Sequence[Question]) -> list[Asked]:
    """Ask and time each question; refusing is switched off."""
    asked = []
    for question in questions:
        result = book.ask(question.question, roles=question.roles, trace=True)
        candidates = result.reading.candidates if result.reading is not None else ()
        text = result.answers[0].text if result.answers else ""
        asked.append(
            Asked(
                f1_over_golds(text, question.answers),
                candidates[0].margin if candidates else -np.inf,
                result.timings_ms["read"],
            )
        )
    return asked


def risks(book: OpenBook, questions: Sequence[Question]) -> dict[str, float]:
    """Return the share of wrong answers where so many of all questions are answered."""
    outcomes = ask_and_judge(book, questions)
    pairs = sorted(
        ((-1.0 if each.confidence is None else each.confidence, each.right) for each in outcomes),
        reverse=True,
    )
    wrong = np.cumsum([not right for _, right in pairs])
    counts = [round(coverage * len(pairs)) for coverage in COVERAGES]
    return {
        f"{coverage:.0%}": round(float(wrong[n - 1] / n), 4)
        for coverage, n in zip(COVERAGES, counts, strict=True)
    }


def cascade(quick: Sequence[Asked], thorough: Sequence[Asked]) -> list[dict[str, float]]:
    """Return F1 and time at bars that spare the thorough reader more and more questions."""
    margins = np.array([each.margin for each in quick])
    f1, of_quick = (np.array([each.f1 for each in side]) for side in (thorough, quick))
    ms, ms_of_quick = (np.array([each.read_ms for each in side]) for side in (thorough, quick))
    rows = []
    for spared in (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 1.0):
        bar = np.quantile(margins, 1.0 - spared) if spared else np.inf
        sure = margins >= bar
        spent = ms_of_quick + np.where(sure, 0.0, ms)
        rows.append(
            {
                "spared": round(float(sure.mean()), 3),
                "f1": round(float(np.where(sure, of_quick, f1).mean()), 4),
                "f1_lost": round(float((f1 - np.where(sure, of_quick, f1)).mean()), 4),
                "time": round(float(spent.mean() / ms.mean()), 3),
            }
        )
    return rows


def main() -> None:
    """Ask, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kb", type=Path)
    parser.add_argument("questions", type=Path)
    parser.add_argument("--limit", type=int)
    parser.add_argument("--quick", default="bidaf", help="the cascade's first reader")
    args = parser.parse_args()
    questions = load_questions(args.questions)[: args.limit]
    one, two = OpenBook.open(args.kb), OpenBook.open(args.kb, reader="both")
    report = {
        "n": len(questions),
        "wrong_at_coverage": {"bert": risks(one, questions), "both": risks(two, questions)},
        "cascade": cascade(
            ask(OpenBook.open(args.kb, reader=args.quick), questions), ask(one, questions)
        ),
    }
    print(json.dumps(report, indent=2))  # noqa: T201


if __name__ == "__main__":
    main()
