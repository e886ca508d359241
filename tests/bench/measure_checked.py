"""What a second reading is worth, and by which rules to choose what is read again.

Of labelled questions over a knowledge base: how often the best span is right (F1 of at least 0.5),
of the answerable ones, by the small reader's margin and by the large one's; how well each margin
tells right from wrong (AUC); and how many passages a question are read again.

    python tests/bench/measure_checked.py build/kb questions.jsonl --limit 100 --behind 3 --behind 6
"""

from __future__ import annotations

import argparse
import itertools
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from sklearn.metrics import roc_auc_score

from qa.reading.checked import CheckedReader, Rules
from qa.reading.overlap import f1_over_golds
from qa.registry import load_reader
from qa.types import Candidate
from qa.workshop.scoring.questions import Question, load_questions
from retrieval import open_index

_UNREAD = -100.0


def rated(pairs: Sequence[tuple[Question, Candidate | None]], *, checked: bool) -> str:
    """Return how often the best candidate is right, and how well its margin tells."""
    right, margins = [], []
    for question, best in pairs:
        right.append(best is not None and f1_over_golds(best.text, question.answers) >= 0.5)
        margin = None if best is None else best.check if checked else best.margin
        margins.append(_UNREAD if margin is None else margin)
    answerable = [ok for ok, (question, _) in zip(right, pairs, strict=True) if question.answers]
    return f"right {np.mean(answerable):.3f}  AUC {roc_auc_score(right, margins):.3f}"


def main() -> None:
    """Read once with the small reader, then again by every combination of rules."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("kb", type=Path)
    parser.add_argument("questions", type=Path)
    parser.add_argument("--limit", type=int)
    parser.add_argument("--top-k", type=int, default=10)
    standard = Rules()
    for name in ("passages", "room", "place", "hopeless", "behind", "sure"):
        value = getattr(standard, name)
        parser.add_argument(f"--{name}", type=type(value), action="append")
    given = vars(parser.parse_args())
    questions = load_questions(given["questions"])[: given["limit"]]
    engine, reader = open_index(given["kb"]), load_reader("checked")
    if not isinstance(reader, CheckedReader):
        parser.error("the large reader doesn't read here: see frontdesk info")
    found = []
    for question in questions:
        passages = [hit.passage for hit in engine.retrieve(question.question, given["top_k"])]
        found.append((passages, reader.first.read(question.question, passages)))
    first = [next(iter(reading.candidates), None) for _, reading in found]
    small, large = reader.readers
    print(f"the small one alone: {rated(list(zip(questions, first, strict=True)), checked=False)}")  # noqa: T201
    names = [
        name for name in ("passages", "room", "place", "hopeless", "behind", "sure") if given[name]
    ]
    for values in itertools.product(*(given[name] for name in names)):
        chosen = dict(zip(names, values, strict=True))
        again = CheckedReader(small, large, replace(standard, **chosen))
        best, n_read = [], 0
        for question, (passages, reading) in zip(questions, found, strict=True):
            candidates = again.read_again(question.question, reading, passages).candidates
            read = [each for each in candidates if each.check is not None]
            n_read += len({each.passage.id for each in read})
            best.append(
                max(read, key=lambda each: each.check or 0.0, default=None)
                or next(iter(candidates), None)
            )
        told = rated(list(zip(questions, best, strict=True)), checked=True)
        print(f"{json.dumps(chosen)}: {told}  read again {n_read / len(questions):.2f}", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
