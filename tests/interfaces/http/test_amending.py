"""Amendments over HTTP: dates, windows, waits and terms of a backfill that was accepted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from interfaces.http.site import Site


def amend(site: Site, backfill: int, status: int = 200, **body: Any) -> Any:
    """The answer to an amendment."""
    answer = site.http.patch(f"/v1/backfills/{backfill}", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


def faults(site: Site, backfill: int, **body: Any) -> dict[str, str]:
    """What is wrong with an amendment: by path, what is allowed."""
    return {each["path"]: each["allowed"] for each in amend(site, backfill, 422, **body)["errors"]}


def dates(first: str, last: str | None = None) -> list[dict[str, str]]:
    return [{"start_biz_date": first, "end_biz_date": last or first}]


def days(site: Site, backfill: int, status: str | None = None) -> list[str]:
    """The business dates of its runs in run order, those of one status."""
    runs = site.pages(f"/v1/backfills/{backfill}/runs", limit=2)
    return [run["bizdate"][-5:] for run in runs if status in (None, run["status"])]


@pytest.fixture
def held(site: Site) -> Iterator[int]:
    """A backfill of three dates from the first of 2024 whose first date waits at a gate."""
    backfill = site.submit("extract", "hold", "load", days=3, gate="amended")
    yield backfill
    site.gate("amended").unlink(missing_ok=True)
    site.post(f"/v1/backfills/{backfill}/cancel")
    site.stands(backfill, "cancelled")


def test_added_and_dropped_dates(site: Site) -> None:
    """Added ones run in their place, dropped ones never; each is shown as what it is."""
    backfill = site.submit("silent", "picky", days=3, gate="added")
    found = amend(site, backfill, add_dates=dates("2023-12-30", "2023-12-31"), drop_dates=dates("2024-01-02"))

    assert (found["dates"]["count"], found["instances"], found["to_run"]) == (5, 10, 8)
    assert [each["number"] for each in found["amendments"]] == [1]
    assert found["amendments"][0]["what"] == {
        "add_dates": dates("2023-12-30", "2023-12-31"),
        "drop_dates": dates("2024-01-02"),
    }
    assert found["amendments"][0]["plan_hash"] == found["plan_hash"]
    assert days(site, backfill) == ["12-30", "12-31", "01-01", "01-02", "01-03"]
