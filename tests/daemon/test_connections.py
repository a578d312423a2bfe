"""Whoever sends or reads too slowly is let go, and what is no HTTP is answered as a problem."""

from __future__ import annotations

import asyncio
import json
import resource
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import uvicorn
from daemon.wires import Wire

from backfilld.daemon.connections import Connection, within
from backfilld.daemon.heads import LARGEST_HEAD
from backfilld.daemon.serving import Server, listening

LINE = b"POST / HTTP/1.1\r\nHost: here\r\n"
HALF_A_HEAD = LINE + b"X-Slow: y"
HALF_A_BODY = LINE + b"Content-Length: 9\r\n\r\nhalf"
WHOLE = LINE + b"Content-Length: 4\r\n\r\nwhol"
TALK = 4 * 2**20


class Hasty(Connection):
    """One that soon gives up."""

    head_within = body_within = read_within = 0.05


class Clock:
    def now(self) -> datetime:
        return datetime(2024, 2, 29, tzinfo=UTC)


async def app(scope: Any, receive: Any, send: Callable[[Any], Awaitable[None]]) -> None:
    """Answers `heard` to a whole request, with much talk at /talk; to half a one nothing, but at /early."""
    while scope["path"] != "/early" and (message := await receive())["type"] == "http.request" and message["more_body"]:
        pass
    if scope["path"] != "/early" and message["type"] == "http.disconnect":
        return
    size = TALK if scope["path"] == "/talk" else 0
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"heard" + bytes(size), "more_body": True})
    await send({"type": "http.response.body", "body": b""})


def told(*said: bytes, protocol: type[Connection] = Hasty, limit: int = 2**16) -> bytes:
    """All that is answered to this on one connection, each part after an answer to the one before, until it is cut."""

    async def story() -> bytes:
        server = Server(uvicorn.Config(app, http=protocol, log_config=None, lifespan="off"), Clock())
        with listening("127.0.0.1", 0, {}) as sock:
            serving = asyncio.create_task(server.serve([sock]))
            reader, writer = await asyncio.open_connection(*sock.getsockname(), limit=limit)
            heard = b""
            for part in said:
                writer.write(part)
                if part is not said[-1]:
                    heard += await reader.readuntil(b"0\r\n\r\n")
            heard += await until_cut(reader)
            writer.close()
            server.end()
            await serving
        return heard

    return asyncio.run(asyncio.wait_for(story(), 20))


async def until_cut(reader: asyncio.StreamReader) -> bytes:
    """What comes until the other side is gone, politely or not."""
    heard = b""
    try:
        while part := await reader.read(2**16):
            heard += part
    except ConnectionResetError:
        pass
    return heard


@pytest.mark.parametrize(
    ("headers", "pieces"),
    [
        ([(b"content-length", b"10")], [b"HTTP/1.1 200 ", b"again"]),
        ([(b"x-long", b"yes")], [b"HTTP/1.1 200 ", b"heard", b"again", b"0\r\n\r\n"]),
    ],
)
def test_a_known_length_is_sent_in_one_piece(headers: list[tuple[bytes, bytes]], pieces: list[bytes]) -> None:
    """The head of such an answer leaves with its body; that of one that is streamed does not wait for anything."""

    async def answering(scope: Any, receive: Any, send: Callable[[Any], Awaitable[None]]) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for body in (b"heard", b"again"):
            await send({"type": "http.response.body", "body": body, "more_body": True})
        await send({"type": "http.response.body"})

    async def story() -> list[bytes]:
        config, wire = uvicorn.Config(answering, log_config=None, lifespan="off"), Wire()
        side = Connection(config, Server(config, Clock()).server_state, {})
        side.connection_made(wire)
        side.data_received(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
        await asyncio.gather(*side.tasks)
        side.connection_lost(None)
        return [piece for piece in wire.pieces if piece]

    sent = asyncio.run(story())
    assert [part in piece for part, piece in zip(pieces, sent, strict=True)] == [True] * len(pieces)


def test_half_a_head() -> None:
    """Whoever does not finish the head of a request is told so and cut."""
    assert told(HALF_A_HEAD).startswith(b"HTTP/1.1 408 ")


def test_nothing_at_all() -> None:
    """Whoever connects and says nothing is cut without a word."""
    assert told(b"") == b""


def test_half_a_body() -> None:
    """Whoever does not finish the body of a request is cut, and its endpoint learns that nobody is there."""
    assert told(HALF_A_BODY) == b""


def test_a_later_request_has_as_little_time() -> None:
    """On a connection that is kept, the next request is waited for no longer than the first."""
    answer = told(WHOLE, HALF_A_HEAD)
    assert answer.count(b"heard") == 1
    assert b"HTTP/1.1 408 " in answer


def test_a_drop_now_and_then() -> None:
    """What comes drop by drop does not move the end of the time."""

    async def story() -> bytes:
        server = Server(uvicorn.Config(app, http=Hasty, log_config=None, lifespan="off"), Clock())
        with listening("127.0.0.1", 0, {}) as sock:
            serving = asyncio.create_task(server.serve([sock]))
            reader, writer = await asyncio.open_connection(*sock.getsockname())
            heard = asyncio.create_task(until_cut(reader))
            writer.write(HALF_A_HEAD)
            while not heard.done():
                writer.write(b"y")
                await asyncio.sleep(0.002)
            writer.close()
            server.end()
            await serving
        return heard.result()

    assert asyncio.run(asyncio.wait_for(story(), 20)).startswith(b"HTTP/1.1 408 ")


def test_whoever_does_not_read() -> None:
    """A client that asks and does not read is cut, and the rest of its answer is let go."""

    async def story() -> int:
        server = Server(uvicorn.Config(app, http=Hasty, log_config=None, lifespan="off"), Clock())
        with listening("127.0.0.1", 0, {}) as sock:
            serving = asyncio.create_task(server.serve([sock]))
            reader, writer = await asyncio.open_connection(*sock.getsockname(), limit=1)
            writer.write(WHOLE.replace(b"POST / ", b"POST /talk "))
            while not server.server_state.connections:
                await asyncio.sleep(0)
            while server.server_state.connections:
                await asyncio.sleep(0.002)
            heard = len(await until_cut(reader))
            writer.close()
            server.end()
            await serving
        return heard

    assert asyncio.run(asyncio.wait_for(story(), 20)) < TALK


def test_who_comes_when_all_places_are_taken(caplog: pytest.LogCaptureFixture) -> None:
    """Is turned away at once, which is told, not each time; and those who are there are answered."""

    class Narrow(Connection):
        most = 2

    async def story() -> list[bytes]:
        server = Server(uvicorn.Config(app, http=Narrow, log_config=None, lifespan="off"), Clock())
        with listening("127.0.0.1", 0, {}) as sock:
            serving = asyncio.create_task(server.serve([sock]))
            opened = [await asyncio.open_connection(*sock.getsockname()) for _ in range(2)]
            while len(server.server_state.connections) < 2:
                await asyncio.sleep(0)
            heard = []
            for _ in range(2):
                late, writer = await asyncio.open_connection(*sock.getsockname())
                heard.append(await until_cut(late))
                writer.close()
            for reader, each in opened:
                each.write(WHOLE)
                heard.append(await reader.readuntil(b"heard"))
                each.close()
            server.end()
            await serving
        return heard

    *turned_away, first, second = asyncio.run(asyncio.wait_for(story(), 20))
    assert turned_away == [b"", b""]
    assert caplog.messages == ["2 connections are open: more are turned away"]
    assert [answer.startswith(b"HTTP/1.1 200 ") for answer in (first, second)] == [True, True]


@pytest.mark.parametrize(
    ("files", "room"),
    [(1_024, 512), (16_384, Connection.most), (resource.RLIM_INFINITY, Connection.most), (64, 1)],
)
def test_clients_leave_files_to_others(files: int, room: int) -> None:
    """However many come, store, tasks and logs can be opened: of a small limit some are kept for these."""
    assert within(files).most == room


@pytest.mark.parametrize(
    "said",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        LINE + b"Content-Length: -1\r\n\r\n",
        LINE + b"X-Large: " + b"y" * LARGEST_HEAD,
        LINE + b"X-Large: " + b"y" * LARGEST_HEAD + b"\r\n\r\n",
        LINE + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
)
def test_what_is_no_request(said: bytes) -> None:
    """It is answered 400, as a problem with an id, and the connection is closed."""
    head, _, body = told(said, protocol=Connection).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"X-Request-Id: " in head or b"x-request-id: " in head.lower()
    problem = json.loads(body)
    assert problem["code"] == "invalid_http"
    assert problem["request_id"].encode() in head


def test_a_body_that_breaks_off_wrongly() -> None:
    """Chunks that are none end the request: its endpoint answers nobody, and nothing fails."""
    answer = told(LINE + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", protocol=Connection)
    assert answer.startswith(b"HTTP/1.1 400 ")


def test_a_head_of_just_the_limit() -> None:
    """16 KB of head are read."""
    rest = LARGEST_HEAD - len(LINE + b"X-Large: \r\nConnection: close\r\n\r\n")
    answer = told(LINE + b"X-Large: " + b"y" * rest + b"\r\nConnection: close\r\n\r\n", protocol=Connection)
    assert answer.startswith(b"HTTP/1.1 200 ")


def test_a_body_that_comes_after_its_answer() -> None:
    """Whoever has been answered before the body was whole, and then says nothing more, is not waited for for ever."""
    early = LINE.replace(b"POST / ", b"POST /early ") + b"Content-Length: 4\r\n\r\n"
    assert told(early, b"whol").count(b"heard") == 1


def test_empty_lines_now_and_then() -> None:
    """They are no request: whoever sends nothing else on a kept connection is cut as one who sends half a head."""
    assert told(WHOLE, b"\r\n").endswith(b"}")


def test_who_has_more_to_ask_while_being_answered() -> None:
    """A stream that nobody hears any more ends, though the next request has come already; that one is not begun."""

    async def story() -> tuple[list[str], int]:
        begun, over = [], asyncio.Event()

        async def streaming(scope: Any, receive: Any, send: Callable[[Any], Awaitable[None]]) -> None:
            begun.append(scope["path"])
            while (await receive())["type"] != "http.disconnect":
                pass
            over.set()

        config, wire = uvicorn.Config(streaming, log_config=None, lifespan="off"), Wire()
        side = Connection(config, Server(config, Clock()).server_state, {})
        side.connection_made(wire)
        chunks = LINE + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        side.data_received(chunks + b"GET /next HTTP/1.1\r\nHost: here\r\n\r\n")
        side.data_received(b"GET /later HTTP/1.1\r\nHost: here\r\n\r\n")
        await asyncio.sleep(0)
        side.connection_lost(None)
        await over.wait()
        return begun, wire.pauses

    begun, pauses = asyncio.run(asyncio.wait_for(story(), 20))
    assert begun == ["/"]
    assert pauses > 0


def test_a_body_that_goes_wrong_after_its_answer() -> None:
    """Nothing more is said: what would be is no answer to anything."""
    early = LINE.replace(b"POST / ", b"POST /early ") + b"Transfer-Encoding: chunked\r\n\r\n"
    answer = told(early, b"zz\r\n", protocol=Connection)
    assert answer.count(b"HTTP/1.1 ") == answer.count(b"heard") == 1
