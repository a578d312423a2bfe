"""Workflows page by page, and operations in each of their forms."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest
from interfaces.http.site import Site

from backfilld.interfaces.vendors.cloudflare.rendering import operation


def test_workflows_are_searched_and_paged(cloudflare: httpx.Client) -> None:
    """Part of a name in either case, by name; past the last page there is none."""

    def page(**query: Any) -> tuple[list[str], int]:
        told = cloudflare.get("/workflows", params={"search": "NIGHTLY", **query}).json()
        return [each["name"] for each in told["result"]], told["result_info"]["total_count"]

    assert page() == (["nightly", "nightly load"], 2)
    pages = [page(per_page=1, page=number) for number in (1, 2, 3)]
    assert pages == [(["nightly"], 2), (["nightly load"], 2), ([], 2)]
    assert page(search="") == page(search="", per_page=100), "nothing is searched for"
    assert page(search="")[1] > 2


@pytest.fixture
def accepted(site: Site) -> Any:
    """The operation of an execution."""
    return site.http.post("/v1/workflows/nightly load/execute", json={"project": "vendors"}).json()


def test_operations_by_their_ids(site: Site, cloudflare: httpx.Client, accepted: Any) -> None:
    """Acceptances and acts on many items, with hyphens or without, told under the id that was asked for."""
    site.until(f"/v1/operations/{accepted['id']}", lambda it: it["status"] == "completed")
    wanted = {"act": "hold", "filter": {"backfill": {"any_": [accepted["backfill_id"]]}}}
    act = site.http.post("/v1/task_instances/bulk_set_state", json=wanted).json()["operation_id"]
    for number in (accepted["id"], act):
        for asked in (number, number.replace("-", "")):
            found = cloudflare.get(f"/rules/lists/bulk_operations/{asked}").json()["result"]
            assert (found["id"], found["status"], set(found)) == (asked, "completed", {"id", "status", "completed"})
    assert cloudflare.get(f"/rules/lists/bulk_operations/{uuid4()}").status_code == 404


def test_operations_of_other_accounts(site: Site, cloudflare: httpx.Client) -> None:
    """What another project has accepted or done is not there."""
    shop = site.http.post("/v1/workflows/on_call/execute", json={"project": "shop"}).json()
    site.until(f"/v1/operations/{shop['id']}", lambda it: it["status"] == "completed")
    wanted = {"act": "hold", "filter": {"backfill": {"any_": [shop["backfill_id"]]}}}
    act = site.http.post("/v1/task_instances/bulk_set_state", json=wanted).json()["operation_id"]
    for number in (shop["id"], act):
        assert cloudflare.get(f"/rules/lists/bulk_operations/{number}").status_code == 404


def test_the_forms_of_an_operation() -> None:
    """Only one that has ended says when, and only one that has failed why."""
    at = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    ended = {"id": "4d", "completed": "2026-01-02T03:04:05Z"}
    assert operation("4d", "pending", None, None) == {"id": "4d", "status": "pending"}
    assert operation("4d", "completed", at, None) == {**ended, "status": "completed"}
    assert operation("4d", "failed", at, "why") == {**ended, "status": "failed", "error": "why"}
