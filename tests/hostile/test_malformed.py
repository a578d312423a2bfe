"""No bytes bring a daemon down, make it answer that it failed, or stay in its memory."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest
from daemon.host import Host
from hostile.malformed import NASTY, request
from hostile.talking import connected, resident, said, statuses, token_of
from thorough import Judged, Rounds

AT_ONCE = 16
GROWS = 30
"""MB that a daemon may have more after thousands of attacks than after the first hundreds."""


def test_no_bytes_are_an_error_of_the_daemon(victim: Host, rounds: Rounds, judged: Judged) -> None:
    """Each request is refused, answered or cut off, and the daemon goes on as before, in the memory that it had."""
    number, token, sizes, heard = rounds(200, 10_000), token_of(victim), [], Counter[int]()

    def attack(seed: int) -> None:
        data = request(Random(seed), token)
        answer = said(victim, data)
        assert all(status < 500 for status in statuses(answer)), (seed, data[:500], answer[:2_000])
        heard.update(statuses(answer))

    with ThreadPoolExecutor(AT_ONCE) as pool:
        for first in range(0, number, number // 10):
            list(pool.map(attack, range(first, first + number // 10)))
            sizes.append(resident(victim))
    assert victim.client.get("/healthz").status_code == 200
    assert sizes[-1] - sizes[2] < GROWS, sizes
    assert {200, 400, 404, 405, 422} <= heard.keys()  # they came through, each to where it should
    judged(number, f"requests; {sizes[0]:.0f} MB, then {sizes[-1]:.0f}; {dict(sorted(heard.items()))}")


@pytest.mark.parametrize("place", range(len(NASTY)))
def test_a_nasty_body_is_refused(victim: Host, place: int) -> None:
    """Each is a fault of who sent it, told as a problem."""
    answer = victim.client.post("/v1/backfills", content=NASTY[place])
    assert answer.status_code in (400, 413, 422)
    assert answer.headers["content-type"] == "application/problem+json"


def test_pipelined_requests_are_answered_in_order(victim: Host) -> None:
    """Each in its turn, though they came at once."""
    head = f"Host: localhost\r\nAuthorization: Bearer {token_of(victim)}\r\n\r\n"
    paths = ["/healthz", "/nowhere", "/v1/backfills", "/healthz"]
    data = "".join(f"GET {path} HTTP/1.1\r\n{head}" for path in paths).encode()
    assert statuses(said(victim, data, answers=4)) == [200, 404, 200, 200]


def test_who_goes_away_is_not_waited_for(victim: Host) -> None:
    """A caller who hangs up in the middle of a body leaves nothing behind."""
    for _ in range(20):
        with connected(victim) as line:
            line.sendall(b"POST /v1/plans HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{")
    assert victim.client.get("/healthz").status_code == 200


def test_a_head_that_goes_wrong_in_its_body(victim: Host) -> None:
    """It is refused as anything else is, without a body, which its answers never have."""
    head = b"HEAD /v1/plans HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    answer = said(victim, head + b"2\r\n{}0\r\n\r\n")
    assert statuses(answer) == [400]
    assert answer.endswith(b"\r\n\r\n")
