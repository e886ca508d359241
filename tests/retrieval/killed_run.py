"""Run `index` and die at a chosen moment; started by test_killed.py, not a test itself.

    python killed_run.py SOURCE KB N [late]

At the N-th time that the run opens a file for writing, syncs, renames, replaces, unlinks or
makes a folder, the process ends at once, before the operation or, with `late`, after it:
nothing is flushed and no handler runs. N of 0 lets it finish and prints how many such moments
there were.
"""

from __future__ import annotations

import builtins
import io
import os
import re
import sys
from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.index.indexing import IndexOptions, bring_up_to_date


class HashEncoder:
    """Deterministic, instant, and the same in every process."""

    id = "hash@000000000000"
    dim = 8

    def encode_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self.encode_passages(texts)

    def encode_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        digests = [sha256(text.encode()).digest()[:8] for text in texts]
        rows = np.asarray([list(digest) for digest in digests], np.float32).reshape(-1, 8) + 1
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)

    def token_starts(self, text: str) -> NDArray[np.int64]:
        return np.asarray([found.start() for found in re.finditer(r"\w+", text)], np.int64)


class Countdown:
    """Ends the process at the n-th moment."""

    def __init__(self, moment: int, late: bool) -> None:
        self.moment = moment
        self.late = late
        self.passed = 0

    def around(self, operation: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **named: Any) -> Any:
            self.passed += 1
            fatal = self.passed == self.moment
            if fatal and not self.late:
                os._exit(9)
            try:
                return operation(*arguments, **named)
            finally:
                if fatal:
                    os._exit(9)

        return counted

    def opened(self, operation: Callable[..., Any]) -> Callable[..., Any]:
        counted = self.around(operation)

        def either(file: Any, mode: str = "r", *arguments: Any, **named: Any) -> Any:
            writes = any(letter in mode for letter in "wxa+")
            return (counted if writes else operation)(file, mode, *arguments, **named)

        return either


def main() -> None:
    source, kb, moment = sys.argv[1], sys.argv[2], int(sys.argv[3])
    countdown = Countdown(moment, "late" in sys.argv)
    for name in ("fsync", "rename", "replace", "unlink", "mkdir", "rmdir"):
        setattr(os, name, countdown.around(getattr(os, name)))
    io.open = builtins.open = countdown.opened(open)
    bring_up_to_date([source], kb, IndexOptions(yes=True), encoder=HashEncoder())
    sys.stdout.write(f"{countdown.passed}\n")


if __name__ == "__main__":
    main()
