"""Who looks takes turns; who waits for somebody else takes nobody's, and what changes something needs none."""

from __future__ import annotations

import asyncio

import httpx
from interfaces.http.site import TOKEN, Site

from backfilld.interfaces.http.app import create_app
from backfilld.interfaces.http.turns import AT_ONCE


def test_whoever_looks_waits_for_a_place(site: Site) -> None:
    """While all places are taken a look waits; health, an explanation and a submission go on."""

    async def asked() -> None:
        app = create_app(site.services)
        where = httpx.ASGITransport(app=app)
        headers = {"Authorization": f"Bearer {TOKEN}"}
        async with httpx.AsyncClient(transport=where, base_url="http://localhost", headers=headers) as client:
            for _ in range(AT_ONCE):
                await app.state.looks.places.acquire()
            look = asyncio.create_task(client.get("/v1/backfills"))
            submitted = await client.post("/v1/backfills", json=site.request("silent"))
            explained = await client.get(f"/v1/backfills/{submitted.json()['backfill_id']}/explain")
            alive = await client.get("/healthz")
            assert [each.status_code for each in (submitted, explained, alive)] == [202, 200, 200]
            assert not look.done()
            app.state.looks.places.release()
            assert (await look).status_code == 200
            assert not app.state.looks.places.locked()  # its place is free again

    asyncio.run(asked())
