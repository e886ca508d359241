"""Does the bound of `frontdesk calibrate` hold, and what does it cost?

    python tests/bench/measure_contract.py KB QUESTIONS.jsonl [--max-wrong 0.05] [--splits 100]

Asks every question once. Then, many times over, a random half chooses the threshold as
`calibrate` does and the other half counts: the share of wrong answers among those given,
and how many were answered. Beside it the plain way: the lowest threshold at which the
choosing half itself stays under the bound, without any allowance for chance.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from qa.bounding import choose_threshold
from qa.evaluation import ask_and_judge
from qa.openbook import OpenBook
from qa.questions import load_questions

Pairs = Sequence[tuple[float, bool]]


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


def resample(
    pairs: Pairs, choose: Callable[[Pairs, float], float | None], max_wrong: float, splits: int
) -> dict[str, float]:
    """Choose on one half and count on the other, `splits` times."""
    rng = np.random.default_rng(1)
    kept, chosen, coverage, risk = 0, 0, [], []
    for _ in range(splits):
        order = rng.permutation(len(pairs))
        half = len(pairs) // 2
        threshold = choose([pairs[i] for i in order[:half]], max_wrong)
        outcomes = [pairs[i] for i in order[half:]]
        given = [right for c, right in outcomes if threshold is not None and c >= threshold]
        wrong_rate = 1.0 - sum(given) / len(given) if given else 0.0
        kept += wrong_rate <= max_wrong
        chosen += threshold is not None
        coverage.append(len(given) / len(outcomes))
        risk.append(wrong_rate)
    return {
        "splits": splits,
        "splits_with_a_threshold": chosen,
        "splits_that_kept_the_bound": kept,
        "mean_coverage": round(float(np.mean(coverage)), 4),
        "mean_wrong_rate": round(float(np.mean(risk)), 4),
        "largest_wrong_rate": round(float(np.max(risk)), 4),
    }


def main() -> None:
    """Ask, resample, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kb", type=Path)
    parser.add_argument("questions", type=Path)
    parser.add_argument("--max-wrong", type=float, default=0.05)
    parser.add_argument("--splits", type=int, default=100)
    args = parser.parse_args()
    outcomes = ask_and_judge(OpenBook.open(args.kb), load_questions(args.questions))
    # A question without any candidate can't be answered: it counts against coverage alone.
    pairs = [
        (each.confidence if each.confidence is not None else -1.0, each.right) for each in outcomes
    ]
    report = {
        "n": len(pairs),
        "max_wrong": args.max_wrong,
        "calibrate": resample(pairs, bounded, args.max_wrong, args.splits),
        "plain": resample(pairs, plain, args.max_wrong, args.splits),
    }
    print(json.dumps(report, indent=2))  # noqa: T201


if __name__ == "__main__":
    main()
