"""Crowds: very many clients at once, and very slow ones, keep nobody else from being answered."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import httpx
import pytest
from daemon.calling import Client
from daemon.host import Host, asking
from hostile.talking import connected, resident, statuses, token_of
from thorough import Judged, Rounds

PROMPT = 2.0
"""Seconds in which health is asked to be told, whatever goes on; judged in the long round alone."""
GROWS = 150
"""MB that a daemon may have more with all of them at once."""
STARTS = [
    b"",
    b"GET /v1/back",
    b"POST /v1/backfills HTTP/1.1\r\nHost: localhost\r\nContent-Len",
    b"POST /v1/backfills HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n{",
]
ASKED = [
    "/v1/backfills?limit=20",
    "/v1/backfills/1",
    "/v1/backfills/1/runs",
    "/v1/backfills/1/task_instances",
    "/readyz",
]


@contextmanager
def slow(host: Host, number: int) -> Iterator[list[socket.socket]]:
    """So many connections on which hardly anything is said."""
    with ExitStack() as lines:
        made = []
        for place in range(number):
            line = lines.enter_context(connected(host))
            line.sendall(STARTS[place % len(STARTS)])
            made.append(line)
        yield made


def health(host: Host) -> float:
    """Seconds until a caller who comes now is told that the daemon is alive."""
    began = time.monotonic()
    assert httpx.get(host.client.base_url.join("/healthz"), timeout=60).status_code == 200
    return time.monotonic() - began


def caller(host: Host) -> Client:
    """One of the crowd."""
    return Client(host.client.base_url, token_of(host))


async def crowd(host: Host, clients: int, each: int) -> tuple[Counter[int], list[float]]:
    """So many clients, each with a connection of its own, ask one thing after the other; health is asked meanwhile."""
    found, healths, plan = Counter[int](), list[float](), json.dumps(asking(roots=["quick"])).encode()

    async def ask(client: Client, place: int) -> None:
        for number in range(place, place + each):
            wanted = ("POST", "/v1/plans", plan) if number % 10 == 0 else ("GET", ASKED[number % len(ASKED)])
            found[await client.ask(*wanted)] += 1

    async def watch() -> None:
        while True:
            healths.append(await asyncio.to_thread(health, host))

    watching, there = asyncio.create_task(watch()), [caller(host) for _ in range(clients)]
    await asyncio.gather(*(ask(client, place) for place, client in enumerate(there)))
    watching.cancel()
    for client in there:
        client.close()
    return found, healths


def test_a_crowd_is_answered(victim: Host, rounds: Rounds, judged: Judged) -> None:
    """Every one of them, and health in time for the watchdog of a proxy; then the memory is free again."""
    clients, each = rounds(60, 1_000), rounds(3, 20)
    before = resident(victim)
    found, healths = asyncio.run(crowd(victim, clients, each))
    assert found == {200: clients * each}
    assert rounds(0, 1) == 0 or max(healths) < PROMPT
    assert resident(victim) - before < GROWS
    judged(clients, f"clients; health within {max(healths):.2f} s; {resident(victim) - before:.0f} MB more")


def test_slow_connections_keep_nobody_out(victim: Host, rounds: Rounds, judged: Judged) -> None:
    """Hundreds that say half a request and then nothing: others are answered, and these are let go."""
    number, before = rounds(40, 500), resident(victim)
    with slow(victim, number) as lines:
        told = [health(victim) for _ in range(5)]
        assert victim.client.get("/v1/backfills").status_code == 200
        assert rounds(0, 1) == 0 or max(told) < PROMPT
        assert resident(victim) - before < GROWS
        if rounds(0, 1):
            assert all(gone(line) for line in lines)
    judged(number, f"connections; health within {max(told):.2f} s")


def gone(line: socket.socket) -> bool:
    """Whether the daemon ends the connection, with an answer or without, before the patience of the test does."""
    line.settimeout(120)
    heard = b""
    try:
        while part := line.recv(65_536):
            heard += part
    except TimeoutError:
        return False
    except ConnectionError:
        pass
    return all(400 <= status < 500 for status in statuses(heard))


@pytest.mark.long
def test_answers_that_nobody_reads(victim: Host, judged: Judged) -> None:
    """Whoever asks and does not read holds neither the memory nor the daemon."""
    before = resident(victim)
    asked = (
        f"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token_of(victim)}\r\n\r\n".encode()
    )
    with ExitStack() as lines:
        for _ in range(50):  # five of them each are half of what one token may ask for in a second
            line = lines.enter_context(connected(victim))
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            line.sendall(asked * 5)
        told = [health(victim) for _ in range(10)]
    assert max(told) < PROMPT
    assert resident(victim) - before < GROWS
    judged(50, f"connections; health within {max(told):.2f} s; {resident(victim) - before:.0f} MB more")
