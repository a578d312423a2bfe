"""Schedules of a real daemon: it fires by its clock, once whatever is killed, and obeys conflicts and kept slots."""

from __future__ import annotations

import json
import random
import signal
import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

from daemon.host import BEGIN, END, NOTE, Host, asking, until

DICE = random.Random(20240506)
GATE = 'until test -e "$ledger.go"; do sleep 0.02; done'
NEVER_BY_ITSELF = "0 0 29 2 *"
MINUTE = timedelta(minutes=1)


def write(host: Host, name: str, request: dict[str, Any], **more: Any) -> None:
    """A file of one schedule, beside the catalog."""
    folder = host.folder / "schedules"
    folder.mkdir(exist_ok=True)
    schedule = {"schedule": name, "cron": NEVER_BY_ITSELF, "request": request, **more}
    (folder / f"{name}.yaml").write_text(json.dumps(schedule))


def served(host: Host, tasks: list[dict[str, Any]], **schedules: dict[str, Any]) -> None:
    """Give the running daemon another project and schedules for it, whose requests have these parts."""
    project = f"p{host.served + 1}"
    for name, request in schedules.items():
        write(host, name, asking(project=project, **request))
    host.serve(tasks)
    for name in schedules:
        until(lambda name=name: host.client.get(f"/v1/schedules/{name}").status_code == 200)


def fired(host: Host, name: str) -> int:
    """The backfill that a schedule asks for now."""
    answer = host.client.post(f"/v1/schedules/{name}/fire")
    assert answer.status_code == 202, answer.text
    return int(answer.json()["backfill_id"])


def reload(host: Host) -> None:
    assert host.process is not None
    host.process.send_signal(signal.SIGHUP)


def test_it_fires_when_its_time_comes(work: Host) -> None:
    """At the minute of its cron, by itself, and what it asks for runs."""
    until(lambda: work.get("/v1/schedules/soon")["firings"])

    shown = work.get("/v1/schedules/soon")
    (firing,) = shown["firings"]
    moment, at = (datetime.fromisoformat(each) for each in (firing["moment"]["utc"], firing["at"]))
    assert shown["cron"].startswith(f"{moment.minute} {moment.hour} ")
    assert (moment.second, at >= moment, firing["by"]) == (0, True, None)
    ended = work.ended(firing["backfill_id"])
    assert (ended["status"], ended["schedule"]) == ("succeeded", "soon")
    assert ended["name"] == f"soon {moment.date()}"
    assert ended["dates"]["last"] == str(moment.date() - timedelta(days=1))


def test_a_nightly_queues_behind_a_backfill_or_leaves_out_its_cycles(work: Host) -> None:
    """With Queue it waits for the dates that a backfill holds, and then runs them; with Skip it runs the others.

    With Reject it is refused, and says so.
    """
    both = {"first": "2024-01-01", "last": "2024-01-02", "roots": ["t"], "parallelism": 2}
    words = {"queued": "Queue", "skipped": "Skip", "rejected": "Reject"}
    schedules = {name: {**both, "top": {"on_conflict": word}} for name, word in words.items()}
    served(work, [{"task": "t", "command": f"{BEGIN}; {GATE}; {END}"}], **schedules)
    holder = work.submit("2024-01-01", roots=["t"])
    until(lambda: len(work.lines()) == 1)

    skips, queues = fired(work, "skipped"), fired(work, "queued")
    until(lambda: work.get(f"/v1/backfills/{skips}")["counts"]["running"] == 1)
    waiting = work.get(f"/v1/backfills/{queues}")["counts"]
    rejected = work.client.post("/v1/schedules/rejected/fire")
    work.file("go").touch()

    assert {work.ended(each)["status"] for each in (holder, skips, queues)} == {"succeeded"}
    assert (work.get(f"/v1/backfills/{skips}")["to_run"], waiting["running"]) == (1, 0)
    assert (rejected.status_code, rejected.json()["code"]) == (409, "cycles_held")
    assert work.get("/v1/schedules/rejected")["last"]["reason"] == rejected.json()["detail"]
    by_date: dict[str, list[int]] = {}
    for _, _, cycle, backfill in map(str.split, work.lines()):
        by_date.setdefault(cycle, []).append(int(backfill))
    assert by_date == {
        "2024-01-02T00:00:00Z": [holder] * 2 + [queues] * 2,
        "2024-01-03T00:00:00Z": [skips] * 2 + [queues] * 2,
    }


def test_a_nightly_gets_the_slot_that_is_kept_for_it(work: Host) -> None:
    """While a backfill fills all slots that are open to it, what a schedule asks for still starts."""
    task = {"task": "t", "command": f"{NOTE}; {GATE}", "resource_group": "kept"}
    served(work, [task], kept={"first": "2024-02-01", "roots": ["t"]})
    backfill = work.submit("2024-01-01", "2024-01-03", roots=["t"], parallelism=3)
    until(work.lines)

    nightly = fired(work, "kept")
    until(lambda: len(work.lines()) == 2)
    counts = [work.get(f"/v1/backfills/{each}")["counts"] for each in (backfill, nightly)]
    work.file("go").touch()

    assert [(each["running"], each["ready"]) for each in counts] == [(1, 2), (1, 0)]
    assert {work.ended(each)["status"] for each in (backfill, nightly)} == {"succeeded"}


def test_files_are_taken_whole_or_not_at_all(host: Host) -> None:
    """One bad schedule keeps catalog and schedules as they were; a pause outlives a file that was away."""
    host.catalog([{"task": "t", "command": NOTE}])
    write(host, "nightly", asking(roots=["t"]))
    host.start()
    assert host.client.post("/v1/schedules/nightly/pause").status_code == 200

    host.catalog([{"task": "other", "command": NOTE}])
    write(host, "bad", asking(roots=["t"]), cron="61 * * * *")
    reload(host)
    until(lambda: "is refused" in host.told())
    assert 'bad.yaml:1:21: cron: given "61 * * * *"' in host.told()
    assert [each["name"] for each in host.get("/v1/schedules")["items"]] == ["nightly"]
    assert host.client.post("/v1/plans", json=asking(roots=["t"])).status_code == 200

    for name in ("bad", "nightly"):
        (host.folder / "schedules" / f"{name}.yaml").unlink()
    reload(host)
    until(lambda: host.get("/v1/schedules")["items"] == [])
    write(host, "nightly", asking(roots=["t"]))
    reload(host)
    until(lambda: host.get("/v1/schedules")["items"])
    assert host.get("/v1/schedules/nightly")["paused"]
    assert host.client.post("/v1/plans", json=asking(roots=["other"])).status_code == 200


def test_kills_round_firings_lose_none_and_double_none(host: Host) -> None:
    """However often it is killed while it makes up for half an hour, each minute has one firing and one backfill."""
    host.catalog([{"task": "t", "virtual": True}])
    write(host, "minutely", asking(roots=["t"]), cron="* * * * *", catch_up="all")
    host.start()
    host.kill()
    start = datetime.now(UTC).replace(second=0, microsecond=0) - 30 * MINUTE
    asked(host, f"UPDATE schedule SET decided_until = {int(start.timestamp()) * 10**6}")
    asked(host, "DELETE FROM firing")
    asked(host, "UPDATE backfill SET schedule = NULL")
    for _ in range(3):
        host.start()
        time.sleep(DICE.uniform(0.0, 0.3))
        host.kill()
    host.start()
    last = datetime.now(UTC) - MINUTE
    until(lambda: latest(host) > last)
    host.end(signal.SIGTERM)

    firings = asked(host, "SELECT moment, backfill_id FROM firing ORDER BY moment")
    moments = [datetime.fromtimestamp(moment // 10**6, UTC) for moment, _ in firings]
    assert moments == [start + number * MINUTE for number in range(1, len(moments) + 1)]
    assert len(moments) >= 29
    backfills = [number for _, number in firings]
    assert len(set(backfills)) == len(backfills)
    assert sorted(backfills) == [number for (number,) in asked(host, "SELECT id FROM backfill WHERE schedule <> ''")]


def latest(host: Host) -> datetime:
    """The moment of the latest firing, or the beginning of time."""
    firings = host.get("/v1/schedules/minutely")["firings"]
    return datetime.fromisoformat(firings[0]["moment"]["utc"]) if firings else datetime.min.replace(tzinfo=UTC)


def asked(host: Host, statement: str) -> list[Any]:
    """Past a daemon that is not there."""
    with closing(sqlite3.connect(host.state / "backfilld.db", isolation_level=None)) as connection:
        return connection.execute(statement).fetchall()
