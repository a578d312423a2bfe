"""`backfill explain`: the daemon's sentences, for one task instance and for a backfill."""

from __future__ import annotations

import json
from typing import Any

import pytest
from interfaces.cli.fake_daemon import FakeDaemon, instance, run_of
from interfaces.cli.running import ESCAPE, client, on_terminal

INSTANCE = 2**20 + 7


def upstream(number: int, state: str = "waiting") -> dict[str, Any]:
    """An upstream instance as the daemon names it."""
    found = {"instance_id": number, "task": f"up{number}", "bizdate": "2013-01-01", "state": state}
    return found | {"cycle_time": "2013-01-01T05:00:00Z", "since": None, "exit_code": None}


def explained(message: str, *waits_for: dict[str, Any], more: int = 0) -> dict[str, Any]:
    """An instance that waits, as the daemon explains it."""
    reason = {"code": "waits_for", "message": message, "until": None, "waits_for": list(waits_for), "more": more}
    reason |= {"backfill_id": None, "run_id": None, "instance_id": None}
    named = {key: value for key, value in instance(INSTANCE).items() if key in ("task", "bizdate", "cycle_time")}
    return {"instance_id": INSTANCE, "backfill_id": 3, **named, "state": "waiting", "reason": reason}


@pytest.mark.parametrize("address", [str(INSTANCE), "3/load/orders/2013-01-02"])
def test_an_instance(address: str, daemon: FakeDaemon) -> None:
    """An instance is named by its id, or by backfill, task and date; its reason is one line."""
    daemon.listing("/v1/backfills/3/runs", run_of(12, "2013-01-02"))
    daemon.listing("/v1/backfills/3/task_instances", instance(INSTANCE))
    found = explained("waits for up1 of 2013-01-01 (running since 05:00 UTC)", upstream(1, "running"))
    daemon.on("GET", f"/v1/task_instances/{INSTANCE}/explain", found)

    done = client("explain", address, state=daemon.state)
    assert (done.returncode, done.stdout) == (
        0,
        "load/orders of 2013-01-02, cycle 2013-01-02T05:00:00Z: "
        "waits for up1 of 2013-01-01 (running since 05:00 UTC)\n",
    )
    assert json.loads(client("explain", address, "--json", state=daemon.state).stdout) == found


def test_more_than_a_sentence_holds(daemon: FakeDaemon) -> None:
    """Where more is upstream than the sentence names, each that is known has a line of its own."""
    found = explained("waits for several", *(upstream(number) for number in range(10)), more=1234)
    daemon.on("GET", f"/v1/task_instances/{INSTANCE}/explain", found)

    _, *lines, last = client("explain", str(INSTANCE), state=daemon.state).stdout.splitlines()
    assert lines == [f"  up{number} of 2013-01-01, cycle 2013-01-01T05:00:00Z: waiting" for number in range(10)]
    assert last == "  and 1,234 more"


def test_a_backfill(daemon: FakeDaemon) -> None:
    """A smaller number is a backfill's: one line a reason, with how many, and what comes next by itself."""
    reasons = [
        {"code": "no_place", "message": "its date has no place", "count": 30_000, "at_least": False},
        {"code": "held", "message": "held until it is released", "count": 12, "at_least": True},
    ]
    examples = [{"until": None, "instance_id": None}, {"until": None, "instance_id": INSTANCE}]
    found = {"backfill_id": 3, "name": "january", "status": "running", "next": "2024-03-01T02:14:30Z"}
    found["reasons"] = [one | other for one, other in zip(reasons, examples, strict=True)]
    daemon.on("GET", "/v1/backfills/3/explain", found)

    assert client("explain", "3", state=daemon.state).stdout.splitlines() == [
        "backfill 3 january: running",
        "       30,000  its date has no place",
        f"  at least 12  held until it is released  (such as {INSTANCE})",
        "next by itself: 2024-03-01T02:14:30Z",
    ]
    assert json.loads(client("explain", "3", "--json", state=daemon.state).stdout) == found


def test_a_backfill_that_waits_for_nothing(daemon: FakeDaemon) -> None:
    """What is done waits for nothing, and is told so."""
    found = {"backfill_id": 3, "name": "january", "status": "succeeded", "next": None, "reasons": []}
    daemon.on("GET", "/v1/backfills/3/explain", found)

    assert client("explain", "3", state=daemon.state).stdout == "backfill 3 january: succeeded, nothing waits\n"


@pytest.mark.parametrize("address", ["load", "3/load", "1" * 5000])
def test_what_is_no_address(address: str, daemon: FakeDaemon) -> None:
    """What names no instance is told in one line, with the form that is taken."""
    done = client("explain", address, state=daemon.state)

    assert (done.returncode, done.stdout) == (2, "")
    [line] = done.stderr.splitlines()
    assert "BACKFILL/TASK/DATE" in line


def test_a_name_cannot_move_the_cursor(daemon: FakeDaemon) -> None:
    """Control characters in names are spelled out."""
    found = {"backfill_id": 3, "name": "a\x1b[2Jb", "status": "succeeded", "next": None, "reasons": []}
    daemon.on("GET", "/v1/backfills/3/explain", found)

    assert ESCAPE not in on_terminal("explain", "3", state=daemon.state)[1]
