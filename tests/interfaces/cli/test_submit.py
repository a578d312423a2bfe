"""`backfill submit` and `backfill watch`."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

from interfaces.cli.fake_daemon import Answer, FakeDaemon, backfill, instance, problem, run_of
from interfaces.cli.running import CLIENT, ESCAPE, client, environment, on_terminal, piped

FAILURE = {
    "instance": instance(),
    "exit_code": 3,
    "attempt": 2,
    "log_tail": "opening\nno such table: \x1b[31mflights\n",
}
HEEDS = "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])"
"""Starts a program that heeds Ctrl-C also where a shell has the tests ignore it, as in its background."""


def accepts(daemon: FakeDaemon, *views: object) -> None:
    """Have a request accepted, and its backfill look like this, one look after another."""
    operation = {"id": "op-1", "backfill_id": 3}
    daemon.on("POST", "/v1/backfills", Answer({**operation, "status": "pending"}, 202))
    daemon.on("GET", "/v1/operations/op-1", {**operation, "status": "running"}, {**operation, "status": "completed"})
    daemon.on("GET", "/v1/backfills/3", *views)


def test_what_is_sent_is_the_file_as_json(daemon: FakeDaemon, request_file: Path) -> None:
    """Dates of a YAML file are sent as ISO text, and --json prints the accepted backfill."""
    accepts(daemon, backfill())

    done = client("submit", request_file, "--json", state=daemon.state)

    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == backfill()
    [sent] = daemon.bodies("/v1/backfills")
    assert sent["periods"] == {"biz_dates": [{"start_biz_date": "2013-01-01", "end_biz_date": "2013-01-02"}]}


def test_a_request_through_a_pipe(daemon: FakeDaemon, request_file: Path) -> None:
    """With `-` for its name the request is standard input, YAML or JSON, and faults have its lines."""
    accepts(daemon, backfill(), backfill())
    asked = request_file.read_text()

    for text in (asked, json.dumps({"name": "from a script"})):
        assert client("submit", "-", "--json", state=daemon.state, told=text).returncode == 0
    refused = client("submit", "-", state=daemon.state, told=asked.replace("[extract]", "[extract"))

    assert [sent["name"] for sent in daemon.bodies("/v1/backfills")] == ["january", "from a script"]
    assert (refused.returncode, "standard input:" in refused.stderr) == (2, True)


def test_a_watched_success_is_exit_code_0(daemon: FakeDaemon, request_file: Path) -> None:
    """In a pipe each change is one plain line, the end the last one, whatever forces colours."""
    accepts(
        daemon,
        backfill(),
        backfill(waiting=4),
        backfill(waiting=4),
        backfill(waiting=1, running=1, succeeded=2),
        backfill(status="succeeded", succeeded=4),
    )

    done = piped("submit", request_file, "--watch", state=daemon.state)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "accepted: backfill 3 january, 4 task instances on 2 dates",
        "backfill 3 january: running, 0 of 4 done (0%), 0 running, 0 failed, 0 of 2 dates settled",
        "backfill 3 january: running, 2 of 4 done (50%), 1 running, 0 failed, 0 of 2 dates settled",
        "backfill 3 january: succeeded, 4 of 4 done (100%), 0 running, 0 failed, 2 of 2 dates settled",
        "backfill 3 january succeeded: 4 succeeded in 0:01:05",
    ]
    assert ESCAPE not in done.stdout


def test_a_watched_failure_says_what_failed(daemon: FakeDaemon) -> None:
    """A failed backfill ends the watch with exit code 1, what failed, and the last lines of its log."""
    daemon.on("GET", "/v1/backfills/3", backfill(status="failed", failed=1, waiting=3))
    daemon.on("GET", "/v1/backfills/3/failures", {"items": [FAILURE]})

    done = client("watch", "3", state=daemon.state)

    assert done.returncode == 1
    assert done.stdout.splitlines()[1:] == [
        "failed: load/orders 2013-01-02, cycle 2013-01-02T05:00:00Z, attempt 2, exit code 3  (backfill logs 7)",
        "  | opening",
        r"  | no such table: \x1b[31mflights",
        "backfill 3 january failed: 3 waiting, 1 failed in 0:01:05",
    ]


def test_a_watched_cancel_is_exit_code_1(daemon: FakeDaemon) -> None:
    """With --json the end is one object, and a cancelled backfill is no success."""
    daemon.on("GET", "/v1/backfills/3", backfill(status="cancelled", cancelled=4))

    done = client("watch", "3", "--json", state=daemon.state)

    assert (done.returncode, done.stderr) == (1, "")
    assert json.loads(done.stdout) == {**backfill(status="cancelled", cancelled=4), "failures": []}


def test_an_operation_that_failed(daemon: FakeDaemon, request_file: Path) -> None:
    """Accepted is not written: when the operation fails, so does the command."""
    operation = {"id": "op-1", "backfill_id": 3}
    daemon.on("POST", "/v1/backfills", Answer({**operation, "status": "pending"}, 202))
    daemon.on("GET", "/v1/operations/op-1", {**operation, "status": "failed", "error": "the disk is full"})

    done = client("submit", request_file, state=daemon.state)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines() == ["the backfill came to nothing: the disk is full"]


def test_faults_of_the_daemon_stand_in_the_file(daemon: FakeDaemon, request_file: Path) -> None:
    """Each fault is a line with the file's line and column: of the path, else of the nearest thing around it."""
    faults = (
        ("default_run_properties.parallelism", "99", "an integer from 1 to 10"),
        ("default_run_properties.root_task_ids[0]", '"extract"', "a task"),
        ("periods.biz_dates[0].nothing.here", "1", "2"),
    )
    daemon.on("POST", "/v1/backfills", problem(422, "invalid_request", "several", *faults))

    done = client("submit", request_file, state=daemon.state)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines() == [
        f"{request_file}:8:3: default_run_properties.parallelism: given 99; allowed: an integer from 1 to 10",
        f'{request_file}:7:19: default_run_properties.root_task_ids[0]: given "extract"; allowed: a task',
        f"{request_file}:5:15: periods.biz_dates[0].nothing.here: given 1; allowed: 2",
    ]


def test_what_json_would_blur_is_not_sent(daemon: FakeDaemon, request_file: Path) -> None:
    """An unquoted time of day, which JSON would make a good text, is refused as it is offline."""
    text = request_file.read_text().replace("periods:\n", "periods:\n  start_time: 22:00:00\n  end_time: '23:00:00'\n")
    request_file.write_text(text)

    done = client("submit", request_file, state=daemon.state)

    assert (done.returncode, daemon.asked) == (2, [])
    [line] = done.stderr.splitlines()
    assert line.startswith(f"{request_file}:5:3: periods.start_time: given 22:00:00")
    assert "quote it" in line


def test_a_plan_with_errors_is_refused(daemon: FakeDaemon, request_file: Path) -> None:
    """Findings read as `backfill plan` says them."""
    error = ("nothing_selected", "january", "no task is left to run")
    daemon.on("POST", "/v1/backfills", problem(422, "plan_refused", "refused", error))

    done = client("submit", request_file, state=daemon.state)

    assert done.returncode == 2
    assert done.stderr.splitlines() == ["january: no task is left to run [nothing_selected]"]


def test_a_terminal_shows_a_bar(daemon: FakeDaemon) -> None:
    """A terminal sees a bar that moves, one for each date that runs, and a name that cannot move the cursor."""
    name = "jan\x1b[2Juary"
    daemon.listing("/v1/runs", run_of(12, "2013-01-02", "running", running=1, succeeded=2), run_of(11, "2013-01-01"))
    daemon.on(
        "GET",
        "/v1/backfills/3",
        backfill(name=name, waiting=2, running=1, succeeded=1),
        backfill(name=name, status="succeeded", succeeded=4),
    )

    code, seen = on_terminal("watch", "3", state=daemon.state)

    assert code == 0
    assert "━" in seen
    assert "25% 1/4 1 running" in seen
    assert seen.index("2013-01-01") < seen.index("2013-01-02")
    assert "66% 2/3 1 running" in seen
    assert [each.query["state"] for each in daemon.asked if each.path == "/v1/runs"] == [["running"]]
    assert r"jan\x1b[2Juary succeeded: 4 succeeded" in seen
    assert "\x1b[2J" not in seen


def test_a_watch_survives_a_restart(daemon: FakeDaemon) -> None:
    """A daemon that comes back on another port is found again by its endpoint file."""
    daemon.on("GET", "/v1/backfills/3", backfill(), backfill(status="succeeded", succeeded=4))
    heeded = [sys.executable, "-c", HEEDS, CLIENT, "watch", "3"]
    watching = subprocess.Popen(
        heeded, env=environment(daemon.state), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert watching.stdout
    assert watching.stderr
    assert "running" in watching.stdout.readline()
    daemon.stop()
    assert "trying on" in watching.stderr.readline()
    daemon.start()

    seen, _ = watching.communicate(timeout=60)

    assert watching.returncode == 0
    assert seen.splitlines()[-1] == "backfill 3 january succeeded: 4 succeeded in 0:01:05"


def test_patience_ends(daemon: FakeDaemon) -> None:
    """A daemon that does not come back is given up with exit code 3."""
    daemon.on("GET", "/v1/backfills/3", backfill(), Answer(b"", 503), Answer(b"", 503))

    done = client("watch", "3", "--patience", "0", state=daemon.state)

    assert done.returncode == 3
    assert done.stderr.splitlines()[-1] == (
        f"the daemon at {daemon.url} is in trouble: Service Unavailable (status 503)"
    )


def test_ctrl_c_leaves_it_running(daemon: FakeDaemon) -> None:
    """Ctrl-C ends the watching, says that the backfill goes on, and asks nothing of the daemon."""
    daemon.on("GET", "/v1/backfills/3", backfill())
    heeded = [sys.executable, "-c", HEEDS, CLIENT, "watch", "3"]
    watching = subprocess.Popen(
        heeded, env=environment(daemon.state), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert watching.stdout
    watching.stdout.readline()
    watching.send_signal(signal.SIGINT)

    _, told = watching.communicate(timeout=60)

    assert watching.returncode == 130
    assert told == "backfill 3 goes on; to see it again: backfill watch 3\n"
    assert {each.method for each in daemon.asked} == {"GET"}
