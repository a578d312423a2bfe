"""Whoever looks through a vendor's door takes a turn, as whoever looks through ours."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from interfaces.http.site import Site, open_site
from interfaces.vendors.dataworks.signing import signed_headers
from interfaces.vendors.on_call import WHOLE, token

from backfilld.interfaces.http.app import create_app
from backfilld.interfaces.http.turns import AT_ONCE


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One with workflows to look at."""
    with open_site(tmp_path_factory.mktemp("turns"), WHOLE) as opened:
        yield opened


def bearer(site: Site, kind: str) -> dict[str, str]:
    """The header that shows a new token."""
    return {"Authorization": f"Bearer {token(site, kind)['token']}"}


def dataworks(site: Site, action: str, body: bytes) -> dict[str, str]:
    """The headers of an operation that is signed under a new key."""
    made = token(site, "dataworks")["credential"]
    key, secret = made["ALIBABA_CLOUD_ACCESS_KEY_ID"], made["ALIBABA_CLOUD_ACCESS_KEY_SECRET"]
    return signed_headers(key, secret.encode(), action, "POST", "", body)


def asked(site: Site, door: str) -> list[dict[str, Any]]:
    """A look, and something that is to be made."""
    if door == "dataworks":
        make = b"Name=n&ProjectId=200&WorkflowId=2002&Type=TriggerWorkflow"
        bodies = {"ListTasks": b"ProjectId=200", "CreateWorkflowInstances": make}
        return [{"url": "/", "content": body, "headers": dataworks(site, it, body)} for it, body in bodies.items()]
    paths = {
        "cloudflare": (f"/client/v4/accounts/{200:032}/workflows", "/nightly load/instances"),
        "datadog": ("/api/v2/workflows", "/2002/instances"),
    }
    headers, (look, make) = bearer(site, door), paths[door]
    return [{"method": "GET", "url": look, "headers": headers}, {"url": look + make, "json": {}, "headers": headers}]


@pytest.mark.parametrize("door", ["dataworks", "cloudflare", "datadog"])
def test_whoever_looks_waits_for_a_place(site: Site, door: str) -> None:
    """While all places are taken a look waits, and what is to be made is made."""
    look, make = asked(site, door)

    async def story() -> None:
        app = create_app(site.services)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
            for _ in range(AT_ONCE):
                await app.state.looks.places.acquire()
            looking = asyncio.create_task(client.request(**{"method": "POST"} | look))
            assert (await client.request("POST", **make)).status_code == 200
            assert not looking.done()
            app.state.looks.places.release()
            assert (await looking).status_code == 200

    asyncio.run(story())
