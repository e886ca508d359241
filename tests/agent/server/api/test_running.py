"""Listening for connections."""

from __future__ import annotations

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor

from agent.server.api.running import listen


def test_listen_gives_connections_that_send_at_once() -> None:
    async def connected_without_delay() -> bool:
        seen: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        async def take(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            connection = writer.get_extra_info("socket")
            seen.set_result(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()
            await writer.wait_closed()

        listening = listen("127.0.0.1", 0)
        async with await asyncio.start_server(take, sock=listening) as server:
            reader, writer = await asyncio.open_connection(*listening.getsockname())
            assert await reader.read() == b""
            writer.close()
            await writer.wait_closed()
            server.close()
        return bool(await seen)

    # In a thread of its own: a browser that other tests drive has a loop in this one.
    with ThreadPoolExecutor(1) as thread:
        assert thread.submit(lambda: asyncio.run(connected_without_delay())).result()
