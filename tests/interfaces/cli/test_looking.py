"""`list`, `show`, `logs`, `failures`, `rerun`, `cancel`, and `plan` against the daemon."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from interfaces.cli.fake_daemon import Answer, Asked, FakeDaemon, acted, backfill, instance, run_of
from interfaces.cli.running import ESCAPE, client, on_terminal, piped

LOG = "".join(f"line {number}\n" for number in range(20_000)).encode()
PLAN = {
    "version_id": "aee2ca32",
    "plan_hash": "f00dec6e05ba2e3a",
    "dates": ["2013-01-01", "2013-01-02"],
    "tasks": [{"id": 1, "name": "extract", "why": "root", "priority": 1, "weight": 1, "instances": 3}],
    "edges": [],
    "closed": [],
    "bridged": [],
    "left_out": [],
    "not_permitted": 0,
    "findings": [],
    "counts": {"dates": 2, "tasks": 1, "instances": 3, "left_out": 0},
    "grid": {"pattern_of": [0, 1], "counts": [[2], [1]]},
}


def words(line: str) -> list[str]:
    return line.split()


def test_list(daemon: FakeDaemon) -> None:
    """One row a backfill, newest first, all pages up to the limit; --json has the same as one list."""
    daemon.listing("/v1/backfills", *(backfill(number) for number in (5, 4, 3)))

    done = piped("list", state=daemon.state)

    assert done.returncode == 0
    header, *rows = done.stdout.splitlines()
    assert words(header) == ["id", "name", "status", "dates", "done", "of", "failed", "age"]
    assert words(rows[0])[:-1] == ["5", "january", "running", "2013-01-01..2013-01-02", "0%", "4", "."]
    assert [words(row)[0] for row in rows] == ["5", "4", "3"]
    listed = json.loads(client("list", "--json", "--limit", "2", state=daemon.state).stdout)
    assert [each["id"] for each in listed] == [5, 4]


def test_show_a_few_dates(daemon: FakeDaemon) -> None:
    """Up to a month of dates has a row each."""
    daemon.on("GET", "/v1/backfills/3", backfill())
    daemon.listing("/v1/backfills/3/runs", run_of(11, "2013-01-01"), run_of(12, "2013-01-02", "failed"))

    done = client("show", "3", state=daemon.state)

    assert done.returncode == 0
    assert [words(line)[:3] for line in done.stdout.splitlines()[-2:]] == [
        ["2013-01-01", "succeeded", "2"],
        ["2013-01-02", "failed", "2"],
    ]
    assert ESCAPE not in done.stdout


def test_show_many_dates(daemon: FakeDaemon) -> None:
    """More dates are shown as stretches of the same word; --json still has every run."""
    runs = [run_of(n, f"2013-{month:02}-{day:02}") for month in (1, 2) for n, day in enumerate(range(1, 29))]
    runs[30]["status"] = "failed"
    daemon.on("GET", "/v1/backfills/3", backfill())
    daemon.listing("/v1/backfills/3/runs", *runs)

    done = client("show", "3", state=daemon.state)

    assert [words(line)[:4] for line in done.stdout.splitlines()[-3:]] == [
        ["2013-01-01..2013-02-02", "30", "succeeded", "60"],
        ["2013-02-03", "1", "failed", "2"],
        ["2013-02-04..2013-02-28", "25", "succeeded", "50"],
    ]
    assert len(json.loads(client("show", "3", "--json", state=daemon.state).stdout)["run_list"]) == 56


def serve_log(asked: Asked) -> Answer:
    wanted = asked.headers.get("Range")
    if wanted is None:
        return Answer(LOG, headers={"Content-Type": "text/plain; charset=utf-8"})
    first = max(len(LOG) - int(wanted.removeprefix("bytes=-")), 0)
    return Answer(LOG[first:], 206, {"Content-Range": f"bytes {first}-{len(LOG) - 1}/{len(LOG)}"})


def test_logs_by_name(daemon: FakeDaemon) -> None:
    """An instance is found by backfill, task and date; a pipe gets every byte as it was written."""
    daemon.listing("/v1/backfills/3/runs", run_of(11, "2013-01-01"), run_of(12, "2013-01-02"))
    daemon.listing("/v1/backfills/3/task_instances", instance())
    daemon.on("GET", "/v1/task_instances/7/log", serve_log)

    done = piped("logs", "3/load/orders/2013-01-02", "--attempt", "1", state=daemon.state)

    assert (done.returncode, done.stdout) == (0, LOG.decode())
    found, log = daemon.asked[-2:]
    assert (found.query["run"], found.query["task"], log.query["attempt"]) == (["12"], ["load/orders"], ["1"])


def test_logs_of_one_of_several_cycles(daemon: FakeDaemon) -> None:
    """Where a date has several cycles, they are listed; with the hour it is one."""
    daemon.listing("/v1/backfills/3/runs", run_of(12, "2013-01-02"))
    daemon.listing("/v1/backfills/3/task_instances", instance(7), instance(8, "running", "2013-01-02T06:00:00Z"))
    daemon.on("GET", "/v1/task_instances/8/log", Answer(b"hello\n"))

    refused = client("logs", "3/load/orders/2013-01-02", state=daemon.state)
    done = client("logs", "3/load/orders/2013-01-02/06:00", state=daemon.state)

    assert refused.returncode == 2
    assert "05:00 (failed), 06:00 (running)" in refused.stderr
    assert (done.returncode, done.stdout) == (0, "hello\n")


@pytest.mark.parametrize("lines", [2, 15_000, 30_000])
def test_tail(lines: int, daemon: FakeDaemon) -> None:
    """--tail prints the last lines, and asks for no more of a long log than it needs."""
    daemon.on("GET", "/v1/task_instances/7/log", serve_log)

    done = client("logs", "7", "--tail", str(lines), state=daemon.state)

    assert done.stdout.splitlines() == LOG.decode().splitlines()[-lines:]


def test_a_hole_is_told(daemon: FakeDaemon) -> None:
    """Where the log's middle was cut out, a line says so."""
    daemon.on("GET", "/v1/task_instances/7/log", Answer(b"head\ntail\n", headers={"X-Log-Hole": "5-4101"}))

    done = client("logs", "7", state=daemon.state)

    assert done.stdout.split("\n") == ["head", "", "[4,096 bytes were cut out here: log_limit]", "tail", ""]


def test_a_log_cannot_move_the_cursor(daemon: FakeDaemon) -> None:
    """On a terminal control characters in a log are spelled out."""
    daemon.on("GET", "/v1/task_instances/7/log", Answer(b"a\x1b[2Jb\xc2\x9b1m caf\xc3\xa9"))

    code, seen = on_terminal("logs", "7", state=daemon.state)

    assert (code, seen) == (0, "a\\x1b[2Jb\\x9b1m café\r\n")


FAILURE = {"instance": instance(), "exit_code": None, "attempt": 1, "log_tail": "oops 7"}


def test_failures(daemon: FakeDaemon) -> None:
    """Each error once: how often, on which tasks and dates, and the newest with the end of its log."""
    dates = [{"first": "2013-01-01", "last": "2013-01-03"}, {"first": "2013-01-09", "last": "2013-01-09"}]
    tasks = [{"task": "load/orders", "count": 1300}, {"task": "hours", "count": 4}]
    group = {"line": "oops #", "count": 1304, "tasks": tasks, "dates": dates, "newest": FAILURE}
    found = {"items": [FAILURE], "groups": [group], "grouped": 1304, "total": 1305}
    daemon.on("GET", "/v1/backfills/3/failures", found)

    assert client("failures", "3", state=daemon.state).stdout.splitlines() == [
        "1,304 x oops #",
        "  load/orders (1,300), hours (4) on 2013-01-01..2013-01-03, 2013-01-09",
        "failed: load/orders 2013-01-02, cycle 2013-01-02T05:00:00Z, attempt 1  (backfill logs 7)",
        "  | oops 7",
        "these are the newest 1,304 of 1,305 failures",
    ]
    assert json.loads(client("failures", "3", "--json", state=daemon.state).stdout) == found


def test_a_heading_does_not_grow(daemon: FakeDaemon) -> None:
    """Of many tasks and periods the first are named, and how many more there are."""
    tasks = [{"task": f"t{number}", "count": 1} for number in range(9)]
    group = {"line": "a\x1b[2J", "count": 9, "tasks": tasks, "dates": [], "newest": FAILURE}
    daemon.on("GET", "/v1/backfills/3/failures", {"items": [], "groups": [group], "grouped": 9, "total": 9})

    heading, where, *_ = client("failures", "3", state=daemon.state).stdout.splitlines()
    assert heading == r"9 x a\x1b[2J"
    assert "t5 (1), 3 more on" in where


@pytest.mark.parametrize(
    ("option", "path"),
    [
        ((), "/v1/backfills/3"),
        (("--date", "2013-01-02"), "/v1/runs/12"),
        (("--run", "11"), "/v1/runs/11"),
        (("--instance", "7"), "/v1/task_instances/7"),
    ],
)
def test_acts(option: tuple[str, ...], path: str, daemon: FakeDaemon) -> None:
    """A rerun or cancel is asked of exactly what was named."""
    daemon.listing("/v1/backfills/3/runs", run_of(11, "2013-01-01"), run_of(12, "2013-01-02"))
    daemon.on("GET", "/v1/task_instances/7", instance())
    daemon.on("POST", f"{path}/rerun", acted("rerun", accepted=1))

    done = client("rerun", "3", *option, "--json", state=daemon.state)

    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == acted("rerun", accepted=1)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("cancel", "4", "--instance", "7"), "there is no task instance 7 in backfill 4"),
        (("cancel", "3", "--date", "2013-01-09"), "there is no business date 2013-01-09 in backfill 3"),
        (("show", "99"), "there is no GET /v1/backfills/99"),
    ],
)
def test_what_is_not_there(arguments: tuple[str, ...], told: str, daemon: FakeDaemon) -> None:
    """Something of another backfill, or of none, is not found, and nothing is asked to be done."""
    daemon.listing("/v1/backfills/3/runs", run_of(11, "2013-01-01"))
    daemon.on("GET", "/v1/task_instances/7", instance())

    done = client(*arguments, state=daemon.state)

    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"{told}\n")
    assert {each.method for each in daemon.asked} == {"GET"}


def test_plan_by_the_daemon(daemon: FakeDaemon, request_file: Path) -> None:
    """Without --catalog the daemon plans; what stops the request is exit code 2, an error that does not is none."""
    finding = {"code": "isolated", "severity": "error", "subject": "extract", "message": "alone", "blocks": True}
    daemon.on("POST", "/v1/plans", Answer({**PLAN, "findings": [finding, {**finding, "blocks": False}]}))

    done = client("plan", request_file, state=daemon.state)

    assert done.returncode == 2
    assert done.stderr == "extract: alone [isolated]\n"
    _, header, row, *found = done.stdout.splitlines()
    assert len(found) == 2
    assert words(header) == ["task", "why", "prio", "weight", "2013-01-01", "2013-01-02", "all"]
    assert words(row) == ["extract", "root", "1", "1", "2", "1", "3"]


def test_plan_against_a_backfill(daemon: FakeDaemon, request_file: Path) -> None:
    """What has changed stands beneath the plan; without a file the backfill's own request is planned again."""
    seen: list[Asked] = []

    def planned(asked: Asked) -> Answer:
        seen.append(asked)
        changed = {"against": 17, "changed": True, "sentences": ["1 task gone: mail"]}
        return Answer({**PLAN, "difference": changed})

    daemon.on("POST", "/v1/plans", planned)
    daemon.on("GET", "/v1/backfills/17/request", Answer({"name": "again", "expect_plan": "f00dec6e05ba"}))

    with_file = client("plan", request_file, "--against", "17", state=daemon.state)
    without = client("plan", "--against", "17", state=daemon.state)

    for done in (with_file, without):
        assert done.stdout.splitlines()[-2:] == ["since backfill 17:", "  1 task gone: mail"]
    assert [asked.query["against"] for asked in seen] == [["17"], ["17"]]
    assert seen[1].body == {"name": "again"}
    assert client("plan", state=daemon.state).returncode == 2
    offline = client("plan", request_file, "--against", "17", "--catalog", ".", state=daemon.state)
    assert (offline.returncode, "--against" in offline.stderr) == (2, True)
