"""The server under 32 clients: questions a second, and how long a scripted turn waits.

    python tests/bench/bench_server.py [--clients 32] [--seconds 25] [--check]

Questions to `/v1/ask` from many clients at once go to the server as it is, which reads for
all of them in shared batches, and to the same server reading one question at a time
(`limits.workers = 1`). Then the same scripted message to `/v1/chat`, from one client alone
and from many at once. Clients run in a second process on the same machine.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

from serving import ROOT, ServerProcess, finish, index, public_questions, say, start_clients

MIN_SPEED_UP, AIM_SPEED_UP = 1.3, 2.5
MAX_P95, AIM_P95 = 40.0, 10.0

_WARM_UP_S = 4.0


def load(
    server: ServerProcess, kind: str, options: argparse.Namespace, *, clients: int | None = None
) -> dict[str, Any]:
    """Warm the server up, then measure."""
    material = public_questions() if kind == "asks" else None
    for seconds in (_WARM_UP_S, options.seconds):
        found = finish(
            start_clients(
                kind,
                server.url,
                clients=clients or options.clients,
                seconds=seconds,
                material=material,
            )
        )
    return found


def main() -> None:
    """Measure and print; with --check fail below the marks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=25.0)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        kb = Path(folder) / "kb"
        index(ROOT / "data" / "articles", kb)
        servers = {"one_at_a_time": {"FRONTDESK_LIMITS_WORKERS": "1"}, "shared": {}}
        for name, environment in servers.items():
            place = Path(folder) / name
            place.mkdir()
            server = ServerProcess(kb, place, environment=environment)
            try:
                found[name] = load(server, "asks", options)
                if name == "shared":
                    found["turn_alone"] = load(server, "turns", options, clients=1)
                    found["turn_among_many"] = load(server, "turns", options)
                    found["memory_mb"] = round(server.memory_mb)
                server.stop()
            finally:
                server.kill()
    speed_up = found["shared"]["per_second"] / found["one_at_a_time"]["per_second"]
    p95 = found["turn_among_many"]["p95_ms"] / found["turn_alone"]["p95_ms"]
    say(json.dumps(found, indent=2))
    say(
        f"questions a second, shared against one at a time: {speed_up:.2f} times "
        f"(at least {MIN_SPEED_UP}, aim {AIM_SPEED_UP})"
    )
    say(
        f"p95 of a scripted turn, {options.clients} clients against one: {p95:.1f} times "
        f"(at most {MAX_P95:.0f}, aim {AIM_P95:.0f})"
    )
    if options.check and (speed_up < MIN_SPEED_UP or p95 > MAX_P95):
        raise SystemExit("below the marks")


if __name__ == "__main__":
    main()
