"""What a caller has to show, and how often they may."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from interfaces.http.site import PATIENCE, TOKEN, Site
from starlette.responses import Response

from backfilld.interfaces.http.app import create_app
from backfilld.interfaces.http.gate import Gate
from backfilld.interfaces.http.rates import RateLimits, Rates

Ask = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture(scope="module")
def stranger(site: Site) -> Iterator[httpx.Client]:
    """A caller without a token."""
    with httpx.Client(base_url=site.http.base_url, trust_env=False) as client:
        yield client


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", f"Basic {TOKEN}", TOKEN, "Bearer \u00e9"],
)
def test_a_wrong_token(stranger: httpx.Client, header: str) -> None:
    """Only the whole token under the right scheme opens."""
    answer = stranger.get("/v1/backfills", headers={"Authorization": header.encode("latin-1")})
    assert answer.status_code == 401


def test_two_tokens_are_none(stranger: httpx.Client) -> None:
    """Of two headers nobody can say which one was meant."""
    twice = [("Authorization", f"Bearer {TOKEN}"), ("Authorization", "Bearer x")]
    assert stranger.get("/v1/backfills", headers=twice).status_code == 401


def test_the_scheme_in_any_case(stranger: httpx.Client) -> None:
    """The scheme's name is not case-sensitive (RFC 9110)."""
    assert stranger.get("/v1/backfills", headers={"Authorization": f"bearer {TOKEN}"}).status_code == 200


def story(site: Site, limits: RateLimits, play: Callable[[Ask], Awaitable[None]]) -> None:
    """Play it at a gate of these limits, behind which everything is answered with 200."""

    async def open_door(scope: Any, receive: Any, send: Any) -> None:
        await Response()(scope, receive, send)

    async def told() -> None:
        gate = Gate(open_door, site.services.tokens, site.services.sessions, Rates(limits))

        async def ask(token: str | None = TOKEN, address: str = "10.0.0.1") -> httpx.Response:
            transport = httpx.ASGITransport(gate, client=(address, 1))
            headers = {} if token is None else {"Authorization": f"Bearer {token}"}
            async with httpx.AsyncClient(transport=transport, base_url="http://here", verify=False) as client:
                return await client.get("/v1/backfills", headers=headers)

        await play(ask)

    asyncio.run(told())


async def refused(ask: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response:
    """The first answer that is a refusal, however slow this machine is."""
    deadline = time.monotonic() + PATIENCE
    while (answer := await ask()).status_code == 200:
        assert time.monotonic() < deadline
    return answer


def check_refused(answer: httpx.Response, seconds: str) -> None:
    assert (answer.status_code, answer.headers["retry-after"]) == (429, seconds)
    assert answer.json()["code"] == "rate_limited"


def test_guesses_are_counted_by_address(site: Site) -> None:
    """Past the limit wrong tokens are answered 429, from there alone; the right one and none are never kept out."""

    async def play(ask: Ask) -> None:
        assert [(await ask(f"guess-{number}")).status_code for number in range(3)] == [401] * 3
        more = [await ask(f"more-{number}") for number in range(4)]  # three may be heard where a minute begins
        check_refused(more[-1], "60")
        assert (await ask()).status_code == 200
        assert (await ask(None)).status_code == 401
        assert (await ask("guess-5", "10.0.0.2")).status_code == 401

    story(site, RateLimits(guesses=3), play)


def test_each_token_may_ask_so_often(site: Site) -> None:
    """Also that of the host; another token is not kept out by it."""
    other = site.http.post("/v1/tokens", json={"name": "other", "scope": "read"}).json()["token"]

    async def play(ask: Ask) -> None:
        check_refused(await refused(ask), "1")
        assert (await ask(other)).status_code == 200

    story(site, RateLimits(token=1), play)


def test_each_address_may_ask_so_often(site: Site) -> None:
    """Whatever tokens are shown from there; the same token from elsewhere is not kept out by it."""

    async def play(ask: Ask) -> None:
        check_refused(await refused(ask), "1")
        assert (await ask(address="10.0.0.2")).status_code == 200

    story(site, RateLimits(address=1), play)


@pytest.fixture(scope="module")
def named(site: Site) -> FastAPI:
    """The app as it is on loopback."""
    return create_app(site.services, {"localhost", "127.0.0.1", "::1"})


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8732", 200),
        ("LocalHost", 200),
        ("[::1]:8732", 200),
        ("[::1]", 200),
        ("evil.example", 421),
        ("localhost.evil.example:80", 421),
        ("127.0.0.1.evil.example", 421),
        ("", 421),
        ("[", 421),
    ],
)
def test_a_request_is_for_one_of_our_names(named: FastAPI, host: str, status: int) -> None:
    """A page whose own name was made to lead here is refused, token or not."""

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(named)
        async with httpx.AsyncClient(transport=transport, base_url="http://here", verify=False) as client:
            return await client.get("/healthz", headers={"Host": host})

    answer = asyncio.run(ask())
    assert answer.status_code == status
    assert status == 200 or answer.json()["code"] == "misdirected"
