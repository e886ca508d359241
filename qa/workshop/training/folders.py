"""Folders of trained weights, written so that no file is ever half there."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["replacing_files"]


@contextmanager
def replacing_files(out: Path) -> Iterator[Path]:
    """Give a folder to write to; in the end each file replaces its forerunner in `out`.

    Where writing fails, `out` stays as it was.
    """
    out.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=".unfinished-", dir=out))
    try:
        yield unfinished
        for path in sorted(unfinished.iterdir()):
            # Tensors are written for their owner alone; what is shipped is for everyone.
            path.chmod(0o644)
            path.replace(out / path.name)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
