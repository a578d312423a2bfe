"""When attempts may start, and how slots are given, as a caller sees it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from interfaces.http.site import Site


def hours(first: timedelta, last: timedelta) -> dict[str, Any]:
    """A daily window around now, told by its distances from it."""
    now = datetime.now(UTC)
    return {"type": "Daily", "start_time": f"{now + first:%H:%M:%S}", "end_time": f"{now + last:%H:%M:%S}"}


def test_a_backfill_outside_its_window_waits(site: Site) -> None:
    """It is accepted, says that it waits and until when, and starts nothing."""
    policy = hours(timedelta(hours=6), timedelta(hours=8))
    backfill = site.submit("silent", run_policy=policy)

    shown = site.stands(backfill, "waiting")
    assert shown["run_policy"] == policy | {"immediately": False}
    assert shown["fairness"] == {"starts": 0, "starved": 0, "waited_for_slot_since": None}
    found = site.get(f"/v1/task_instances/{site.instance(backfill, 'silent')['id']}/explain")
    assert found["reason"]["message"].startswith(f"its run window is closed until {policy['start_time'][:5]}")
    site.post(f"/v1/backfills/{backfill}/cancel")
    site.stands(backfill, "cancelled")


def test_a_backfill_inside_its_window_runs(site: Site) -> None:
    """It runs as any other, and while the daemon knows it, it says how slots were given to it."""
    policy = hours(timedelta(hours=-6), timedelta(hours=8))
    backfill = site.submit("extract", "hold", gate="inside", run_policy=policy)

    url, began = f"/v1/backfills/{backfill}", {"starts": 2, "starved": 0, "waited_for_slot_since": None}
    site.until(url, lambda it: it["fairness"] == began)
    site.gate("inside").touch()
    assert site.stands(backfill, "succeeded")["run_policy"]["type"] == "Daily"
