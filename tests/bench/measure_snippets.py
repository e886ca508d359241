"""Measure how often the right unit is shown, given the gold answer's place.

    python tests/bench/measure_snippets.py [--split dev|report|all] [--wrong]

Every gold text of the sample questions that stands in a gold article is taken for the reader's
span, so this measures the choice of the snippet alone. Two figures per unit: over the shortest
gold text (what a reader trained on SQuAD gives), and over all of them. The `dev` questions are
what the rules were made with; `report` was left alone.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from pathlib import Path

from qa.deciding.question_type import question_type
from qa.deciding.snippets import snippet
from retrieval.articles import load_articles

ROOT = Path(__file__).resolve().parents[2]


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the choice of the snippet.")
    parser.add_argument("--split", choices=["dev", "report", "all"], default="all")
    parser.add_argument("--wrong", action="store_true", help="list the wrong ones (dev only)")
    arguments = parser.parse_args()
    bodies = {a.id: a.body for a in load_articles([ROOT / "data" / "articles"]).articles}
    rows = (ROOT / "data" / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    right: Counter[tuple[str, str, str]] = Counter()
    total: Counter[tuple[str, str, str]] = Counter()
    missing = 0
    for row in map(json.loads, rows):
        unit, split = row.get("unit"), row["split"]
        if not row["answers"] or not unit or arguments.split not in ("all", split):
            continue
        places = []
        for gold in row["answers"]:
            for article_id in row["article_ids"]:
                body = bodies[article_id]
                at = body.find(gold)
                if at >= 0:
                    places.append((len(gold), body, at))
                    break
        if not places:
            missing += 1
            continue
        places.sort(key=lambda place: place[0])
        for i, (length, body, at) in enumerate(places):
            shown = snippet(body, at, at + length, row["question"])
            good = shown.kind.value == unit
            for which in ("shortest", "all") if i == 0 else ("all",):
                right[split, unit, which] += good
                total[split, unit, which] += 1
                right[split, "any", which] += good
                total[split, "any", which] += 1
            if arguments.wrong and not good and split == "dev":
                asked = question_type(row["question"])
                _say(f"{row['id']} {asked} expected {unit}, shown {shown.kind}: {row['question']}")
                _say(f"    span {body[at : at + length]!r}\n    shown {shown.text!r}")
    _say(f"{'split':8}{'unit':12}{'shortest gold':>18}{'all golds':>18}")
    for split, unit in sorted({(s, u) for s, u, _ in total}):
        cells = []
        for which in ("shortest", "all"):
            n, k = total[split, unit, which], right[split, unit, which]
            cells.append(f"{k / n:.3f} ({k}/{n})")
        _say(f"{split:8}{unit:12}{cells[0]:>18}{cells[1]:>18}")
    _say(f"questions whose gold answers stand in none of their articles: {missing}")


if __name__ == "__main__":
    main()
