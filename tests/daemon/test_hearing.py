"""Nobody can be mistaken where a request ends: a table of what smugglers send, and of what is heard of it.

Behind each of them comes a last request. It is heard as such, or the connection has been closed before it.
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from threading import Thread
from typing import Any

import pytest
import uvicorn
from daemon.wires import Wire
from hypothesis import given, settings
from hypothesis import strategies as st

from backfilld.daemon.connections import Connection
from backfilld.daemon.heads import LARGEST_HEAD
from backfilld.daemon.serving import Server, listening

Address = tuple[str, int]
Told = list[str | int]
"""What was heard of each request that is answered, and the status of each other answer."""

HOST = b"Host: here\r\n"
LINE = b"POST /a HTTP/1.1\r\n" + HOST
LENGTH = b"Content-Length: 3\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
NEXT = b"GET /next HTTP/1.1\r\n" + HOST + b"\r\n"
LAST = b"GET /last HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n"
_ANSWER = re.compile(rb"HTTP/1\.1 (\d{3})[^\r]*\r\n(?:(?!\r\n)(?!x-heard)[^\r]*\r\n)*(?:x-heard: ([^\r]*)\r\n)?")


class Dropwise(Connection):
    """To which all comes byte by byte."""

    def data_received(self, data: bytes) -> None:
        for byte in data:
            super().data_received(bytes([byte]))


class Clock:
    def now(self) -> datetime:
        return datetime(2024, 2, 29, tzinfo=UTC)


async def app(scope: Any, receive: Any, send: Callable[[Any], Awaitable[None]]) -> None:
    """Says what it heard: method, path, body, header `X`; at /early before the body, at /long without a length."""
    body, early = b"", scope["path"] == "/early"
    while not early and (message := await receive())["type"] == "http.request":
        body += message["body"]
        if not message["more_body"]:
            break
    value = b"".join(value for name, value in scope["headers"] if name == b"x")
    said = [scope["method"].encode(), scope["path"].encode(), body[:9], value[:9]]
    headers = [(b"x-heard", b" ".join(part for part in said if part))]
    if scope["path"] != "/long":
        headers.append((b"content-length", b"3"))
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"yes"})


@pytest.fixture(scope="module", params=[Connection, Dropwise])
def server(request: pytest.FixtureRequest) -> Iterator[Address]:
    """Where it listens; once for what comes in one piece, once for drops."""
    listens = Server(uvicorn.Config(app, http=request.param, log_config=None, lifespan="off"), Clock())
    with listening("127.0.0.1", 0, {}) as sock:
        thread = Thread(target=lambda: asyncio.run(listens.serve([sock])))
        thread.start()
        yield sock.getsockname()
        listens.end()
        thread.join()


def answered(server: Address, said: bytes) -> bytes:
    """All that is answered to this, until the connection is closed."""
    heard = b""
    with socket.create_connection(server, timeout=20) as line:
        line.sendall(said)
        try:
            while part := line.recv(65_536):
                heard += part
        except ConnectionResetError:
            pass
    return heard


def told(answer: bytes) -> Told:
    """In a word each."""
    return [heard.decode("latin-1") if heard else int(status) for status, heard in _ANSWER.findall(answer)]


def body(chunks: bytes) -> bytes:
    """A request with these chunks."""
    return LINE + CHUNKED + b"\r\n" + chunks


TAKEN: dict[str, tuple[bytes, Told]] = {
    "nothing before": (b"", []),
    "a body by its length": (LINE + LENGTH + b"\r\nabc", ["POST /a abc"]),
    "blanks around a length": (LINE + b"Content-Length: \t3 \r\n\r\nabc", ["POST /a abc"]),
    "a length with zeros before it": (LINE + b"Content-Length: 0003\r\n\r\nabc", ["POST /a abc"]),
    "no length, no body": (LINE + b"\r\n", ["POST /a"]),
    "a request as a body": (LINE + b"Content-Length: %d\r\n\r\n" % len(NEXT) + NEXT, ["POST /a GET /next"]),
    "a body of GET": (b"GET /a HTTP/1.1\r\n" + HOST + LENGTH + b"\r\nabc", ["GET /a abc"]),
    "a HEAD": (b"HEAD /a HTTP/1.1\r\n" + HOST + b"\r\n", ["HEAD /a"]),
    "one behind the other": (NEXT * 50, ["GET /next"] * 50),
    "bodies one behind the other": ((LINE + LENGTH + b"\r\nabc") * 50, ["POST /a abc"] * 50),
    "chunks": (body(b"1\r\na\r\n2\r\nbc\r\n0\r\n\r\n"), ["POST /a abc"]),
    "chunked in capitals": (LINE + b"Transfer-Encoding: Chunked\r\n\r\n1\r\na\r\n0\r\n\r\n", ["POST /a a"]),
    "a word with a chunk": (body(b'1;a=b;c="d"\r\na\r\n0\r\n\r\n'), ["POST /a a"]),
    "zeros before the size of a chunk": (body(b"0001\r\na\r\n000\r\n\r\n"), ["POST /a a"]),
    "a request as a chunk": (body(b"%x\r\n%b\r\n0\r\n\r\n" % (len(NEXT), NEXT)), ["POST /a GET /next"]),
    "chunked ones behind the other": (body(b"1\r\na\r\n0\r\n\r\n") * 50, ["POST /a a"] * 50),
    "trailers, which are no headers": (body(b"1\r\na\r\n0\r\nX: b\r\n\r\n"), ["POST /a a"]),
    "an answer before the body": (LINE.replace(b"/a", b"/early") + LENGTH + b"\r\nabc", ["POST /early"]),
    "blanks around a value": (LINE + b"X: \t b c \t\r\n\r\n", ["POST /a b c"]),
    "an empty value": (LINE + b"Y:\r\nX: b\r\n\r\n", ["POST /a b"]),
    "bytes beyond ASCII in a value": (LINE + b"X: \xe9\r\n\r\n", ["POST /a \xe9"]),
    "an empty line before": (b"\r\n" + NEXT, ["GET /next"]),
    "expecting to go on, and gone on": (LINE + LENGTH + b"Expect: 100-continue\r\n\r\nabc", ["POST /a abc"]),
    "another protocol wished for": (
        LINE + b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\nX: b\r\n\r\n",
        ["POST /a b"],
    ),
    "another protocol wished for, with a body": (
        LINE + b"Connection: Upgrade\r\nUpgrade: websocket\r\n" + LENGTH + b"\r\nabc",
        ["POST /a abc"],
    ),
    "another protocol wished for, with chunks": (
        LINE + b"Upgrade: h2c\r\nConnection: upgrade\r\n" + CHUNKED + b"\r\n3\r\nabc\r\n0\r\n\r\n",
        ["POST /a abc"],
    ),
    "another protocol wished for, one behind the other": (
        (LINE + b"Upgrade: h2c\r\nConnection: upgrade\r\n" + LENGTH + b"\r\nabc") * 3,
        ["POST /a abc"] * 3,
    ),
    "a target with its host": (b"GET http://here/a HTTP/1.1\r\n" + HOST + b"\r\n", ["GET http://here/a"]),
    "the server itself": (b"OPTIONS * HTTP/1.1\r\n" + HOST + b"\r\n", ["OPTIONS *"]),
    "a path in percent": (b"GET /a%2Fb?c=d HTTP/1.1\r\n" + HOST + b"\r\n", ["GET /a/b"]),
    "a head of just the limit": (
        LINE + b"Y: " + b"y" * (LARGEST_HEAD - len(LINE + b"Y: \r\n\r\n")) + b"\r\n\r\n",
        ["POST /a"],
    ),
}

LAST_ONES: dict[str, tuple[bytes, Told]] = {
    "HTTP/1.0": (b"GET /a HTTP/1.0\r\n\r\n", ["GET /a"]),
    "HTTP/1.0 that would stay": (b"GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", ["GET /a"]),
    "HTTP/1.0 with a body": (b"POST /a HTTP/1.0\r\n" + LENGTH + b"\r\nabc", ["POST /a abc"]),
    "the last of its own": (LINE + b"Connection: close\r\n" + LENGTH + b"\r\nabc", ["POST /a abc"]),
    "the last among other words": (LINE + b"Connection: x, Close\r\n" + LENGTH + b"\r\nabc", ["POST /a abc"]),
    "rubbish behind the last": (LAST + b"rubbish", ["GET /last"]),
}

REFUSED: dict[str, bytes] = {
    "two ways to say a length": LINE + LENGTH + CHUNKED + b"\r\n0\r\n\r\n",
    "two ways, the other way round": LINE + CHUNKED + LENGTH + b"\r\n0\r\n\r\n",
    "a length twice": LINE + LENGTH + LENGTH + b"\r\nabc",
    "two lengths": LINE + LENGTH + b"Content-Length: 4\r\n\r\nabc",
    "two lengths in one line": LINE + b"Content-Length: 3, 3\r\n\r\nabc",
    "no number": LINE + b"Content-Length: abc\r\n\r\nabc",
    "no digits": LINE + b"Content-Length:\r\n\r\n",
    "a sign": LINE + b"Content-Length: +3\r\n\r\nabc",
    "below nothing": LINE + b"Content-Length: -3\r\n\r\nabc",
    "hexadecimal": LINE + b"Content-Length: 0x3\r\n\r\nabc",
    "a point": LINE + b"Content-Length: 3.0\r\n\r\nabc",
    "a blank in a length": LINE + b"Content-Length: 3 0\r\n\r\nabc",
    "a length beyond all": LINE + b"Content-Length: 99999999999999999999\r\n\r\nabc",
    "an encoding that is not ours": LINE + b"Transfer-Encoding: gzip\r\n\r\nabc",
    "an encoding before chunked": LINE + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "an encoding after chunked": LINE + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "identity": LINE + b"Transfer-Encoding: identity\r\n\r\n",
    "chunked twice": LINE + CHUNKED + CHUNKED + b"\r\n0\r\n\r\n",
    "chunked twice in one line": LINE + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "nearly chunked": LINE + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "chunked in quotes": LINE + b'Transfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n',
    "chunked behind another blank": LINE + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    "chunked with a comma": LINE + b"Transfer-Encoding: ,chunked\r\n\r\n0\r\n\r\n",
    "no encoding": LINE + b"Transfer-Encoding:\r\n\r\n0\r\n\r\n",
    "chunked in HTTP/1.0": b"POST /a HTTP/1.0\r\n" + CHUNKED + b"\r\n0\r\n\r\n",
    "a size that is none": body(b"zz\r\n"),
    "a size of no digits": body(b"\r\n0\r\n\r\n"),
    "a size below nothing": body(b"-1\r\na\r\n0\r\n\r\n"),
    "a size with 0x": body(b"0x1\r\na\r\n0\r\n\r\n"),
    "a size beyond all": body(b"10000000000000001\r\na\r\n0\r\n\r\n"),
    "a blank behind a size": body(b"1 \r\na\r\n0\r\n\r\n"),
    "a blank before a size": body(b" 1\r\na\r\n0\r\n\r\n"),
    "a chunk that is longer": body(b"1\r\nab\r\n0\r\n\r\n"),
    "a chunk that is shorter": body(b"3\r\na\r\n0\r\n\r\n"),
    "a chunk without its end": body(b"1\r\na0\r\n\r\n"),
    "a bare LF behind a size": body(b"1\na\r\n0\r\n\r\n"),
    "a bare LF behind a chunk": body(b"1\r\na\n0\r\n\r\n"),
    "a bare LF behind all": body(b"1\r\na\r\n0\r\n\n"),
    "a lone CR behind a size": body(b"1\ra\r\n0\r\n\r\n"),
    "a bare LF in the word with a chunk": body(b"1;a\nb\r\na\r\n0\r\n\r\n"),
    "a line's end in a quoted word": body(b'1;a="\r\n"\r\na\r\n0\r\n\r\n'),
    "much with a chunk": body(b"1;" + b"x" * 2 * LARGEST_HEAD + b"\r\na\r\n0\r\n\r\n"),
    "a length as a trailer": body(b"0\r\nContent-Length: 3\r\n\r\nabc"),
    "an encoding as a trailer": body(b"0\r\n" + CHUNKED + b"\r\n0\r\n\r\n"),
    "a trailer that is none": body(b"0\r\nno colon\r\n\r\n"),
    "many trailers": body(b"0\r\n" + b"X: y\r\n" * (2 * LARGEST_HEAD // 6) + b"\r\n"),
    "one long trailer": body(b"0\r\nX: " + b"y" * 2 * LARGEST_HEAD + b"\r\n\r\n"),
    "a folded header": LINE + b"X: a\r\n b\r\n\r\n",
    "a folded length": LINE + b"Content-Length:\r\n 3\r\n\r\nabc",
    "a folded encoding": LINE + b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    "a blank before the first header": b"POST /a HTTP/1.1\r\n X: a\r\n" + HOST + b"\r\n",
    "a blank before the colon": LINE + b"Content-Length : 3\r\n\r\nabc",
    "a tab before the colon": LINE + b"Transfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n",
    "no name": LINE + b": a\r\n\r\n",
    "no colon": LINE + b"X\r\n\r\n",
    "a bare LF behind a header": LINE + b"X: a\nContent-Length: 3\r\n\r\nabc",
    "a bare LF at the end of the head": LINE + b"X: a\r\n\n",
    "a bare LF behind the line": b"POST /a HTTP/1.1\n" + HOST + b"\r\n",
    "nothing but bare LFs": b"POST /a HTTP/1.1\nHost: here\n\n",
    "a lone CR in a header": LINE + b"X: a\rContent-Length: 3\r\n\r\nabc",
    "a lone CR at the end of the head": LINE + b"X: a\r\n\rabc",
    "a NUL in a header": LINE + b"X: a\x00b\r\n\r\n",
    "a NUL in a name": LINE + b"X\x00: a\r\n\r\n",
    "a byte beyond ASCII in a name": LINE + b"X\xe9: a\r\n\r\n",
    "a control character in a header": LINE + b"X: a\x01\r\n\r\n",
    "no host": b"POST /a HTTP/1.1\r\n\r\n",
    "two hosts": LINE + HOST + b"\r\n",
    "two hosts in HTTP/1.0": b"POST /a HTTP/1.0\r\n" + HOST + HOST + b"\r\n",
    "no version": b"GET /a\r\n\r\n",
    "a version to come": b"GET /a HTTP/2.0\r\n" + HOST + b"\r\n",
    "a version that never was": b"GET /a HTTP/9.9\r\n" + HOST + b"\r\n",
    "a version of two digits": b"GET /a HTTP/1.10\r\n" + HOST + b"\r\n",
    "a version in small letters": b"GET /a http/1.1\r\n" + HOST + b"\r\n",
    "a blank behind the version": b"GET /a HTTP/1.1 \r\n" + HOST + b"\r\n",
    "the preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a tunnel": b"CONNECT here:80 HTTP/1.1\r\n" + HOST + b"\r\n",
    "a tunnel to a path": b"CONNECT /a HTTP/1.1\r\n" + HOST + b"\r\n",
    "no method": b" /a HTTP/1.1\r\n" + HOST + b"\r\n",
    "a method in small letters": b"get /a HTTP/1.1\r\n" + HOST + b"\r\n",
    "a method that nobody knows": b"NONSENSE /a HTTP/1.1\r\n" + HOST + b"\r\n",
    "no target": b"GET HTTP/1.1\r\n" + HOST + b"\r\n",
    "a target that is no path": b"GET a HTTP/1.1\r\n" + HOST + b"\r\n",
    "a tab in the line": b"GET /a\tHTTP/1.1\r\n" + HOST + b"\r\n",
    "a byte beyond ASCII in the target": b"GET /\xe9 HTTP/1.1\r\n" + HOST + b"\r\n",
    "a NUL in the target": b"GET /\x00 HTTP/1.1\r\n" + HOST + b"\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
    "rubbish": b"rubbish\r\n\r\n",
    "a head of one byte too many": LINE + b"Y: " + b"y" * (LARGEST_HEAD + 1 - len(LINE + b"Y: \r\n\r\n")) + b"\r\n\r\n",
    "a line too long": b"GET /" + b"a" * LARGEST_HEAD + b" HTTP/1.1\r\n" + HOST + b"\r\n",
    "nothing but empty lines": b"\r\n" * LARGEST_HEAD,
}


@pytest.mark.parametrize(("said", "heard"), TAKEN.values(), ids=TAKEN)
def test_a_request_that_is_taken(server: Address, said: bytes, heard: Told) -> None:
    """It ends where its head says, and the next one begins there."""
    assert told(answered(server, said + LAST)) == [*heard, "GET /last"]


@pytest.mark.parametrize(("said", "heard"), LAST_ONES.values(), ids=LAST_ONES)
def test_a_request_that_is_the_last(server: Address, said: bytes, heard: Told) -> None:
    """What comes behind it is not heard, and does not keep it from being answered."""
    assert told(answered(server, said + NEXT)) == heard


@pytest.mark.parametrize("said", REFUSED.values(), ids=REFUSED)
def test_a_request_that_is_refused(server: Address, said: bytes) -> None:
    """It is answered 400 once, nothing behind it is heard, and what came before it is answered first."""
    answer = answered(server, NEXT + said + LAST)
    assert told(answer) == ["GET /next", 400]
    assert b'"invalid_http"' in answer
    assert answer.lower().count(b"\r\nconnection: close\r\n") == 1
    assert told(answered(server, said + LAST)) == [400]


def test_a_head_that_is_refused_to_HEAD(server: Address) -> None:  # noqa: N802  # the method's name
    """No answer to it has a body, nor has a refusal."""
    answer = answered(server, b"HEAD /a HTTP/1.1\r\n" + HOST + CHUNKED + LENGTH + b"\r\n")
    assert told(answer) == [400]
    assert answer.endswith(b"\r\n\r\n")


@pytest.mark.parametrize(
    ("version", "rest"), [(b"1.0", b"\r\n\r\nyes"), (b"1.1", b"\r\n\r\n3\r\nyes\r\n0\r\n\r\n")], ids=["1.0", "1.1"]
)
def test_an_answer_without_a_length(server: Address, version: bytes, rest: bytes) -> None:
    """HTTP/1.1 has it in chunks; HTTP/1.0 knows none, and takes the end of the connection for that of the body."""
    answer = answered(server, b"GET /long HTTP/%b\r\n" % version + HOST + b"Connection: close\r\n\r\n")
    assert answer.endswith(rest)
    assert (b"transfer-encoding: chunked" in answer) == (version == b"1.1")


@pytest.mark.parametrize(("version", "interim"), [(b"1.1", [100]), (b"1.0", [])], ids=["1.1", "1.0"])
def test_who_waits_to_be_told_to_go_on(server: Address, version: bytes, interim: Told) -> None:
    """Is told so when the body is wanted, by HTTP/1.1 alone, and sends it then."""
    with socket.create_connection(server, timeout=20) as line, line.makefile("rb") as heard:
        line.sendall(b"POST /a HTTP/%b\r\n" % version + HOST + LENGTH + b"Expect: 100-continue\r\n\r\n")
        before = heard.readline() + heard.readline() if interim else b""
        line.sendall(b"abc" + LAST)
        answer = heard.read()
    assert told(before) == interim
    assert told(answer)[:1] == ["POST /a abc"]


BODIES = st.binary(max_size=40) | st.just(NEXT)
CHUNKS = st.lists(st.binary(min_size=1, max_size=20) | st.just(NEXT), max_size=4)


def by_length(content: bytes) -> tuple[bytes, bytes]:
    """What is sent, and the body that it has."""
    return LINE + b"Content-Length: %d\r\n\r\n" % len(content) + content, content


def by_chunks(chunks: list[bytes]) -> tuple[bytes, bytes]:
    """The same."""
    sent = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks)
    return body(sent + b"0\r\n\r\n"), b"".join(chunks)


@settings(max_examples=50)
@given(
    st.lists(BODIES.map(by_length) | CHUNKS.map(by_chunks), max_size=5),
    st.lists(st.tuples(st.integers(1, 60), st.booleans()), max_size=30),
)
def test_however_it_is_cut(asked: list[tuple[bytes, bytes]], cuts: list[tuple[int, bool]]) -> None:
    """Requests are heard in their order, each with its body, in whatever pieces and with whatever pauses they come."""
    bodies: list[bytes] = []

    async def keeping(scope: Any, receive: Any, send: Callable[[Any], Awaitable[None]]) -> None:
        content, more = b"", True
        while more:
            message = await receive()
            content, more = content + message["body"], message["more_body"]
        bodies.append(content)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body"})

    async def story() -> None:
        config = uvicorn.Config(keeping, log_config=None, lifespan="off")
        side, data = Connection(config, Server(config, Clock()).server_state, {}), b"".join(sent for sent, _ in asked)
        side.connection_made(Wire())
        for size, pause in [*cuts, (len(data), False)]:
            side.data_received(data[:size])
            data = data[size:]
            if pause:
                await asyncio.sleep(0)
        while side.tasks:
            await asyncio.gather(*side.tasks)
        side.connection_lost(None)

    asyncio.run(story())
    assert bodies == [content for _, content in asked]
