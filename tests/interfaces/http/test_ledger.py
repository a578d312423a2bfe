"""The ledger over HTTP: what became of each cycle, in the documented form and within bounds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from interfaces.http.site import Site
from pydantic import TypeAdapter

from backfilld.interfaces.ledger_view import LedgerView

DATES = {"start_biz_date": "2024-01-01", "end_biz_date": "2024-01-02"}


def ledger(site: Site, **query: Any) -> Any:
    return site.get("/v1/ledger", **(DATES | query))


@pytest.fixture(scope="module")
def ran(site: Site) -> int:
    """A backfill of two dates in Dev, where nothing else of these tests runs: `picky` failed, `hourly` succeeded."""
    request = site.request("picky", "after_picky", "extract", "hourly", gate="never-there", days=2)
    answer = site.http.post("/v1/backfills", json=request | {"env_type": "Dev", "on_failure": "Continue"})
    backfill = int(answer.json()["backfill_id"])
    site.stands(backfill, "failed")
    return backfill


def test_what_became_of_each_cycle(site: Site, ran: int) -> None:
    """A cycle says how and when it ended, in which backfill and under which catalog; counts are by status."""
    found = ledger(site, env_type="Dev", task=["picky", "after_picky"])

    assert (found["env_type"], found["start_biz_date"], found["end_biz_date"]) == ("Dev", *DATES.values())
    picky, after = found["items"]
    assert [picky[key] for key in ("id", "task", "name", "workflow", "project")] == [
        4,
        "picky",
        "picky",
        "daily",
        "shop",
    ]
    assert (picky["counts"], after["counts"]) == ({"failed": 2}, {"never_run": 2})
    version = site.get(f"/v1/backfills/{ran}")["version_id"]
    for cycle, day in zip(picky["cycles"], DATES.values(), strict=True):
        assert (cycle["bizdate"], cycle["cycle_time"]) == (day, f"{day}T00:00:00Z")
        assert (cycle["backfill_id"], cycle["version_id"], cycle["held_by"]) == (ran, version, None)
        assert datetime.fromisoformat(cycle["ended_at"]) <= datetime.now(UTC)
    assert after["cycles"][0] == {
        **dict.fromkeys(("ended_at", "backfill_id", "version_id", "held_by")),
        "bizdate": "2024-01-01",
        "cycle_time": "2024-01-01T00:00:00Z",
        "status": "never_run",
        "succeeded_once": False,
    }
    assert TypeAdapter(LedgerView).validate_python(found, strict=True) == found


def test_upstream(site: Site, ran: int) -> None:
    """With `upstream` all that is upstream comes too, first, and each cycle of each date once."""
    (alone,) = ledger(site, env_type="Dev", task="hourly")["items"]
    above, below = ledger(site, env_type="Dev", task="hourly", upstream="true")["items"]

    assert (above["task"], above["counts"]) == ("extract", {"succeeded": 2})
    assert below == alone
    assert (below["counts"], len({cycle["cycle_time"] for cycle in below["cycles"]})) == ({"succeeded": 48}, 48)


@pytest.mark.parametrize("ref", ["6", "hourly", "shop/daily/hourly"])
def test_a_task_by_id_name_or_full_name(site: Site, ref: str) -> None:
    """All three mean the same task."""
    assert [item["id"] for item in ledger(site, task=ref)["items"]] == [6]


def test_environments_are_apart(site: Site, ran: int) -> None:
    """What ran in Dev never ran in Prod."""
    (item,) = ledger(site, task="extract", project="shop", workflow="daily")["items"]
    assert ran not in {cycle["backfill_id"] for cycle in item["cycles"]}


def test_dates_told_from_today(site: Site) -> None:
    """Words for dates are answered with the dates that they mean, in the project's zone."""
    before = datetime.now(UTC).date()
    found = ledger(site, task="silent", start_biz_date="-2d", end_biz_date="yesterday")
    after = datetime.now(UTC).date()

    assert found["start_biz_date"] in {str(day - timedelta(days=2)) for day in (before, after)}
    assert found["end_biz_date"] in {str(day - timedelta(days=1)) for day in (before, after)}


@pytest.mark.parametrize(
    ("query", "paths"),
    [
        ({"task": []}, ["query.task"]),
        ({"task": ["nope", "nor this"]}, ["task", "task"]),
        ({"task": "picky", "start_biz_date": "soon"}, ["query.start_biz_date"]),
        ({"task": "picky", "end_biz_date": "2023-12-31"}, ["end_biz_date"]),
        ({"task": "picky", "end_biz_date": "9999-12-31"}, ["query.end_biz_date"]),
        ({"task": "picky", "env_type": "Test"}, ["query.env_type"]),
        ({"task": "picky", "parallelism": "3"}, ["query.parallelism"]),
        ({"task": ["picky"] * 1001}, ["query.task"]),
        ({"task": "often", "end_biz_date": "2035-12-31"}, [""]),
    ],
)
def test_what_is_refused(site: Site, query: dict[str, Any], paths: list[str]) -> None:
    """A question that cannot be meant, or would be too much at once, is refused with where and what instead."""
    answer = site.http.get("/v1/ledger", params=DATES | query)
    assert answer.status_code == 422, answer.text
    assert answer.json()["code"] == "invalid_request"
    assert [fault["path"] for fault in answer.json()["errors"]] == paths
    assert all(fault["allowed"] for fault in answer.json()["errors"])


def test_too_much_says_what_to_do(site: Site) -> None:
    """More than 100,000 cycles are counted, not shown."""
    answer = site.http.get("/v1/ledger", params=DATES | {"task": "often", "end_biz_date": "2035-12-31"})
    (fault,) = answer.json()["errors"]
    assert fault["given"] == "105,192 cycles from 2024-01-01 to 2035-12-31"
    assert fault["allowed"] == "at most 100,000: ask for fewer dates or tasks"
