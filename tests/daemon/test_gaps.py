"""Gaps seen and filled by their users: a real daemon, and the client beside it."""

from __future__ import annotations

import json
import signal
import time
from typing import Any

import pytest
from daemon.host import NOTE, Host, until
from interfaces.cli.running import client

FIRST, LAST = "2024-01-01", "2024-01-05"
DATES = ("--from", FIRST, "--to", LAST)


def gaps(host: Host, *arguments: str) -> Any:
    """What `backfill gaps --json` says of the host's project."""
    done = client("gaps", "--project", host.project, *arguments, "--json", state=host.state)
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


def statuses(host: Host, task: str, *more: str) -> list[tuple[str, int | None]]:
    """The status of each cycle of a task, and who holds it."""
    (item,) = gaps(host, "--task", task, *DATES, *more)["items"]
    return [(cycle["status"], cycle["held_by"]) for cycle in item["cycles"]]


def pipeline(host: Host) -> list[dict[str, Any]]:
    """`extract` fails on the third date until it is mended; `hours` and the running `total` wait for it."""
    broken = f'{NOTE}; test -e {host.file("mended")} || test "$bizdate" != 20240103'
    needs = ["hours", {"task": "total", "cycle": "previous"}]
    return [
        {"task": "extract", "command": broken, "retries": 0},
        {"task": "hours", "cron": "0 */8 * * *", "command": NOTE, "depends_on": ["extract"]},
        {"task": "total", "command": NOTE, "depends_on": needs},
    ]


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_a_failure_and_all_behind_it_are_filled(host: Host, end: signal.Signals) -> None:
    """What failed, and what never ran because of it, are gaps, also after a restart; --submit runs just these."""
    host.catalog(pipeline(host))
    host.start()
    backfill = host.submit(FIRST, LAST, roots=["extract", "hours", "total"], parallelism=5)
    until(lambda: host.get(f"/v1/backfills/{backfill}")["status"] == "failed")
    which = ("--task", "total", "--upstream", *DATES)
    seen = gaps(host, *which)
    assert {item["task"]: item["counts"] for item in seen["items"]} == {
        "extract": {"succeeded": 4, "failed": 1},
        "hours": {"succeeded": 12, "never_run": 3},
        "total": {"succeeded": 2, "never_run": 3},
    }

    host.end(end)
    host.start()
    assert gaps(host, *which) == seen

    host.file("mended").touch()
    submitted = gaps(host, *which, "--submit", "--parallelism", "3", "--name", "mend")
    assert submitted["request"]["periods"]["biz_dates"] == [{"start_biz_date": "2024-01-03", "end_biz_date": LAST}]
    assert host.ended(submitted["backfill"]["id"])["status"] == "succeeded"

    again = gaps(host, *which, "--submit")
    assert (again["request"], again["backfill"]) == (None, None)
    assert {item["task"]: item["counts"] for item in again["items"]} == {
        "extract": {"succeeded": 5},
        "hours": {"succeeded": 15},
        "total": {"succeeded": 5},
    }
    starts = {name: count for name, count in host.started_cycles().items() if count > 1}
    assert starts == {"extract 2024-01-04T00:00:00Z": 2}


def test_what_succeeded_before_its_upstream_did_is_stale(work: Host) -> None:
    """Who repeats a task alone sees what was made of it before; a backfill that repeats these too makes them good."""
    tasks = ["up", "middle", "down"]
    work.serve(
        [{"task": task, "virtual": True, "depends_on": tasks[max(0, n - 1) : n]} for n, task in enumerate(tasks)]
    )
    all_succeeded = [("succeeded", None)] * 5
    assert work.ended(work.submit(FIRST, LAST, roots=tasks))["status"] == "succeeded"
    assert statuses(work, "down") == all_succeeded

    another_second()
    work.ended(work.submit("2024-01-02", roots=["up"]))
    stale = [("succeeded", None), ("stale", None), *all_succeeded[2:]]
    assert [statuses(work, task) for task in tasks] == [all_succeeded, stale, stale]
    assert gaps(work, "--task", "down", "--upstream", *DATES, "--submit")["request"] is None

    another_second()
    work.ended(work.submit("2024-01-02", roots=["middle", "down"]))
    assert [statuses(work, task) for task in tasks] == [all_succeeded] * 3


def another_second() -> None:
    """The ledger counts in seconds."""
    now = int(time.time())
    until(lambda: int(time.time()) > now)


def test_what_runs_and_what_waits_for_its_turn(work: Host) -> None:
    """A cycle that runs now is running, one that is to come is held; neither is submitted again, until it is let go."""
    work.serve([{"task": "slow", "command": f"until test -e {work.file('open')}; do sleep 0.05; done"}])
    backfill = work.submit(FIRST, "2024-01-02", roots=["slow"])
    until(lambda: statuses(work, "slow")[0] == ("running", backfill))

    assert statuses(work, "slow") == [("running", backfill), ("never_run", backfill), *[("never_run", None)] * 3]
    assert statuses(work, "slow", "--env", "Dev") == [("never_run", None)] * 5
    done = client(*f"gaps --project {work.project} --task slow".split(), *DATES, "--request", state=work.state)
    assert "{start_biz_date: 2024-01-03, end_biz_date: 2024-01-05}" in done.stdout

    work.act("backfills", backfill, "cancel")
    work.ended(backfill)
    assert statuses(work, "slow") == [("never_run", None)] * 5


def test_a_failure_after_a_success_is_a_gap_of_its_own(work: Host) -> None:
    """`Missing` would leave it out, so the request says `Failed`, and what never ran is filled before."""
    work.serve([{"task": "moody", "command": 'test ! -e "$ledger.bad"', "retries": 0}])
    work.ended(work.submit(FIRST, "2024-01-02", roots=["moody"]))
    work.file("bad").touch()
    work.ended(work.submit("2024-01-02", roots=["moody"]))
    work.file("bad").unlink()
    which = ("--task", "moody", *DATES, "--submit")

    first = gaps(work, *which)
    assert (first["request"]["reprocess"], first["items"][0]["counts"]["failed"]) == ("Missing", 1)
    work.ended(first["backfill"]["id"])
    second = gaps(work, *which)
    assert (second["request"]["reprocess"], second["items"][0]["counts"]) == ("Failed", {"succeeded": 4, "failed": 1})
    work.ended(second["backfill"]["id"])
    assert gaps(work, *which)["request"] is None
