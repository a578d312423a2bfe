"""The server of daemon and runner."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import uvicorn

from backfilld.daemon.serving import Server, listening

EARLY = datetime(2024, 2, 29, 23, 59, 59, tzinfo=UTC)


class Hands:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.time = EARLY

    def now(self) -> datetime:
        return self.time


async def app(scope: Any, receive: Any, send: Callable[[Any], Awaitable[None]]) -> None:
    """Answers nothing, politely."""
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})


async def ask(port: int) -> str:
    """One request; the answer's head."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET / HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n")
    head = (await reader.read()).decode()
    writer.close()
    await writer.wait_closed()
    return head


def served(clock: Hands) -> Server:
    """A server of nothing."""
    return Server(uvicorn.Config(app, log_config=None, lifespan="off", server_header=False), clock)


def test_each_answer_has_the_date_of_its_moment() -> None:
    """The date is read when the answer is made, however long the server has slept."""

    async def story() -> list[str]:
        clock = Hands()
        server = served(clock)
        with listening("127.0.0.1", 0, {}) as sock:
            serving = asyncio.create_task(server.serve([sock]))
            heads = [await ask(sock.getsockname()[1])]
            clock.time += timedelta(seconds=1)
            heads.append(await ask(sock.getsockname()[1]))
            server.end()
            await serving
        return heads

    dates = [line for head in asyncio.run(story()) for line in head.split("\r\n") if line.startswith("date: ")]
    assert dates == ["date: Thu, 29 Feb 2024 23:59:59 GMT", "date: Fri, 01 Mar 2024 00:00:00 GMT"]


def test_a_server_can_be_ended_before_it_begins() -> None:
    """Whoever gives up while the server starts is heard."""

    async def story() -> None:
        server = served(Hands())
        server.end()
        with listening("127.0.0.1", 0, {}) as sock:
            await server.serve([sock])

    asyncio.run(story())


def test_any_thread_may_end_a_server() -> None:
    """It wakes up for that though nobody asks it anything."""

    async def story() -> None:
        server = served(Hands())
        with listening("127.0.0.1", 0, {}) as sock:
            serving = asyncio.create_task(server.serve([sock]))
            await ask(sock.getsockname()[1])
            await asyncio.to_thread(server.end)
            await serving

    asyncio.run(story())
