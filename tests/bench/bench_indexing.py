"""Bringing a 5,000-passage index up to date after one edited article, against building it.

    python tests/bench/bench_indexing.py [--passages N] [--edits N] [--check]

Real articles are copied as Markdown, each copy with a title of its own, until they give enough
passages. Build and updates run in one process with the encoder loaded beforehand; the update
is the median over several edits, each of another article. `--check` exits 1 below the target.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from retrieval.passages.chunking import TokenStarts

ROOT = Path(__file__).resolve().parents[2]
TARGET = 50.0


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> int:
    """Measure, print, and tell whether the target is met."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--passages", type=int, default=5000)
    parser.add_argument("--edits", type=int, default=5)
    parser.add_argument("--check", action="store_true", help="exit 1 below the target")
    arguments = parser.parse_args()

    from retrieval.encoding.encoder import load_encoder
    from retrieval.index.indexing import bring_up_to_date

    encoder = load_encoder()
    encoder.encode_passages(["Warm up before anything is timed."] * 32)
    with tempfile.TemporaryDirectory() as folder:
        source, kb = Path(folder) / "source", Path(folder) / "kb"
        name, articles = write_articles(source, arguments.passages, encoder.token_starts)
        began = time.perf_counter()
        built = bring_up_to_date([source], kb, encoder=encoder)
        build_s = time.perf_counter() - began
        say(f"{articles} articles of {name}, {built.passages:,} passages, {encoder.id}")
        updates_s = []
        paths = sorted(source.rglob("*.md"))
        for number in range(arguments.edits):
            path = paths[(number + 1) * len(paths) // (arguments.edits + 1)]
            text = path.read_text(encoding="utf-8")
            path.write_text(f"{text}\n\nEdited: call extension {number}.\n", encoding="utf-8")
            began = time.perf_counter()
            report = bring_up_to_date([source], kb, encoder=encoder)
            updates_s.append(time.perf_counter() - began)
            if len(report.edited) != 1 or not 0 < report.encoded < 10:
                raise SystemExit(f"not an update of one article: {report.to_json()}")
        began = time.perf_counter()
        bring_up_to_date([source], kb, encoder=encoder)
        nothing_s = time.perf_counter() - began
    update_s = statistics.median(updates_s)
    ratio = build_s / update_s
    say(f"build            {build_s:8.2f} s")
    say(f"one edit         {update_s:8.2f} s  (median of {arguments.edits}: {_listed(updates_s)})")
    say(f"nothing changed  {nothing_s:8.2f} s")
    say(f"ratio            {ratio:8.1f}    (target {TARGET:g} or more)")
    return int(arguments.check and ratio < TARGET)


def write_articles(source: Path, passages: int, token_starts: TokenStarts) -> tuple[str, int]:
    """Write copies of real articles as Markdown until they give enough passages."""
    from retrieval.articles import load_articles
    from retrieval.passages.chunking import cut

    shared = Path(os.environ.get("FRONTDESK_SHARED_DATA") or ROOT.parent / "shared" / "data")
    base = shared / "kb_18f_handbook"
    if not base.is_dir():
        base = ROOT / "data" / "articles"
    loaded = load_articles([base]).articles
    written, held, copy = 0, 0, 0
    while held < passages:
        for article in loaded:
            if held >= passages:
                break
            path = source / f"site-{copy}" / f"{written:05}.md"
            path.parent.mkdir(parents=True, exist_ok=True)
            # Told apart by their titles, which are encoded with every passage.
            title = f"# {article.title} of site {copy}\n\n"
            path.write_text(title + article.body, encoding="utf-8")
            held += len(cut(article, token_starts))
            written += 1
        copy += 1
    return base.name, written


def _listed(seconds: list[float]) -> str:
    return ", ".join(f"{each:.2f}" for each in seconds)


if __name__ == "__main__":
    raise SystemExit(main())
