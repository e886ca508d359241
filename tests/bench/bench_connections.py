"""Is a server still heard while thousands of connections are silent, dripping or half-sent?

    python tests/bench/bench_connections.py --seconds 30 --connections 2000

Starts a server that may open 1,024 files, holds so many connections at it (each one that the
server ends is opened anew), and asks for `/healthz` with a client that gives up after a
second. Prints how often it did, and by how much the log grew.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import multiprocessing
import resource
import tempfile
import time
import urllib.request
from pathlib import Path

from serving import ROOT, ServerProcess, index, say

HEAD = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n"
BODY = (
    b"POST /v1/chat HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    b"Content-Length: 4000\r\n\r\n"
)
KINDS = ("silent", "dripping head", "dripping body", "half a head")


async def hold(host: str, port: int, kind: str, until: float) -> int:
    """Hold a connection, again and again; return how many were opened."""
    n_opened = 0
    while time.monotonic() < until:
        try:
            reader, writer = await asyncio.open_connection(host, port)
        except OSError:
            await asyncio.sleep(0.5)
            continue
        n_opened += 1
        try:
            if kind != "silent":
                writer.write(BODY if kind == "dripping body" else HEAD)
            while time.monotonic() < until:
                if kind.startswith("dripping"):
                    writer.write(b"X" if kind == "dripping body" else b"X-A: 1\r\n")
                    await writer.drain()
                with contextlib.suppress(TimeoutError):
                    if not await asyncio.wait_for(reader.read(1), 1.0):
                        break
        except OSError:
            await asyncio.sleep(0.2)
        finally:
            writer.transport.abort()
    return n_opened


async def hold_all(url: str, n: int, until: float) -> int:
    host, port = url.removeprefix("http://").split(":")
    kinds = [KINDS[place % len(KINDS)] for place in range(n)]
    return sum(await asyncio.gather(*(hold(host, int(port), kind, until) for kind in kinds)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--connections", type=int, default=2_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        index(ROOT / "data" / "articles", folder / "kb")
        resource.setrlimit(resource.RLIMIT_NOFILE, (1_024, 4_096))
        server = ServerProcess(
            folder / "kb",
            folder,
            environment={"FRONTDESK_LIMITS_CONNECTIONS_PER_ADDRESS": "100000"},
        )
        resource.setrlimit(resource.RLIMIT_NOFILE, (4_096, 4_096))
        try:
            run(server, folder / "server.log", arguments)
        finally:
            server.stop()


def attack(url: str, n: int, seconds: float) -> None:
    """Hold connections from a process of their own."""
    say(f"opened in all: {asyncio.run(hold_all(url, n, time.monotonic() + seconds))}")


def run(server: ServerProcess, log: Path, arguments: argparse.Namespace) -> None:
    until = time.monotonic() + arguments.seconds
    others = multiprocessing.get_context("spawn").Process(
        target=attack, args=(server.url, arguments.connections, arguments.seconds)
    )
    size = log.stat().st_size
    others.start()
    time.sleep(3)
    times: list[float] = []
    n_given_up = 0
    while time.monotonic() < until:
        began = time.monotonic()
        try:
            with urllib.request.urlopen(f"{server.url}/healthz", timeout=1.0) as response:  # noqa: S310
                response.read()
            times.append(time.monotonic() - began)
        except OSError:
            n_given_up += 1
        time.sleep(0.1)
    others.join()
    times.sort()
    say(f"/healthz asked {len(times) + n_given_up} times, given up after 1 s: {n_given_up}")
    if times:
        median, worst = 1000 * times[len(times) // 2], 1000 * times[-1]
        say(f"answered in: median {median:.0f} ms, worst {worst:.0f} ms")
    say(f"the log grew by {(log.stat().st_size - size) / 1000:.1f} kB")


if __name__ == "__main__":
    main()
