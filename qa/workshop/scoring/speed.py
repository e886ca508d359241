"""`evaluate speed`: how long answering takes over a real index, cold and warm, and its memory.

Questions are made of the index's own titles and headings, so that they find something.
Warm figures are of one process that asks them all; the cold start is a new process that
imports, opens, answers one question and ends.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from qa.errors import EvaluationError
from qa.openbook import OpenBook
from qa.reading.defaults import DEFAULT_READER, DEFAULT_TOP_K
from retrieval.workshop.signature import signature

__all__ = ["evaluate_speed", "questions_of"]

_COLD_STARTS = 3
_WARM_UP = 3

# What a cold start does, in a process of its own; standard input holds the arguments.
_ASK_ONCE = """
import json, re, resource, sys
from pathlib import Path
arguments = json.load(sys.stdin)
from qa import OpenBook, to_json
book = OpenBook.open(arguments["kb"], reader=arguments["reader"])
json.dumps(to_json(book.ask(arguments["question"], top_k=arguments["top_k"])))
status = Path("/proc/self/status")
if status.exists():
    # getrusage(2) on Linux also counts the process that started this one.
    print(1024 * int(re.search(r"VmHWM:\\s+(\\d+) kB", status.read_text())[1]))
else:
    unit = 1 if sys.platform == "darwin" else 1024
    print(unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def evaluate_speed(
    kb: str | Path,
    *,
    reader: str | Path = DEFAULT_READER,
    top_k: int = DEFAULT_TOP_K,
    n: int = 50,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """Measure.

    Args:
        kb: The knowledge base's directory.
        reader: A name or folder.
        top_k: Passages read per question.
        n: Questions asked of the warm process.
        progress: Called with questions done and questions in all.

    Returns:
        `cold_start_s` (the median of a few), `peak_memory_mb` of such a process,
        `stages_ms` (stage → `p50` and `p95` of the warm process), `n` and a signature.

    Raises:
        EvaluationError: `n` makes no sense, the index holds nothing public, or a cold start
            fails.
    """
    if n < 1:
        msg = f"n is {n!r}. Expected at least 1 question."
        raise EvaluationError(msg)
    book = OpenBook.open(kb, reader=reader)
    questions = questions_of(book, n)
    for question in questions[:_WARM_UP]:
        book.ask(question, top_k=top_k)
    spent: dict[str, list[float]] = {}
    for number, question in enumerate(questions, start=1):
        for stage, milliseconds in book.ask(question, top_k=top_k).timings_ms.items():
            if stage != "load":
                spent.setdefault(stage, []).append(milliseconds)
        if progress is not None:
            progress(number, len(questions))
    cold = [_cold_start(kb, reader, questions[0], top_k) for _ in range(_COLD_STARTS)]
    configuration = {
        "reader": book.reader.id,
        "encoder": book.engine.encoder_id,
        "top_k": top_k,
        "questions": questions,
    }
    return {
        "cold_start_s": round(statistics.median(seconds for seconds, _ in cold), 3),
        "peak_memory_mb": round(max(memory for _, memory in cold), 1),
        "stages_ms": {
            stage: {"p50": _quantile(times, 0.5), "p95": _quantile(times, 0.95)}
            for stage, times in spent.items()
        },
        "n": len(questions),
        "signature": signature([], configuration),
    }


def questions_of(book: OpenBook, n: int) -> list[str]:
    """Make questions of public titles and headings, the same ones each time.

    Raises:
        EvaluationError: Nothing public is found.
    """
    # Common words find passages in any English knowledge base, others by meaning.
    hits = book.engine.retrieve("how do I get help", 10 * n)
    asked = dict.fromkeys(
        " ".join((hit.passage.title, *hit.passage.headings[-1:])).strip() for hit in hits
    )
    questions = [question for question in asked if question][:n]
    if not questions:
        msg = "The knowledge base holds nothing public to ask about. Index public articles first."
        raise EvaluationError(msg)
    return questions


def _cold_start(
    kb: str | Path, reader: str | Path, question: str, top_k: int
) -> tuple[float, float]:
    """Return seconds and peak megabytes of a new process that answers one question."""
    arguments = {"kb": str(kb), "reader": str(reader), "question": question, "top_k": top_k}
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", _ASK_ONCE],
        input=json.dumps(arguments),
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - began
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        msg = f"A new process couldn't answer {question!r}: {last}"
        raise EvaluationError(msg)
    return seconds, int(done.stdout) / (1 << 20)


def _quantile(times: Sequence[float], share: float) -> float:
    """Return the value that `share` of the times don't exceed."""
    return sorted(times)[min(len(times) - 1, int(share * len(times)))]
