"""Count the functions, files and folders of ours that an `ask` and an answered chat turn pass.

    python tests/bench/trace_turn.py build/demo

Opened and asked once before, so that what is made once isn't counted. Threads are traced too.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = tuple(str(ROOT / package) + "/" for package in ("retrieval", "qa", "agent"))
QUESTION = "how do I set up the VPN on my Mac?"


def passed(run: Callable[[], Any]) -> dict[str, int]:
    """Run it, and count what of ours is called."""
    seen: set[tuple[str, str]] = set()

    def note(frame: FrameType, event: str, _: Any) -> None:
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(PACKAGES):
            seen.add((code.co_filename, code.co_qualname))

    threading.setprofile(note)
    sys.setprofile(note)
    try:
        run()
    finally:
        sys.setprofile(None)
        threading.setprofile(None)  # type: ignore[arg-type]
    files = {file for file, _ in seen}
    folders = {str(Path(file).parent) for file in files}
    return {"functions": len(seen), "files": len(files), "folders": len(folders)}


def main() -> None:
    """Print what is passed by each, as JSON."""
    sys.path.insert(0, str(ROOT))
    from agent import Agent
    from qa import OpenBook

    kb = sys.argv[1]
    book = OpenBook.open(kb)
    book.ask("how much is the mileage rate?")
    agent = Agent.open(kb, agent=str(ROOT / "data" / "agent.yaml"))
    agent.reply("how much is the mileage rate?")
    counted = {
        "ask": passed(lambda: book.ask(QUESTION)),
        "answered turn": passed(lambda: agent.reply(QUESTION)),
        "thanks": passed(lambda: agent.reply("thanks")),
    }
    sys.stdout.write(json.dumps(counted, indent=2) + "\n")


if __name__ == "__main__":
    main()
