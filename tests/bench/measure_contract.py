"""Does the bound of `frontdesk calibrate` hold, and what does it cost?

    python tests/bench/measure_contract.py KB QUESTIONS.jsonl [--max-wrong 0.05] [--splits 100]

Asks every question once. Then, many times over, a random half chooses the threshold as
`calibrate` does and the other half counts: the share of wrong answers among those given,
and how many were answered. The halves make up the whole, so a choosing half that holds few
wrong answers by chance leaves the more to the other; the promise itself is about all
questions of the kind, so how many thresholds keep the bound over both halves is told as
well. The calibration error stands beside what chance alone makes of it. Beside the bound

- the same bound over the reader's margin alone, and the answer with the highest margin: what
  a plain threshold on a reader's score buys;
- the lowest threshold at which the choosing half itself stays under the bound, without any
  allowance for chance: which keeps no promise.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from qa.openbook import OpenBook
from qa.reading.defaults import DEFAULT_READER, DEFAULT_TOP_K
from qa.workshop.calibrating.bounding import choose_threshold
from qa.workshop.calibrating.observations import Observation, observe
from qa.workshop.scoring.questions import load_questions
from qa.workshop.scoring.risk import expected_calibration_error

Pairs = Sequence[tuple[float, bool]]
# A question without any candidate can't be answered: it counts against coverage alone.
NOTHING = (-1000.0, False)


def bounded(pairs: Pairs, max_wrong: float) -> float | None:
    """Return the threshold that `calibrate` would store."""
    confidences, right = zip(*pairs, strict=True)
    return choose_threshold(confidences, right, max_wrong=max_wrong).threshold


def plain(pairs: Pairs, max_wrong: float) -> float | None:
    """Return the lowest threshold at which these very answers stay under the bound."""
    wrong, best = 0, None
    for number, (confidence, is_right) in enumerate(sorted(pairs, reverse=True), start=1):
        wrong += not is_right
        if wrong <= max_wrong * number:
            best = confidence
    return best


def answered(pairs: Pairs, threshold: float | None) -> tuple[int, float]:
    """Return how many are answered at a threshold, and the share of these that is wrong."""
    given = [right for c, right in pairs if threshold is not None and c >= threshold]
    return len(given), 1.0 - sum(given) / len(given) if given else 0.0


def resample(
    pairs: Pairs, choose: Callable[[Pairs, float], float | None], max_wrong: float, splits: int
) -> dict[str, float]:
    """Choose on one half and count on the other, `splits` times."""
    rng = np.random.default_rng(1)
    kept, kept_over_all, chosen, coverage, risk = 0, 0, 0, [], []
    for _ in range(splits):
        order = rng.permutation(len(pairs))
        half = len(pairs) // 2
        threshold = choose([pairs[i] for i in order[:half]], max_wrong)
        outcomes = [pairs[i] for i in order[half:]]
        given, wrong_rate = answered(outcomes, threshold)
        kept += wrong_rate <= max_wrong
        kept_over_all += answered(pairs, threshold)[1] <= max_wrong
        chosen += threshold is not None
        coverage.append(given / len(outcomes))
        risk.append(wrong_rate)
    return {
        "splits": splits,
        "splits_with_a_threshold": chosen,
        "splits_that_kept_the_bound": kept,
        "splits_that_keep_it_over_both_halves": kept_over_all,
        "mean_coverage": round(float(np.mean(coverage)), 4),
        "mean_wrong_rate": round(float(np.mean(risk)), 4),
        "largest_wrong_rate": round(float(np.max(risk)), 4),
    }


def believed(each: Observation, book: OpenBook) -> tuple[float, bool]:
    """Return the first answer's confidence, as `ask` has it, and whether it is right."""
    calibration = book.calibration
    read = each.without(each.skipped_by(calibration))
    proposals = read.proposals(calibration.ranking)
    if not proposals:
        return NOTHING
    return calibration.probability(proposals[0]), read.is_right(proposals[0])


def by_margin(each: Observation) -> tuple[float, bool]:
    """Return the highest margin of all candidates, and whether that one is right."""
    pairs = [(c.margin, right) for c, right in zip(each.candidates, each.right, strict=True)]
    return max(pairs, default=NOTHING)


def ece_by_chance(confidences: Sequence[float], draws: int = 200) -> float:
    """Return the mean calibration error if every confidence were the very probability."""
    rng = np.random.default_rng(1)
    return float(
        np.mean(
            [
                expected_calibration_error(
                    confidences, list(rng.random(len(confidences)) < confidences)
                )
                for _ in range(draws)
            ]
        )
    )


def main() -> None:
    """Ask, resample, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kb", type=Path)
    parser.add_argument("questions", type=Path)
    parser.add_argument("--max-wrong", type=float, default=0.05)
    parser.add_argument("--splits", type=int, default=100)
    parser.add_argument("--reader", default=DEFAULT_READER)
    args = parser.parse_args()
    book = OpenBook.open(args.kb, reader=args.reader)
    questions = load_questions(args.questions)
    seen = list(observe(book.engine, book.reader, questions, top_k=DEFAULT_TOP_K))
    pairs = [believed(each, book) for each in seen]
    margins = [by_margin(each) for each in seen]
    confidences, right = zip(*(pair for pair in pairs if pair != NOTHING), strict=True)
    report = {
        "n": len(pairs),
        "max_wrong": args.max_wrong,
        "ece": round(expected_calibration_error(confidences, right), 4),
        "ece_by_chance": round(ece_by_chance(confidences), 4),
        "calibrate": resample(pairs, bounded, args.max_wrong, args.splits),
        "calibrate, over the reader's margin": resample(
            margins, bounded, args.max_wrong, args.splits
        ),
        "no allowance for chance": resample(pairs, plain, args.max_wrong, args.splits),
    }
    print(json.dumps(report, indent=2))  # noqa: T201


if __name__ == "__main__":
    main()
