"""What happens to a daemon, its workers, its tasks and its database in real life; judged by the ledger."""

from __future__ import annotations

import os
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest
from daemon.host import NOTE, TRIES, Host, alive, asking, until
from sqlalchemy import make_url
from store.place import Place

GATE = 'until test -e "$ledger.go"; do sleep 0.02; done'
PID = 'echo $$ > "$ledger.$BACKFILL_TASK.$BACKFILL_ATTEMPT"'


def parent(pid: int) -> int:
    """Its worker."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def pid_of(host: Host, task: str, attempt: int = 1) -> int:
    """The task's process, once it has told its number."""
    file = host.file(f"{task}.{attempt}")
    until(lambda: file.exists() and file.read_text().endswith("\n"))
    return int(file.read_text())


@pytest.mark.parametrize("beside", ["the daemon lives", "the daemon is killed too"])
def test_a_killed_worker_takes_its_attempt_along(host: Host, beside: str) -> None:
    """Its attempt is lost and the task's process gone; it runs again, as a new attempt, only where the task says so."""
    hangs = f'{NOTE}; {PID}; test "$BACKFILL_ATTEMPT" = 2 || sleep 300'
    host.catalog(
        [
            {"task": "stops", "command": hangs, "on_lost": "stop", "retries": 3, "retry_delay": 0},
            {"task": "retries", "command": hangs, "on_lost": "retry", "retry_delay": 0},
            {"task": "after", "command": NOTE, "depends_on": ["stops"]},
        ]
    )
    host.start()
    backfill = host.submit(roots=["stops", "retries", "after"])
    pids = [pid_of(host, task) for task in ("stops", "retries")]

    if beside != "the daemon lives":
        host.kill()
    for pid in pids:
        os.kill(parent(pid), signal.SIGKILL)
    if beside != "the daemon lives":
        host.start()

    assert host.ended(backfill)["status"] == "failed"
    assert not any(map(alive, pids))
    states = {}
    for task in ("stops", "retries", "after"):
        instance = host.one(backfill, task)
        states[task] = (instance["state"], [attempt["state"] for attempt in instance["attempts"]])
    assert states == {
        "stops": ("lost", ["lost"]),
        "retries": ("succeeded", ["lost", "succeeded"]),
        "after": ("waiting", []),
    }
    assert sorted(line.split()[0] for line in host.lines()) == ["retries", "retries", "stops"]


def test_a_killed_task_has_failed_with_its_signal(work: Host) -> None:
    """SIGKILL of the task's own process, as by the kernel short of memory: exit code 137, and a retry if it has one."""
    work.serve(
        [
            {
                "task": "t",
                "command": f"{NOTE}; {PID}; test $BACKFILL_ATTEMPT = 2 || sleep 300",
                "retries": 1,
                "retry_delay": 0,
            }
        ]
    )
    backfill = work.submit(roots=["t"])

    os.kill(pid_of(work, "t"), signal.SIGKILL)

    assert work.ended(backfill)["status"] == "succeeded"
    assert [(each["state"], each["exit_code"]) for each in work.one(backfill, "t")["attempts"]] == [
        ("failed", 137),
        ("succeeded", 0),
    ]


@contextmanager
def locked(host: Host) -> Iterator[None]:
    """Somebody else writes into the database, and does not stop."""
    other = sqlite3.connect(host.state / "backfilld.db", timeout=0, isolation_level=None)
    try:
        while not other.in_transaction:  # without a pause: it has to slip in between two transactions of the daemon
            with suppress(sqlite3.OperationalError):
                other.execute("BEGIN IMMEDIATE")
        yield
    finally:
        other.close()


def ready(host: Host) -> int:
    return host.client.get("/readyz").status_code


def test_while_the_database_is_locked_nothing_is_lost_and_nothing_starts(host: Host) -> None:
    """Readiness tells the trouble, what runs goes on, and everything goes its way once the lock is gone."""
    host.catalog(
        [
            {"task": "first", "command": f"{NOTE}; {GATE}"},
            {"task": "second", "command": NOTE, "depends_on": ["first"]},
        ]
    )
    host.start()
    backfill = host.submit(last="2024-01-04", roots=["first", "second"], parallelism=4)
    until(lambda: len(host.lines()) == 4)

    with locked(host):
        host.file("go").touch()
        until(lambda: ready(host) == 503)
        refused = host.client.post("/v1/backfills", json=asking(roots=["second"]))
        shown = host.get(f"/v1/backfills/{backfill}")
        lines = len(host.lines())

    assert refused.status_code == 503
    assert lines == 4, "started before it was durable"
    assert shown["counts"]["running"] == 4
    assert host.ended(backfill)["status"] == "succeeded"
    assert set(host.starts().values()) == {1}
    assert len(host.starts()) == 8
    assert ready(host) == 200
    assert [each["id"] for each in host.get("/v1/backfills")["items"]] == [backfill]


def test_sigterm_ends_the_daemon_in_time_though_its_database_is_locked(host: Host) -> None:
    """2 s, whatever others do; the next daemon hears what the tasks came to."""
    host.catalog([{"task": "t", "command": f"{NOTE}; {GATE}; exit 5"}])
    host.start()
    took: list[float] = []
    while not took or (took[-1] >= 2 and len(took) < TRIES):
        host.file("go").unlink(missing_ok=True)
        backfill = host.submit(roots=["t"])
        until(lambda: len(host.lines()) > len(took))
        with locked(host):
            host.file("go").touch()
            until(lambda: ready(host) == 503)
            took.append(host.end(signal.SIGTERM))
        host.start()
        assert host.ended(backfill)["status"] == "failed"
        assert host.one(backfill, "t")["attempts"][0]["exit_code"] == 5

    assert min(took) < 2


def test_an_acceptance_outlasts_a_locked_database(host: Host) -> None:
    """What was answered is not given up because its runs cannot be written for a while."""
    host.catalog([{"task": "t", "virtual": True}])
    host.start()
    for _ in range(TRIES):
        operation = host.accepted("2100-01-01", "2139-12-31", roots=["t"])
        with locked(host):
            written = host.get(f"/v1/operations/{operation['id']}")["status"]
            if written == "pending":
                until(lambda: ready(host) == 503)
                break

    assert written == "pending", "the lock came too late to prove anything"
    until(lambda: host.get(f"/v1/operations/{operation['id']}")["status"] == "completed")
    until(lambda: ready(host) == 200)
    host.act("backfills", operation["backfill_id"], "cancel")
    runs = host.ended(operation["backfill_id"])["runs"]
    assert sum(runs.values()) == 14_609


def test_a_daemon_that_stood_still_catches_up(host: Host) -> None:
    """What ended while the daemon was stopped is told as it ended, and what waited for it runs."""
    host.catalog(
        [
            {"task": "first", "command": f'{NOTE}; {GATE}; echo over >> "$ledger.over"; test "$bizdate" != 20240102'},
            {"task": "second", "command": NOTE, "depends_on": ["first"]},
        ]
    )
    host.start()
    backfill = host.submit(last="2024-01-03", roots=["first", "second"], parallelism=3)
    until(lambda: len(host.lines()) == 3)
    assert host.process is not None

    host.process.send_signal(signal.SIGSTOP)
    host.file("go").touch()
    over = host.file("over")
    until(lambda: over.exists() and over.read_text().count("over") == 3)
    still = len(host.lines())
    host.process.send_signal(signal.SIGCONT)

    ended = host.ended(backfill)
    assert still == 3
    assert ended["runs"] == {"succeeded": 2, "failed": 1}
    assert sorted(line.split()[0] for line in host.lines()) == ["first"] * 3 + ["second"] * 2


def test_the_daemon_on_postgresql_goes_on_after_a_kill(tmp_path: Path, postgresql: Place) -> None:
    """The same daemon on the other database: killed in the middle of a backfill, it loses and repeats nothing."""
    host = Host(tmp_path, database=postgresql.url)
    host.catalog([{"task": "a", "command": NOTE}, {"task": "b", "command": f"{NOTE}; {GATE}", "depends_on": ["a"]}])
    with closing(host):
        host.start()
        backfill = host.submit(last="2024-01-06", roots=["a", "b"], parallelism=3)
        until(lambda: len(host.lines()) == 6)
        host.kill()
        host.file("go").touch()
        host.start()

        assert host.ended(backfill)["status"] == "succeeded"
        assert set(host.starts().values()) == {1}
        assert len(host.starts()) == 12


def test_a_rerun_that_the_database_refused_can_be_asked_again(tmp_path: Path, postgresql: Place, server: Place) -> None:
    """While nobody can connect the rerun of what is done is refused; asked again later, it runs."""
    host = Host(tmp_path, database=postgresql.url)
    host.catalog([{"task": "t", "command": f'{NOTE}; test -e "$ledger.go"'}])
    name = make_url(postgresql.url).database
    with closing(host):
        host.start()
        backfill = host.submit(roots=["t"])
        host.ended(backfill)
        server.administer(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        server.administer(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
        refused = host.client.post(f"/v1/backfills/{backfill}/rerun")
        server.administer(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        host.file("go").touch()
        until(lambda: host.client.post(f"/v1/backfills/{backfill}/rerun").status_code == 200)

        assert refused.status_code == 503
        until(lambda: host.get(f"/v1/backfills/{backfill}")["status"] == "succeeded")
        assert [line.split()[2] for line in host.lines()] == ["1", "2"]
