"""Repeat the intent classifier's figures on CLINC150 and BANKING77, a command each.

    python tests/bench/measure_intents.py clinc150
    python tests/bench/measure_intents.py banking77
    python tests/bench/measure_intents.py banking77-ten
    python tests/bench/measure_intents.py clinc150-validation     # for choosing, not reporting

`--fine-tune` measures the fine-tuned classifier instead of the head. The public sets are
looked for in `$FRONTDESK_SHARED_DATA`, or `../shared/data` beside the repository. Each figure
is what `frontdesk evaluate intents` prints for CSV files made from them; "ten" draws ten
examples an intent five times, seeded, and averages.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from agent.workshop.intents.evaluation import evaluate_intents
from retrieval.encoding.encoder import load_encoder

ROOT = Path(__file__).resolve().parents[2]
Row = tuple[str, str]
KEYS = ("accuracy", "in_scope_accuracy", "oos_recall", "oos_precision", "macro_f1")
DRAWS = 5
TEN = 10


def shared_data() -> Path:
    """Return the folder of public data sets."""
    return Path(os.environ.get("FRONTDESK_SHARED_DATA") or ROOT.parent / "shared" / "data")


def clinc(*parts: str) -> list[Row]:
    """Read parts of CLINC150, e.g. "train" and "oos_train"."""
    path = shared_data() / "clinc150" / "data_full.json"
    sets = json.loads(path.read_text(encoding="utf-8"))
    return [(text, intent) for part in parts for text, intent in sets[part]]


def banking(part: str) -> list[Row]:
    """Read "train" or "test" of BANKING77."""
    path = shared_data() / "banking77" / f"{part}.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        return [(row["text"], row["category"]) for row in csv.DictReader(stream)]


def ten_of_each(rows: Sequence[Row], seed: int) -> list[Row]:
    """Draw ten examples an intent."""
    draw = random.Random(seed)
    intents: dict[str, list[Row]] = {}
    for row in rows:
        intents.setdefault(row[1], []).append(row)
    return [row for name in sorted(intents) for row in draw.sample(intents[name], TEN)]


def measured(train: Sequence[Row], test: Sequence[Row], options: argparse.Namespace) -> Any:
    """Write both as CSV and evaluate."""
    with tempfile.TemporaryDirectory(prefix="intents-") as scratch:
        paths = []
        for name, rows in (("train", train), ("test", test)):
            path = Path(scratch) / f"{name}.csv"
            with path.open("w", encoding="utf-8", newline="") as stream:
                csv.writer(stream).writerows([("text", "intent"), *rows])
            paths.append(path)
        return evaluate_intents(
            paths[:1],
            paths[1],
            encoder=None if options.fine_tune else load_encoder(),
            fine_tune=options.fine_tune,
            progress=lambda done, total: None,
        )


def main() -> None:
    """Print one JSON object of figures in percent."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    sets = ("clinc150", "clinc150-validation", "banking77", "banking77-ten")
    parser.add_argument("set", choices=sets)
    parser.add_argument("--fine-tune", action="store_true")
    options = parser.parse_args()
    if options.set == "banking77-ten":
        rows, test = banking("train"), banking("test")
        results = [measured(ten_of_each(rows, seed), test, options) for seed in range(DRAWS)]
    elif options.set == "banking77":
        results = [measured(banking("train"), banking("test"), options)]
    else:
        part = "val" if options.set == "clinc150-validation" else "test"
        train, test = clinc("train", "oos_train"), clinc(part, f"oos_{part}")
        results = [measured(train, test, options)]
    figures: dict[str, Any] = {"set": options.set, "fine_tuned": options.fine_tune}
    for key in KEYS:
        values = [result[key] for result in results]
        if None not in values:
            figures[key] = round(100 * sum(values) / len(values), 2)
    if len(results) > 1:
        figures["draws"] = [round(100 * result["accuracy"], 2) for result in results]
    json.dump(figures, sys.stdout)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
