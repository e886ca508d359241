"""Time of a turn through senses, intents, router and dialogue, without the knowledge base.

    python tests/bench/bench_turn.py [--agent data/agent.yaml] [--turns 300] [--kb build/demo]

Every message is scripted, so the knowledge base is never asked; that is checked. The whole
of `Agent.reply` is timed, storing included, and the classifier by itself beside it. Where the
machine is busy with other things, the processor's own time says more than the clock.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from agent.agent import Agent
from agent.memory.sessions import SessionStore
from agent.opening import open_parts


class SilentKnowledgeBase:
    """Counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def ask(self, question: str, **_: Any) -> Any:
        self.asked += 1
        raise LookupError(question)


def milliseconds(values: list[float]) -> dict[str, float]:
    """Return median and 95th percentile."""
    ordered = sorted(values)
    return {
        "median_ms": round(1000 * statistics.median(ordered), 2),
        "p95_ms": round(1000 * ordered[int(0.95 * (len(ordered) - 1))], 2),
    }


def main() -> None:
    """Measure and print one JSON object."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--kb", type=Path, default=Path("build/demo"))
    arguments.add_argument("--agent", type=Path, default=None)
    arguments.add_argument("--turns", type=int, default=300)
    options = arguments.parse_args()
    parts = open_parts(options.kb, agent=options.agent)
    silent = SilentKnowledgeBase()
    # Small talk in the words of its own file is always clear.
    messages = [entry.questions[0] for entry in parts.small_talk]
    with tempfile.TemporaryDirectory() as folder:
        store = SessionStore(Path(folder) / "sessions.db")
        agent = Agent(
            config=parts.config,
            classifier=parts.classifier,
            knowledge_base=silent,
            sessions=store,
            small_talk=parts.small_talk,
        )
        turns: list[float] = []
        processing: list[float] = []
        classifying: list[float] = []
        session: str | None = None
        for number in range(options.turns + 20):
            message = messages[number % len(messages)]
            began, busy = time.perf_counter(), time.process_time()
            # A new session now and then, as people come and go.
            session = agent.reply(message, session=session if number % 10 else None).session
            turned, busy = time.perf_counter(), time.process_time() - busy
            parts.classifier.classify([message])
            classified = time.perf_counter()
            if number >= 20:
                turns.append(turned - began)
                processing.append(busy)
                classifying.append(classified - turned)
        store.close()
    print(  # noqa: T201 - a benchmark's result
        json.dumps(
            {
                "turn": milliseconds(turns),
                "turn_processor": milliseconds(processing),
                "classifier_alone": milliseconds(classifying),
                "turns": len(turns),
                "knowledge_base_asked": silent.asked,
                "intents": len(parts.classifier.intents),
                "classifier": parts.classifier.id,
            }
        )
    )


if __name__ == "__main__":
    main()
