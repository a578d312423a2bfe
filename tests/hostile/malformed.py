"""Requests that no program of good will sends: broken down to the byte, and the same each time by their number."""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random

PATHS = [
    "/v1/backfills",
    "/v1/backfills/batch",
    "/v1/plans",
    "/v1/backfills/1/acts",
    "/v1/backfills/1/cancel",
    "/v1/workflows/w/execute",
    "/v1/runs/1/skip",
    "/v1/task_instances/1048576/log",
    "/v1/operations/x",
    "/v1/schedules/%00/fire",
    "/healthz",
    "/nowhere",
]
METHODS = ["GET", "POST", "PATCH", "DELETE", "PUT", "HEAD", "OPTIONS", "TRACE", "CONNECT"]
GOOD = {
    "name": "n",
    "project_id": "p",
    "type": "SupplementData",
    "default_run_properties": {"root_task_ids": ["quick"]},
}
NASTY = [
    b"[" * 100_000,
    b'{"a":' * 30_000,
    b'{"name": NaN}',
    b'{"name": 1' + b"0" * 10_000 + b"}",
    b'{"name": "\\ud800"}',
    b'{"name": "\\u0000"}',
    b'{"name": "a", "name": "b"}',
    b"\xff\xfe{}",
    b"\xc3\x28",
    b'"' + b"x" * 300_000 + b'"',
    b"null",
    b"7",
    b'{"periods": {"biz_dates": ' + b"[" + b",".join([b"{}"] * 20_000) + b"]}}",
]


def request(chance: Random, token: str) -> bytes:
    """One attack."""
    return chance.choice(ATTACKS)(chance, token.encode())


def plain(
    chance: Random, token: bytes, body: bytes | None = None, *, headers: bytes = b"", line: bytes | None = None
) -> bytes:
    """A request that is well formed, as far as its parts are."""
    asked = json.dumps(GOOD).encode() if body is None else body
    first = line or f"{chance.choice(METHODS)} {chance.choice(PATHS)} HTTP/1.1".encode()
    length = b"" if b"ength" in headers or b"ncoding" in headers else b"Content-Length: %d\r\n" % len(asked)
    return b"%s\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n%s%s\r\n%s" % (first, token, headers, length, asked)


def _nasty_body(chance: Random, token: bytes) -> bytes:
    path = chance.choice(PATHS[:8]).encode()
    return plain(chance, token, chance.choice(NASTY), line=b"POST " + path + b" HTTP/1.1")


def _changed(chance: Random, token: bytes) -> bytes:
    """A good one with some of its bytes changed, lost or doubled."""
    data = bytearray(plain(chance, token))
    for _ in range(chance.randint(1, 8)):
        place = chance.randrange(len(data))
        match chance.randrange(3):
            case 0:
                data[place] = chance.randrange(256)
            case 1:
                del data[place : place + chance.randint(1, 20)]
            case _:
                data[place:place] = data[place : place + chance.randint(1, 20)]
        data = data or bytearray(b"x")
    return bytes(data)


def _cut(chance: Random, token: bytes) -> bytes:
    whole = plain(chance, token)
    return whole[: chance.randrange(len(whole))]


def _length(chance: Random, token: bytes) -> bytes:
    """A length that is not that of the body, is none, or is told twice."""
    said = chance.choice(
        [b"-1", b"999999999999999999999", b"1e3", b"", b"0x10", b"5, 6", b"10", b"3\r\nContent-Length: 7"]
    )
    return plain(chance, token, headers=b"Content-Length: " + said + b"\r\n")


def _chunks(chance: Random, token: bytes) -> bytes:
    """Chunks whose sizes are wrong, huge, no numbers, or without an end."""
    body = chance.choice(
        [
            b"zz\r\n{}\r\n0\r\n\r\n",
            b"ffffffffffffffff\r\n{}",
            b"-2\r\n{}\r\n0\r\n\r\n",
            b"2\r\n{}0\r\n\r\n",
            b"2;" + b"x" * 20_000 + b"\r\n{}\r\n0\r\n\r\n",
            b"1\r\n{\r\n" * 500,
            b"2\r\n{}\r\n0\r\nTrailer: x\r\n\r\n",
        ]
    )
    both = b"Content-Length: 2\r\n" if chance.random() < 0.3 else b""
    kind = chance.choice([b"chunked", b"chunked, chunked", b"gzip, chunked", b"identity", b"xchunked"])
    return plain(chance, token, body, headers=both + b"Transfer-Encoding: " + kind + b"\r\n")


def _headers(chance: Random, token: bytes) -> bytes:
    """Too many, too long, folded, without names, with bytes that no header may have."""
    header = chance.choice(
        [
            b"X-Long: " + b"x" * 70_000,
            b"\r\n".join(b"X-%d: y" % number for number in range(2_000)),
            b"X-Folded: a\r\n b",
            b": nothing",
            b"No colon at all",
            b"X-\x00: \x01\xff",
            "X-Text: é\u2028".encode(),
            b"Host: other\r\nHost: another",
            b"Authorization: Bearer x",
            b"Idempotency-Key: \xff\xfe",
            b"Idempotency-Key: " + b"k" * 300,
            b"Range: bytes=" + b"9" * 400 + b"-",
            b"Content-Type: application/x-www-form-urlencoded; boundary=\x80",
            b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13",
            b"Expect: 100-continue",
            b"Content-Encoding: gzip",
            b"Accept: \xf0\x28\x8c\x28",
        ]
    )
    return plain(chance, token, headers=header + b"\r\n")


def _lines(chance: Random, token: bytes) -> bytes:
    """First lines that are none, or ask for what cannot be."""
    line = chance.choice(
        [
            b"GET /" + b"a" * 100_000 + b" HTTP/1.1",
            b"GET /v1/backfills?" + b"after=1&" * 5_000 + b" HTTP/1.1",
            b"GET /v1/backfills?limit=%FF%00&after=%C3%28 HTTP/1.1",
            b"GET /v1/%2e%2e/%2e%2e/etc/passwd HTTP/1.1",
            b"GET /v1/backfills/%00 HTTP/1.1",
            b"GET /v1/backfills/" + b"9" * 5_000 + b" HTTP/1.1",
            b"GET http://elsewhere/v1/backfills HTTP/1.1",
            b"GET * HTTP/1.1",
            b"GET /v1/backfills HTTP/9.9",
            b"GET /v1/backfills HTTP/1.0",
            b"GET /v1/backfills",
            b"GET  /v1/backfills  HTTP/1.1",
            b"\x00\x01\x02 / HTTP/1.1",
            b"PRI * HTTP/2.0",
            b"G\xc3\x89T / HTTP/1.1",
            "GET /v1/schedules/é HTTP/1.1".encode(),
            b"",
            b"\r\n\r\n\r\n",
        ]
    )
    return plain(chance, token, b"", line=line)


def _pipelined(chance: Random, token: bytes) -> bytes:
    """Several at once, and rubbish behind them."""
    good = plain(chance, token, b"", line=b"GET /v1/backfills?limit=1 HTTP/1.1")
    return good * chance.randint(2, 10) + chance.choice([b"", b"rubbish", _cut(chance, token)])


def _noise(chance: Random, token: bytes) -> bytes:
    tls = bytes.fromhex("16030100c8010000c40303") + chance.randbytes(200)
    return chance.choice([tls, chance.randbytes(chance.randint(1, 3_000)), b"\n" * 5_000, b"SSH-2.0-x\r\n"])


ATTACKS: list[Callable[[Random, bytes], bytes]] = [
    plain,
    _nasty_body,
    _changed,
    _cut,
    _length,
    _chunks,
    _headers,
    _lines,
    _pipelined,
    _noise,
]
