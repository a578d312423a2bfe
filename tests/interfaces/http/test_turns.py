"""Who looks takes turns; a brief look needs none, nor does who waits for somebody else, or changes something."""

from __future__ import annotations

import asyncio

import httpx
from interfaces.http.site import TOKEN, Site

from backfilld.interfaces.http.app import create_app
from backfilld.interfaces.http.turns import AT_ONCE


def test_whoever_looks_waits_for_a_place(site: Site) -> None:
    """While all places are taken a long look waits; a brief one, health, an explanation and a submission go on."""

    async def asked() -> None:
        app = create_app(site.services)
        where = httpx.ASGITransport(app=app)
        headers = {"Authorization": f"Bearer {TOKEN}"}
        async with httpx.AsyncClient(transport=where, base_url="http://localhost", headers=headers) as client:
            for _ in range(AT_ONCE):
                await app.state.looks.places.acquire()
            long = "/v1/backfills?limit=1000", "/v1/backfills?name=trial", "/v1/task_instances"
            looks = [asyncio.create_task(client.get(path)) for path in long]
            submitted = await client.post("/v1/backfills", json=site.request("silent"))
            mine = f"/v1/backfills/{submitted.json()['backfill_id']}"
            going_on = [f"{mine}/explain", "/healthz", "/v1/backfills", mine, "/v1/schedules", "/v1/audit?limit=20"]
            answered = [await client.get(path) for path in going_on]
            assert [each.status_code for each in (submitted, *answered)] == [202, *(200 for _ in going_on)]
            assert not any(look.done() for look in looks)
            app.state.looks.places.release()
            assert [(await look).status_code for look in looks] == [200, 200, 200]
            assert not app.state.looks.places.locked()  # its place is free again

    asyncio.run(asked())
