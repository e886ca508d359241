"""Reading ten passages: the attention-flow readers against the BERT reader, as they ship.

    python tests/bench/bench_two_readers.py [--questions N] [--rounds N] [--threads N] [--check]

All run in one process at their default run-times, over the passages and with the windows
that `bench_reading.py` uses, and take turns.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PASSAGES = 10
TARGETS = {"bidaf": 1.0}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--questions", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--readers", nargs="+", default=["bidaf", "bidaf-bert"])
    parser.add_argument("--check", action="store_true", help="exit 1 below the target")
    arguments = parser.parse_args()
    sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]
    import torch
    from bench_reading import reading_with, say, seconds_each, tasks

    from retrieval.system.allocator import keep_freed_memory

    torch.set_num_threads(arguments.threads)
    keep_freed_memory()
    work = tasks(arguments.questions)
    say(
        f"{len(work)} questions with {PASSAGES} passages each; {arguments.threads} threads, "
        f"{arguments.rounds} rounds"
    )
    sides = {name: reading_with(name) for name in ("bert", *arguments.readers)}
    for read in sides.values():
        seconds_each(read, work[:2])
    spent: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(arguments.rounds):
        for task in work:
            for name, read in sides.items():
                spent[name] += seconds_each(read, [task])
    missed = False
    for name, own in spent.items():
        ratio = statistics.median(b / o for b, o in zip(spent["bert"], own, strict=True))
        say(f"{name:12} {1000 * statistics.median(own):7.0f} ms   {ratio:.2f} times BERT's speed")
        missed |= ratio < TARGETS.get(name, 0.0)
    say("target: bidaf at least as fast as bert")
    return 1 if arguments.check and missed else 0


if __name__ == "__main__":
    sys.exit(main())
