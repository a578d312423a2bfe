"""Every act is in the audit: who, from where, what, and how it stood before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from interfaces.http.site import Site

WHERE = {"from": "127.0.0.1"}


@pytest.fixture(scope="module")
def named(site: Site) -> Iterator[tuple[str, httpx.Client]]:
    """A caller with a token of their own, and how the audit names them."""
    made = site.http.post("/v1/tokens", json={"name": "ann", "scope": "operate"}).json()
    headers = {"Authorization": f"Bearer {made['token']}"}
    with httpx.Client(base_url=site.http.base_url, headers=headers, trust_env=False) as client:
        yield f"ann ({made['id']})", client


def told(site: Site, by: str) -> dict[str, Any]:
    """What they did, the newest of each kind, by its name."""
    return {each["what"]: each["about"] for each in reversed(site.pages("/v1/audit")) if each["by"] == by}


def test_who_did_what_from_where(site: Site, named: tuple[str, httpx.Client]) -> None:
    """An acceptance, acts, an amendment, and what was done to schedules, each with the token's name, id and address."""
    name, client = named
    accepted = client.post("/v1/backfills", json=site.request("hold", days=2)).json()
    backfill, about = accepted["backfill_id"], {"backfill": accepted["backfill_id"], **WHERE}
    site.until(f"/v1/operations/{accepted['id']}", lambda operation: operation["status"] == "completed")
    run = site.get(f"/v1/backfills/{backfill}/runs")["items"][1]["id"]

    for path, given in [
        (f"backfills/{backfill}/replan", {"parallelism": 2}),
        (f"backfills/{backfill}/set_priority", {"priority": 7}),
        (f"runs/{run}/set_priority", {"priority": 3}),
        (f"runs/{run}/pause", {}),
    ]:
        answer = client.post(f"/v1/{path}", json=given)
        assert answer.status_code == 200, answer.text
        if path == f"backfills/{backfill}/set_priority":
            assert told(site, name)["set_priority"] == {**about, "priority": 7, "before": {"priority": None}}
    assert client.patch(f"/v1/backfills/{backfill}", json={"priority": 2}).status_code == 200
    assert client.post("/v1/schedules/lost/pause").status_code == 200
    assert client.post("/v1/schedules/lost/resume").status_code == 200
    assert client.post(f"/v1/backfills/{backfill}/cancel").status_code == 200
    site.stands(backfill, "cancelled")  # its end is told as well

    mine = site.pages("/v1/audit", backfill=backfill, limit=3)
    assert mine == [each for each in site.pages("/v1/audit") if each["about"].get("backfill") == backfill]
    assert len(mine) > 3
    found = told(site, name)
    assert found["accepted"] == about
    assert found["replan"] == {**about, "parallelism": 2, "before": {"parallelism": 1}}
    assert found["set_priority"] == {**about, "runs": [run], "priority": 3, "before": {"priority": None}}
    assert found["pause"] == found["resume"] == {"schedule": "lost", **WHERE}
    assert (found["amend"]["from"], found["amend"]["before"]["priority"]) == ("127.0.0.1", 7)
    assert found["amend"]["after"]["priority"] == 2
    assert found["cancel"] == about
    assert site.get("/v1/audit/check")["whole"]
