"""The process that reads files for `isolation.py`, and can be ended.

Requests come as lines of JSON on standard input, what a file holds goes back as lines on
standard output. Nothing else is imported here than loaders: no model, no index.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any

from retrieval.articles.audience import RightsField
from retrieval.articles.failures import reading_failure
from retrieval.articles.loader import WatchedFile
from retrieval.articles.records import to_json

__all__ = ["answer", "main"]


def answer(request: dict[str, Any], step: Callable[[], None]) -> Iterator[dict[str, Any]]:
    """Yield the records of what one file holds, the last one saying how it ended.

    Args:
        request: The loader's module, the file, the day and the folder's rights field.
        step: Called before every article.
    """
    rights = request["rights"]
    file = WatchedFile(
        Path(request["path"]),
        request["relative"],
        date.fromisoformat(request["today"]),
        None if rights is None else RightsField.of_json(rights),
    )
    end: dict[str, Any] = {"type": "end"}
    step()
    try:
        for found in import_module(f"retrieval.articles.{request['module']}").load(file):
            yield to_json(found)
            step()
    except MemoryError:
        end["memory"] = True
    except OSError as error:
        end |= {"errno": error.errno, "strerror": error.strerror or str(error)}
    except Exception as error:
        failure = reading_failure(error)
        end |= {"reason": failure.reason, "line": failure.line, "unclear": failure.unclear_rights}
    yield {**end, "asked_today": file.asked}


def main() -> None:
    """Read files until standard input ends."""
    out = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)  # what a library prints must not stand among the records
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides
    for line in sys.stdin:
        request = json.loads(line)
        _, hardest = resource.getrlimit(resource.RLIMIT_AS)
        with suppress(ValueError, OSError):  # a system without this limit
            resource.setrlimit(resource.RLIMIT_AS, (request["memory_bytes"], hardest))

        def step(seconds: float = request["cpu_s"]) -> None:
            # Its signal ends the process, also inside of C, where no exception could.
            signal.setitimer(signal.ITIMER_PROF, seconds)

        for record in answer(request, step):
            out.write(json.dumps(record) + "\n")
        signal.setitimer(signal.ITIMER_PROF, 0)
        out.flush()
