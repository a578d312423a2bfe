"""Pages are complete and without doubles, counts add up, filters keep what they say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from interfaces.http.site import Site

from backfilld.planning.plan import split_id
from backfilld.ports import InstanceFilter, Page, Store, StoredRun
from backfilld.service.book import Book
from backfilld.service.listing import Listing

DAYS, A_DAY = 6, 27


@pytest.fixture(scope="module")
def stuck(site: Site) -> Iterator[int]:
    """A backfill of 6 dates, of which two are in flight and wait on a gate; the others have no rows."""
    backfill = site.submit("extract", "hold", "load", "hourly", days=DAYS, gate="stuck", parallelism=2)
    site.until(f"/v1/backfills/{backfill}", lambda it: it["counts"]["running"] == 2 and it["counts"]["succeeded"] == 50)
    yield backfill
    site.gate("stuck").touch()
    site.stands(backfill, "succeeded")
    site.gate("stuck").unlink()  # whoever takes over the rest of these tests begins anew, in the same folder


def test_counts_add_up(site: Site, stuck: int) -> None:
    """Instances by state add up to all, of the backfill and of each run, also where nothing has a row yet."""
    shown = site.get(f"/v1/backfills/{stuck}")
    assert shown["counts"] == dict.fromkeys(shown["counts"], 0) | {
        "running": 2,
        "succeeded": 50,
        "waiting": DAYS * A_DAY - 52,
    }
    assert (shown["status"], shown["runs"], shown["instances"]) == ("running", {"running": 2, "queued": 4}, 162)
    runs = site.get(f"/v1/backfills/{stuck}/runs")["items"]
    assert [sum(run["counts"].values()) for run in runs] == [A_DAY] * DAYS
    assert [run["status"] for run in runs] == ["running"] * 2 + ["queued"] * 4
    assert [bool(run["admitted_at"]) for run in runs] == [True] * 2 + [False] * 4


@pytest.mark.parametrize("limit", [1, 10, 27, 161, 162, 163])
def test_pages_of_instances(site: Site, stuck: int, limit: int) -> None:
    """Whatever the page's size, every instance of the plan comes once, in order, with a row or without."""
    items = site.pages(f"/v1/backfills/{stuck}/task_instances", limit=limit)
    ids = [item["id"] for item in items]
    first = split_id(ids[0])[0]
    assert ids == [(first + run) << 20 | ordinal for run in range(DAYS) for ordinal in range(A_DAY)]


def test_instances_without_rows_are_as_they_will_be(site: Site, stuck: int) -> None:
    """Of an instance without a row the plan says what its row will say, in a listing and when it is asked for."""
    items = site.pages(f"/v1/backfills/{stuck}/task_instances", limit=50)
    rows, planned = items[:A_DAY], items[-A_DAY:]
    same = ("task_id", "task", "held", "failures")
    assert [[item[key] for key in same] for item in rows] == [[item[key] for key in same] for item in planned]
    hours = [item["cycle_time"] for item in planned if item["task"] == "hourly"]
    assert hours == [f"2024-01-06T{hour:02}:00:00Z" for hour in range(24)]
    assert {(item["state"], item["bizdate"], item["attempt"]) for item in planned} == {("waiting", "2024-01-06", 0)}
    assert site.get(f"/v1/task_instances/{planned[3]['id']}") == planned[3] | {"attempts": []}
    assert site.get(f"/v1/task_instances/{rows[0]['id']}")["attempts"][0]["state"] == "succeeded"


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"task": "extract"}, 6),
        ({"task": ["1", "load"]}, 12),
        ({"task": "shop/daily/hourly"}, 144),
        ({"state": "running"}, 2),
        ({"state": "waiting"}, 2 + 4 * A_DAY),
        ({"state": ["running", "succeeded"], "task": ["extract", "hold"]}, 4),
        ({"state": "failed"}, 0),
        ({"state": "cancelled"}, 0),
    ],
)
def test_filters(site: Site, stuck: int, query: dict[str, Any], count: int) -> None:
    """Tasks by id, name or full name, and states, each any of those given; pages lose nothing."""
    assert len(site.pages(f"/v1/backfills/{stuck}/task_instances", **query, limit=7)) == count


def test_instances_of_one_run(site: Site, stuck: int) -> None:
    """A run's instances and no others, whether it has rows or not; a run of another backfill is not found."""
    runs = site.get(f"/v1/backfills/{stuck}/runs")["items"]
    for run in (runs[0], runs[-1]):
        items = site.pages(f"/v1/backfills/{stuck}/task_instances", run=run["id"], limit=10)
        assert [item["run_id"] for item in items] == [run["id"]] * A_DAY
        assert {item["bizdate"] for item in items} == {run["bizdate"]}
    strange = site.http.get(f"/v1/backfills/{stuck}/task_instances", params={"run": runs[-1]["id"] + 1})
    assert strange.status_code == 404


def test_pages_of_runs(site: Site, stuck: int) -> None:
    """Every run once, in run order, whatever the page's size."""
    whole = site.get(f"/v1/backfills/{stuck}/runs")["items"]
    assert [run["bizdate"] for run in whole] == [f"2024-01-0{day}" for day in range(1, DAYS + 1)]
    for limit in (1, 4, 5, 6):
        assert site.pages(f"/v1/backfills/{stuck}/runs", limit=limit) == whole


def test_pages_of_backfills(site: Site, stuck: int) -> None:
    """Every backfill once, the newest first."""
    for _ in range(3):
        site.stands(site.submit("silent"), "succeeded")
    ids = [item["id"] for item in site.pages("/v1/backfills", limit=2)]
    assert ids == list(range(ids[0], 0, -1))
    assert stuck in ids


def test_pages_while_dates_are_admitted(site: Site) -> None:
    """Listing a backfill that runs loses no instance and brings none twice."""
    backfill = site.submit("often", days=40, parallelism=10)
    while True:
        before = site.get(f"/v1/backfills/{backfill}")
        ids = [item["id"] for item in site.pages(f"/v1/backfills/{backfill}/task_instances", limit=100)]
        assert ids == sorted(set(ids))
        assert len(ids) == 40 * 24
        if before["done_at"]:
            return


class ReadTooEarly:
    """A store in which every run was looked at before it was admitted, and its rows after."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.instances = store.instances
        self.some_runs, self.runs_without_rows = store.some_runs, store.runs_without_rows

    def runs(self, backfill: int, after: int | None, limit: int) -> Page[StoredRun]:
        page = self._store.runs(backfill, after, limit)
        return Page(tuple(replace(run, admitted_at=None) for run in page.items), page.next)


def test_a_date_admitted_between_two_looks(site: Site, stuck: int) -> None:
    """Rows win over the plan where a date is admitted while its page is read."""
    store = site.services.store
    entry = Book(store).entry(stuck)
    early: Any = ReadTooEarly(store)
    for wanted in (InstanceFilter(stuck), InstanceFilter(stuck, tasks=frozenset({1, 3}))):
        found, after = [], None
        while True:
            page = Listing(early, entry).page(wanted, after, 20)
            found += page.items
            if (after := page.next) is None:
                break
        expected = Listing(store, entry).page(wanted, None, 1000).items
        assert tuple(found) == expected
