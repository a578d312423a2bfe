"""Why not yet, asked of a whole daemon."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from interfaces.http.site import Site, open_site
from pydantic import TypeAdapter

from backfilld.interfaces.explained import ExplainedBackfillView, ExplainedView

TIME = r"(\d{4}-\d\d-\d\d )?\d\d:\d\d(:\d\d)? UTC"


def why(site: Site, backfill: int, task: str, run: int | None = None) -> Any:
    """The reason of the first instance of a task."""
    found = site.get(f"/v1/task_instances/{site.instance(backfill, task, run)['id']}/explain")
    assert TypeAdapter(ExplainedView).validate_python(found, strict=True) == found
    assert (found["backfill_id"], found["task"]) == (backfill, task)
    return found["reason"] | {"state": found["state"]}


def whys(site: Site, backfill: int) -> dict[str, int]:
    """How many instances wait for what."""
    found = site.get(f"/v1/backfills/{backfill}/explain")
    assert TypeAdapter(ExplainedBackfillView).validate_python(found, strict=True) == found
    assert not any(each["at_least"] for each in found["reasons"])
    return {each["code"]: each["count"] for each in found["reasons"]}


def test_while_one_runs(site: Site) -> None:
    """What runs says since when, what is behind it names it, a date without a place says how many fly; all add up.

    When it usually ends is said where other tests have shown how long the task takes.
    """
    backfill = site.submit("extract", "hold", "load", days=3, gate="explained")
    first, second, _ = site.get(f"/v1/backfills/{backfill}/runs")["items"]
    site.until(
        f"/v1/backfills/{backfill}/task_instances?task=hold&run={first['id']}",
        lambda it: it["items"][0]["state"] == "running",
    )

    running, waiting, unplaced = (
        why(site, backfill, task, run["id"]) for task, run in (("hold", first), ("load", first), ("load", second))
    )
    assert (running["state"], running["code"]) == ("running", "running")
    usually = f", usually done by {TIME}" if running["until"] else ""
    assert re.fullmatch(rf"runs since {TIME} \(attempt 1\){usually}", running["message"])
    assert (waiting["state"], waiting["code"], waiting["more"]) == ("waiting", "waits_for", 0)
    assert re.fullmatch(rf"waits for hold of 2024-01-01 \(running since {TIME}\)", waiting["message"])
    (up,) = waiting["waits_for"]
    assert (up["task"], up["state"], up["since"] is not None) == ("hold", "running", True)
    assert unplaced["message"] == "its date has no place: 1 of 1 dates in flight"
    assert whys(site, backfill) == {"running": 1, "waits_for": 1, "no_place": 6}

    site.gate("explained").touch()
    site.stands(backfill, "succeeded")
    assert re.fullmatch(rf"succeeded at {TIME} \(attempt 1\)", why(site, backfill, "load")["message"])
    assert whys(site, backfill) == {}


def test_below_a_failure(site: Site) -> None:
    """Of a backfill that is done: the failed instance with its exit code, and what is blocked names it."""
    backfill = site.submit("picky", "after_picky", days=2, gate="never-there")
    site.stands(backfill, "failed")
    first, second = site.get(f"/v1/backfills/{backfill}/runs")["items"]

    failed, blocked = why(site, backfill, "picky", first["id"]), why(site, backfill, "after_picky", first["id"])
    assert re.fullmatch(rf"failed at {TIME} \(attempt 1, exit code 1\)", failed["message"])
    assert blocked["code"] == "blocked"
    assert re.fullmatch(rf"blocked by picky of 2024-01-01 \(failed at {TIME}, exit code 1\)", blocked["message"])
    assert [each["exit_code"] for each in blocked["waits_for"]] == [1]
    kept = why(site, backfill, "picky", second["id"])
    assert kept["message"] == "its date has no place: a failed date keeps the only one (on_failure Hold)"
    assert whys(site, backfill) == {"blocked": 1, "places_kept": 2}


def test_after_a_cancel(site: Site) -> None:
    """A date that was cancelled before it had a place, and so has no rows, is cancelled."""
    backfill = site.submit("picky", "after_picky", days=2, gate="never-there")
    site.stands(backfill, "failed")
    second = site.get(f"/v1/backfills/{backfill}/runs")["items"][1]
    site.post(f"/v1/runs/{second['id']}/cancel")

    assert why(site, backfill, "picky", second["id"])["message"] == "cancelled"
    assert whys(site, backfill) == {"blocked": 1}


def test_held_and_queued(site: Site) -> None:
    """A hold is said until the release; a cycle that an earlier backfill holds names that."""
    backfill = site.submit("extract", "hold", "load", gate="for-a-hold")
    site.post(f"/v1/task_instances/{site.instance(backfill, 'load')['id']}/hold")
    behind = site.submit("extract", "hold", gate="for-a-hold")

    assert why(site, backfill, "load")["message"].endswith("; it is held as well")
    queued = why(site, behind, "extract")
    assert queued["message"] == f"queued behind backfill {backfill}, which holds the same cycle"
    assert (queued["backfill_id"], queued["run_id"] is not None) == (backfill, True)

    site.gate("for-a-hold").touch()
    held = site.until(
        f"/v1/task_instances/{site.instance(backfill, 'load')['id']}/explain", lambda it: it["state"] == "ready"
    )
    assert (held["reason"]["code"], held["reason"]["message"]) == ("held", "held until it is released")
    site.post(f"/v1/backfills/{backfill}/release")
    site.stands(behind, "succeeded")


def test_no_slot(site: Site) -> None:
    """Where a group is full it says whose attempts are inside; the count of all that wait so is one reason."""
    backfill = site.submit("hold", days=6, gate="slots", parallelism=6)
    site.until(f"/v1/backfills/{backfill}", lambda it: it["counts"]["running"] == 4)

    last = site.get(f"/v1/backfills/{backfill}/runs")["items"][-1]
    assert why(site, backfill, "hold", last["id"])["message"] == (
        f"no slot in default: 4 of 4 are taken, by backfill {backfill}"
    )
    assert whys(site, backfill) == {"running": 4, "no_slot": 2}
    site.gate("slots").touch()
    site.stands(backfill, "succeeded")


@pytest.mark.parametrize("path", ["task_instances/1/explain", "backfills/999999/explain"])
def test_of_nothing(path: str, site: Site) -> None:
    """What is not there cannot be explained."""
    assert site.http.get(f"/v1/{path}").status_code == 404


def test_a_date_ahead(site: Site) -> None:
    """A date whose cycles all lie in the future says when the first one comes, and so does its backfill."""
    request = site.request("extract", days=1)
    request["periods"] = {"biz_dates": [{"start_biz_date": "2100-01-01", "end_biz_date": "2100-01-02"}]}
    backfill = site.http.post("/v1/backfills", json=request).json()["backfill_id"]
    site.stands(backfill, "waiting")

    found = why(site, backfill, "extract")
    assert found["message"] == "its date lies ahead: its first cycle comes at 2100-01-01 00:00 UTC"
    assert found["until"] == site.get(f"/v1/backfills/{backfill}/explain")["next"] == "2100-01-01T00:00:00Z"
    assert whys(site, backfill) == {"date_ahead": 2}
    site.post(f"/v1/backfills/{backfill}/cancel")


def test_a_plan_that_changed(tmp_path: Path) -> None:
    """Of a backfill that is not continued because its plan moved, that is the reason of all that is not ended."""
    with open_site(tmp_path) as before:
        running = before.submit("extract", "hold", "load", gate="of-a-changed-plan")
        before.until(f"/v1/backfills/{running}", lambda it: it["counts"]["running"] == 1 and it["counts"]["succeeded"])
    with closing(sqlite3.connect(tmp_path / "backfilld.db")) as database, database:
        database.execute("update backfill set plan_hash = replace(plan_hash, substr(plan_hash, 1, 8), '00000000')")

    with open_site(tmp_path) as after:
        found = why(after, running, "load")
        assert (found["state"], found["code"], found["waits_for"]) == ("waiting", "plan_changed", [])
        assert found["message"] == after.get(f"/v1/backfills/{running}")["reason"]["message"]
        assert why(after, running, "extract")["code"] == "succeeded"
        assert "plan_changed" in whys(after, running)
        after.gate("of-a-changed-plan").touch()


def test_after_a_restart(tmp_path: Path) -> None:
    """A new daemon says the same of what waits, runs and is blocked."""
    with open_site(tmp_path) as before:
        running = before.submit("extract", "hold", "load", days=2, gate="over-a-restart")
        before.until(f"/v1/backfills/{running}", lambda it: it["counts"]["running"] == 1 and it["counts"]["succeeded"])
        failed = before.submit("picky", "after_picky", gate="never-there")
        before.stands(failed, "failed")
        asked = [(running, "hold"), (running, "load"), (failed, "picky"), (failed, "after_picky")]
        said = [why(before, *each) for each in asked]
        counted = [whys(before, each) for each in (running, failed)]

    with open_site(tmp_path) as after:
        assert [why(after, *each) for each in asked] == said
        assert [whys(after, each) for each in (running, failed)] == counted
        after.gate("over-a-restart").touch()
        after.stands(running, "succeeded")
