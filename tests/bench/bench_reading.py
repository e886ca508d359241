"""Reading ten passages: this package against plain transformers, same weights and passages.

    python tests/bench/bench_reading.py [--questions N] [--rounds N] [--threads N] [--check]

The passages are those that BM25 finds in the sample articles for the sample questions. The
peer is `BertForQuestionAnswering` in float32 over one batch padded to its longest passage, in
the same process, with the same threads and allocator; both sides tokenise, read and decode,
and take turns. Beside it stands the peer alone in a fresh process with the ordinary
allocator and the ordinary way of waiting, which is what a user of plain transformers gets.
Agreement is the F1 of one side's best quote against the other's; where the public data sets
are there, both sides' F1 on SQuAD's development questions is shown too.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from retrieval.types import Passage

ROOT = Path(__file__).resolve().parents[2]
TARGET = 2.0
MAX_F1_LOST = 0.3
PASSAGES = 10

Quote = tuple[str, float]
Read = Callable[[str, Sequence[str]], Quote]


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def tasks(count: int) -> list[tuple[str, list[str]]]:
    """Return questions, each with the texts of ten passages found for it."""
    from retrieval.articles import load_articles
    from retrieval.encoding.encoder import load_encoder
    from retrieval.passages.chunking import cut
    from retrieval.workshop.evaluation import build_retriever

    encoder = load_encoder()
    passages = [
        passage
        for article in load_articles([ROOT / "data" / "articles"]).articles
        for passage in cut(article, encoder.token_starts)
    ]
    # The bench is about passages of full length: a heading with one line below says little.
    passages = [passage for passage in passages if len(passage.text) >= 500]
    finder = build_retriever(passages, "bm25", encoder=encoder)
    lines = (ROOT / "data" / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    asked = [json.loads(line)["question"] for line in lines if line.strip()]
    found = [
        (question, [hit.passage.text for hit in finder.retrieve(question, PASSAGES)])
        for question in asked
    ]
    full = [task for task in found if len(task[1]) == PASSAGES]
    return full[:: max(1, len(full) // count)][:count]


def reading_with(name: str) -> Read:
    """Return how a reader of ours reads."""
    from qa.registry import load_reader

    reader = load_reader(name)

    def read(question: str, texts: Sequence[str]) -> Quote:
        reading = reader.read(question, [_bare(number, text) for number, text in enumerate(texts)])
        best = reading.candidates[0]
        return best.text, best.margin

    return read


def _bare(number: int, text: str) -> Passage:
    from retrieval.types import Passage

    # Without title and headings, which the peer doesn't read either.
    return Passage(f"{number}#0-{len(text)}", str(number), 0, len(text), text)


def plain() -> Read:
    import numpy as np
    import torch
    from transformers import AutoTokenizer, BertForQuestionAnswering
    from transformers.utils import logging

    from qa.reading.spans import best_spans
    from qa.registry import WEIGHTS

    logging.disable_progress_bar()
    folder = WEIGHTS / "bert"
    model = BertForQuestionAnswering.from_pretrained(folder, dtype=torch.float32).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)

    def read(question: str, texts: Sequence[str]) -> Quote:
        batch: Any = tokenizer(
            [question] * len(texts),
            list(texts),
            padding="longest",
            truncation="only_second",
            max_length=384,
            return_offsets_mapping=True,
            return_tensors="pt",
        )
        offsets = batch.pop("offset_mapping").numpy()
        with torch.inference_mode():
            output = model(**batch)
        starts, ends = output.start_logits.numpy(), output.end_logits.numpy()
        best = ("", -np.inf)
        for row, text in enumerate(texts):
            allowed = np.array([part == 1 for part in batch.sequence_ids(row)])
            null_score = starts[row, 0] + ends[row, 0]
            for first, last, score in best_spans(
                starts[row], ends[row], allowed, max_answer_tokens=30
            ):
                margin = float(score - null_score)
                if margin > best[1]:
                    best = (text[offsets[row, first, 0] : offsets[row, last, 1]], margin)
        return best

    return read


def seconds_each(read: Read, work: Sequence[tuple[str, list[str]]]) -> list[float]:
    spent = []
    for question, texts in work:
        began = time.perf_counter()
        read(question, texts)
        spent.append(time.perf_counter() - began)
    return spent


def alone(path: Path, threads: int) -> float:
    """Measure the peer in a fresh process, with allocator and waiting as they come."""
    unwanted = {"OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "LD_PRELOAD"}
    kept = {name: value for name, value in os.environ.items() if name not in unwanted}
    done = subprocess.run(
        [sys.executable, __file__, "--alone", str(path), "--threads", str(threads)],
        env={**kept, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": str(threads)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"measuring the peer alone failed:\n{done.stderr}")
    return float(done.stdout.splitlines()[-1])


def squad_f1(sides: Sequence[Read], count: int) -> list[float] | None:
    """Return each side's F1 on SQuAD's development questions, in percent."""
    from qa.reading.overlap import f1_over_golds
    from qa.workshop.scoring.squad import load_squad

    shared = Path(os.environ.get("FRONTDESK_SHARED_DATA") or ROOT.parent / "shared" / "data")
    path = shared / "squad" / "dev-v1.1.json"
    if not path.is_file():
        return None
    examples = load_squad(path).examples
    examples = examples[:: len(examples) // count][:count]
    return [
        100
        * statistics.fmean(
            f1_over_golds(
                read(example.question, [example.context])[0], [text for text, _ in example.answers]
            )
            for example in examples
        )
        for read in sides
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--questions", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--squad", type=int, default=200, help="SQuAD questions for F1")
    parser.add_argument("--check", action="store_true", help="exit 1 below the target")
    parser.add_argument("--alone", metavar="FILE", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    import torch

    torch.set_num_threads(arguments.threads)
    if arguments.alone:
        work = json.loads(Path(arguments.alone).read_text(encoding="utf-8"))
        read = plain()
        seconds_each(read, work[:2])
        say(str(statistics.median(seconds_each(read, work))))
        return 0

    from qa.reading.overlap import token_f1
    from retrieval.system.allocator import keep_freed_memory

    keep_freed_memory()
    work = tasks(arguments.questions)
    lengths = [len(text) for _, texts in work for text in texts]
    say(
        f"{len(work)} questions with {PASSAGES} passages each of "
        f"{statistics.median(lengths):.0f} characters in the median; {arguments.threads} threads, "
        f"{arguments.rounds} rounds"
    )
    mine, theirs = reading_with("bert"), plain()
    agreement = statistics.fmean(
        token_f1(mine(question, texts)[0], theirs(question, texts)[0]) for question, texts in work
    )
    spent = [
        (seconds_each(mine, [task])[0], seconds_each(theirs, [task])[0])
        for _ in range(arguments.rounds)
        for task in work
    ]
    ratio = statistics.median(other / own for own, other in spent)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tasks.json"
        path.write_text(json.dumps(work), encoding="utf-8")
        ordinary = alone(path, arguments.threads)
    own = statistics.median(one for one, _ in spent)
    other = statistics.median(two for _, two in spent)
    say(f"ours                              {1000 * own:7.0f} ms")
    say(f"transformers, same process        {1000 * other:7.0f} ms   {ratio:.2f} times ours")
    say(
        f"transformers, ordinary allocator  {1000 * ordinary:7.0f} ms   "
        f"{ordinary / own:.2f} times ours"
    )
    say(f"best quotes agree at F1           {100 * agreement:7.1f} %")
    scores = squad_f1((mine, theirs), arguments.squad)
    lost = 0.0
    if scores is not None:
        lost = scores[1] - scores[0]
        say(f"SQuAD F1, ours / transformers     {scores[0]:7.2f} / {scores[1]:.2f}")
    say(f"target: at least {TARGET:g} times at no more than {MAX_F1_LOST:g} F1 lost")
    return 1 if arguments.check and (ratio < TARGET or lost > MAX_F1_LOST) else 0


if __name__ == "__main__":
    sys.exit(main())
