"""A database that is locked, refuses, or cannot make durable what it was given; judged by the tasks' ledger."""

from __future__ import annotations

import shutil
import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest
from daemon.host import NOTE, TRIES, Host, asking, until
from faults.conftest import Judged, Rounds
from faults.trial import Trial
from sqlalchemy import make_url
from store.place import Place

SLOTS = 4
"""So many attempts may be on their way to their first line."""
GATE = 'until test -e "$ledger.go"; do sleep 0.02; done'


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


def test_while_the_database_is_locked_nothing_is_lost_and_nothing_starts(
    host: Host, rounds: Rounds, judged: Judged
) -> None:
    """Readiness tells the trouble, what runs goes on, and everything goes its way once the lock is gone."""
    seconds = rounds(0, 30)
    judged(1, f"locked for {seconds} s: answers, starts")
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
        time.sleep(seconds)
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


@pytest.mark.long
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


@pytest.mark.long
@pytest.mark.parametrize("when", ["40+", "30..60"], ids=["for good", "for a while"])
def test_what_cannot_be_synced_does_not_count(host: Host, when: str, judged: Judged) -> None:
    """While syncs fail nothing starts and readiness says so; after a restart, or by itself, nothing is lost."""
    assert shutil.which("strace"), "strace is missing: as root, apt-get install strace"
    judged(1, f"each thread's fdatasync {when} fails with EIO: answers, starts, states")
    trial = Trial(dates=13)
    inject = ("-e", "trace=fdatasync", "-e", f"inject=fdatasync:error=EIO:when={when}")
    host.before = ("strace", "-D", "-f", "-qq", "-o", "/dev/null", *inject)
    host.catalog(trial.tasks())
    host.start()
    backfill = trial.submit(host)
    until(lambda: ready(host) == 503)
    if when.endswith("+"):
        lines = len(host.lines())
        time.sleep(2)
        assert len(host.lines()) <= lines + SLOTS, "started before it was durable"
        host.kill()
        host.before = ()
        host.start()

    trial.judge(host, backfill)
