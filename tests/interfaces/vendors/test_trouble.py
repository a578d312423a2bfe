"""A store in trouble, as each vendor's client lives through it."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from daemon.host import Host, until
from interfaces.http.site import PATIENCE, Site, open_site, served
from interfaces.vendors.hosted import address_of, hosted, token_on
from interfaces.vendors.on_call import WHOLE, token
from interfaces.vendors.sdks import node_story, python_story

from backfilld.errors import MaybeDone, StoreUnavailable
from backfilld.interfaces.http.doors.accepted import once_accepted
from backfilld.interfaces.vendors.prefect.ids import Kind, id_of
from backfilld.service.backfills import Backfills

HERE = Path(__file__).parent
ACCOUNT, PROJECT, WORKFLOW = f"{200:032}", "200", "2002"
DEPLOYMENT = str(id_of(Kind.DEPLOYMENT, int(WORKFLOW)))
CREATE: dict[str, str] = {
    "cloudflare": f"/client/v4/accounts/{ACCOUNT}/workflows/{{}}/instances",
    "datadog": "/api/v2/workflows/{}/instances",
    "prefect": "/api/deployments/{}/create_flow_run",
}
"""Where each has a run made that nobody can tell from another one."""
CLIENTS = {
    "dataworks": ("py", ["ServerException", 503]),
    "cloudflare": ("py", ["InternalServerError", 503]),
    "cloudflare-node": ("mjs", ["InternalServerError", 503]),
    "datadog": ("py", ["ServiceException", 503]),
    "datadog-node": ("mjs", ["ApiException", 503]),
    "prefect": ("py", ["PrefectHTTPStatusError", 503]),
}
"""How each is written, and how it tells of a store in trouble where it does not try again."""


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """One that has a door for each vendor."""
    with hosted(tmp_path_factory.mktemp("trouble") / "host", WHOLE, seals=True) as opened:
        yield opened


def words(vendor: str, made: Any) -> list[str]:
    """What a client shows, and what it wants to run."""
    match vendor:
        case "dataworks":
            return [*made["credential"].values(), PROJECT, WORKFLOW]
        case "cloudflare":
            return [made["token"], ACCOUNT, "nightly load"]
        case "datadog":
            return [made["id"], made["token"], WORKFLOW]
        case _:
            return [made["token"], DEPLOYMENT]


def asks(host: Host, client: str, made: Any) -> Any:
    """What a client was told: its error where it gives up at once, and what it has made where it does not."""
    vendor, _, _ = client.partition("-")
    kind, _ = CLIENTS[client]
    tell = python_story if kind == "py" else node_story
    return tell(HERE / f"trouble.{kind}", vendor, address_of(host), *words(vendor, made))


@contextmanager
def in_trouble(host: Host) -> Iterator[None]:
    """Somebody else holds the store, and the daemon has noticed."""
    gate = host.folder / "gate"
    asked = {"project": "vendors", "payload": {"gate": str(gate)}}
    operation = host.client.post("/v1/workflows/gated/execute", json=asked).json()
    until(lambda: host.one(operation["backfill_id"], "gate")["state"] == "running")
    other = sqlite3.connect(host.state / "backfilld.db", isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        gate.touch()  # what it has to write down now, it cannot
        until(lambda: host.client.get("/readyz").status_code == 503)
        yield
    finally:
        other.close()


def refused(host: Host, made: Any) -> int:
    """How often the holder of a token was told that the store is in trouble."""
    return len(re.findall(rf": 503 in .* caller=\S+ \({made['id']}\)", host.told()))


def test_every_client_asks_again_as_it_is_told(host: Host) -> None:
    """Who does not try again is told of a 503 as its client tells it; who does, has made one run when it is over."""
    tokens = {client: token_on(host, client.partition("-")[0], name=client) for client in CLIENTS}
    told: dict[str, Future[Any]] = {}
    with ThreadPoolExecutor(len(CLIENTS)) as pool, in_trouble(host):
        told |= {client: pool.submit(asks, host, client, tokens[client]) for client in CLIENTS}
        until(lambda: all(refused(host, made) >= 2 or told[client].done() for client, made in tokens.items()))
    for client, (_, error) in CLIENTS.items():
        found, _ = told[client].result()
        assert (client, found) == (client, error)
        by = f"{client} ({tokens[client]['id']})"
        assert len(host.get(f"/v1/backfills?by={by}")["items"]) == 1, client


class Troubled(Backfills):
    """Nothing is accepted."""

    def __init__(self, real: Backfills, error: StoreUnavailable) -> None:
        self.__dict__.update(vars(real))
        self._error = error

    def submit(self, *given: Any, **more: Any) -> Any:
        raise self._error

    def accept(self, *given: Any, **more: Any) -> Any:
        raise self._error


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A daemon in this process, whose parts can be exchanged."""
    with open_site(tmp_path_factory.mktemp("site"), WHOLE) as opened:
        yield opened


def created(site: Site, url: str, vendor: str) -> httpx.Response:
    """What a request for a run is answered."""
    made = token(site, vendor)
    headers = {"Authorization": f"Bearer {made['token']}"}
    path = CREATE[vendor].format(DEPLOYMENT if vendor == "prefect" else "nightly load")
    return httpx.post(f"{url}{path}", json={}, headers=headers, timeout=PATIENCE, trust_env=False)


@pytest.mark.parametrize(
    ("vendor", "header", "seconds"),
    [("cloudflare", "retry-after", "5"), ("datadog", "x-ratelimit-reset", "5"), ("prefect", "retry-after", "5")],
)
def test_when_to_ask_again(site: Site, vendor: str, header: str, seconds: str) -> None:
    """What was certainly not done is a 503, with the header by which the vendor's clients wait."""
    with served(replace(site.services, backfills=Troubled(site.services.backfills, StoreUnavailable("gone")))) as url:
        answer = created(site, url, vendor)
    assert (answer.status_code, answer.headers[header]) == (503, seconds)
    assert "x-should-retry" not in answer.headers


@pytest.mark.parametrize(("vendor", "status"), [("cloudflare", 503), ("datadog", 400), ("prefect", 504)])
def test_what_may_have_been_done_is_not_asked_for_again(site: Site, vendor: str, status: int) -> None:
    """No client sends by itself what might be made twice: each has a status, or a header, that says so."""
    with served(replace(site.services, backfills=Troubled(site.services.backfills, MaybeDone("slow")))) as url:
        answer = created(site, url, vendor)
    assert answer.status_code == status
    assert "look before you ask again" in answer.text
    assert "retry-after" not in answer.headers
    assert answer.headers.get("x-should-retry") == ("false" if vendor == "cloudflare" else None)


def test_what_is_accepted_is_not_asked_for_again() -> None:
    """From its acceptance on a store in trouble leaves behind what may have been done."""
    with pytest.raises(MaybeDone, match="gone"), once_accepted():
        raise StoreUnavailable("gone")
