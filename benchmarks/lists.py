"""What pages of lists cost in a store of two million task instances, asked of a real daemon over a kept connection.

`python benchmarks/lists.py [rounds]`. 1,051 backfills that are done: one of a million instances, 50 of ten thousand,
1,000 of five hundred; one run in ten has failed, with failed, lost, skipped, cancelled and waiting instances. Each list
is asked for its first page, one in its middle and its last, and with each of its filters; p50 and p99 of the rounds,
and what the daemon worked for one on average, which says more on a machine that is not idle.
"""

from __future__ import annotations

import shutil
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from hosting import Host, Hosted, catalog, layered, request

from backfilld.engine.states import State
from backfilld.planning.plan import RUN_BITS

TASKS, LATER = 1000, date(2100, 1, 1)
KINDS = ((1000, 1000, 1), (100, 100, 50), (100, 5, 1000))
"""Tasks, dates, and how many backfills of such."""
FAILS = 10
"""One run in so many does not succeed."""
DONE = (int(time.time()) - 86_400) * 1_000_000
"""Microseconds: when the first run was settled; each other one a second later. Long ago, it would not be kept."""
ODD = {7: State.FAILED, 13: State.LOST, 17: State.SKIPPED, 23: State.CANCELLED, 29: State.WAITING, 31: State.WAITING}
"""By ordinal, what becomes of instances on a date that fails."""
ASKED, ASKED_OF_SCANS = 0.050, 1.0
Query = Mapping[str, Any]


@dataclass(frozen=True)
class Case:
    """A page of a list; `scans`: no index leads to what passes."""

    title: str
    path: str
    query: Query
    scans: bool = False


def accept(host: Host) -> None:
    """One backfill of each kind, whose cycles are not to come for long."""
    graph = list(layered(TASKS))
    with host.asked() as hosted:
        for tasks, dates, _ in KINDS:
            asked = request(graph[:tasks], LATER, dates)
            answer = hosted.client.post("/v1/backfills", json=asked).raise_for_status()
            while hosted.client.get(answer.headers["Location"]).json()["status"] != "completed":
                time.sleep(0.05)


def fill(database: Path) -> int:
    """Make the others, as copies, and have all of them done; answers how many instances there are."""
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        for number, (_, dates, copies) in enumerate(KINDS, 1):
            copy(connection, number, dates, copies - 1)
        connection.execute(
            "UPDATE backfill SET done_at = ?, outcome = 'failed', marks = NULL, name = name || ' ' || id, "
            """request = replace(request, '"name":"bench"', '"name":"bench ' || id || '"')""",
            [DONE],
        )
        connection.execute("UPDATE operation SET status = 'completed', completed_at = ?", [DONE])
        make_rows(connection)
        (found,) = connection.execute("SELECT count(*) FROM task_instance").fetchone()
    return int(found)


def copy(connection: sqlite3.Connection, backfill: int, dates: int, copies: int) -> None:
    """Backfills with runs of their own that are this one in all else."""
    names = [name for _, name, *_ in connection.execute("PRAGMA table_info(backfill)")]
    others = ", ".join(f'"{name}"' for name in names if name not in ("id", "first_run"))
    (number, run) = connection.execute("SELECT next_backfill, next_run FROM lease").fetchone()
    made = [(number + each, run + each * dates) for each in range(copies)]
    same_but = f"SELECT ?, ?, {others} FROM backfill WHERE id = {backfill}"
    connection.executemany(f"INSERT INTO backfill (id, first_run, {others}) {same_but}", made)
    connection.executemany(
        f"INSERT INTO operation (id, status, backfill_id, accepted_at) SELECT 'copy-' || ?1, status, ?1, accepted_at "
        f"FROM operation WHERE backfill_id = {backfill}",
        [(each,) for each, _ in made],
    )
    taken = number + copies, run + copies * dates
    connection.execute("UPDATE lease SET next_backfill = ?, next_run = ?", taken)
    columns = [name for _, name, *_ in connection.execute("PRAGMA table_info(run)")]
    same = ", ".join(name for name in columns if name not in ("number", "backfill_id"))
    connection.executemany(
        f"INSERT INTO run (number, backfill_id, {same}) SELECT number - (SELECT first_run FROM backfill WHERE id = "
        f"{backfill}) + ?2, ?1, {same} FROM run WHERE backfill_id = {backfill}",
        made,
    )


def make_rows(connection: sqlite3.Connection) -> None:
    """Instances, state bytes and counts of every run."""
    for tasks in sorted({tasks for tasks, _, _ in KINDS}):
        for fails in (False, True):
            states = bytes(state_of(ordinal, fails=fails) for ordinal in range(tasks))
            settle(connection, tasks, states, fails=fails)


def state_of(ordinal: int, *, fails: bool) -> int:
    """Of a date that fails one task fails, one is lost, and some wait for these."""
    return int(ODD.get(ordinal, State.SUCCEEDED) if fails else State.SUCCEEDED)


def settle(connection: sqlite3.Connection, tasks: int, states: bytes, *, fails: bool) -> None:
    """Write what became of the runs of so many tasks, of those that fail or of the others."""
    runs = (
        "SELECT number FROM run JOIN backfill ON backfill.id = run.backfill_id WHERE size = ? * "
        f"(SELECT count(*) FROM run AS r WHERE r.backfill_id = backfill.id) AND (number % {FAILS} = 0) = ?"
    )
    which = [tasks, fails]
    connection.execute("CREATE TEMP TABLE IF NOT EXISTS byte_of (ordinal INTEGER PRIMARY KEY, byte INTEGER)")
    connection.execute("DELETE FROM byte_of")
    connection.executemany("INSERT INTO byte_of VALUES (?, ?)", enumerate(states))
    connection.execute(
        "INSERT INTO task_instance (id, task_id, cycle_time, byte, attempt, failures, changed_at) "
        f"SELECT number << {RUN_BITS} | ordinal, task_id, unixepoch(business_date, '+1 day') * 1000000, byte, 1, 0, "
        f"{DONE} + number * 1000000 FROM run JOIN byte_of JOIN pattern USING (ordinal) "
        f"WHERE tasks = {tasks} AND number IN ({runs})",
        which,
    )
    connection.execute(f"INSERT INTO run_states SELECT number << {RUN_BITS - 12}, ? FROM ({runs})", [states, *which])
    counts = Counter(State(byte).name.lower() for byte in states)
    written = ", ".join(f"{name} = {count}" for name, count in counts.items())
    connection.execute(
        f"UPDATE run SET {written}, settled = 1, settled_at = {DONE} + number * 1000000, admitted_at = {DONE}, "
        f"outcome = '{'failed' if fails else 'succeeded'}' WHERE number IN ({runs})",
        which,
    )


def patterns(host: Host, database: Path) -> None:
    """Remember which task has which ordinal: there is one cycle a date."""
    with host.asked() as hosted, sqlite3.connect(database) as connection:
        connection.execute("CREATE TABLE pattern (tasks INTEGER, ordinal INTEGER, task_id INTEGER)")
        for number, (tasks, _, _) in enumerate(KINDS[:2], 1):
            plan = hosted.client.get(f"/v1/backfills/{number}/plan").raise_for_status().json()
            rows = [(tasks, ordinal, task["id"]) for ordinal, task in enumerate(plan["tasks"])]
            connection.executemany("INSERT INTO pattern VALUES (?, ?, ?)", rows)


def cases(client: httpx.Client) -> Iterator[Case]:
    """Every list with what it can be asked."""
    last_run = client.get("/v1/runs", params={"limit": 1}).json()["items"][0]["id"]
    (first_of_last,) = client.get("/v1/task_instances", params={"run": last_run, "limit": 1}).json()["items"]
    end = first_of_last["id"]
    instances, of_one = "/v1/task_instances", "/v1/backfills/1/task_instances"
    for limit in (100, 1000):
        yield from pages("/v1/backfills", limit, {"middle": 500, "last": limit + 1})
        yield from pages("/v1/runs", limit, {"middle": last_run // 2, "last": limit + 1})
        yield from pages("/v1/backfills/1/runs", limit, {"middle": 500, "last": 1000 - limit})
        yield from pages(instances, limit, {"middle": end // 2, "last": end - 1})
        yield from pages(of_one, limit, {"middle": 500 << RUN_BITS, "last": 1000 << RUN_BITS})
        yield from pages("/v1/operations", limit, {"middle": 500, "last": limit + 1})
        yield from pages("/v1/audit", limit, {})
        yield from pages("/v1/tasks", limit, {})
        yield from filtered(limit, client)
    for path in ("/v1/alerts", "/v1/projects", "/v1/workflows", "/v1/schedules", "/v1/resource_groups"):
        yield Case("first", path, {})
    yield Case("upstream", f"/v1/task_instances/{end}/upstream", {})
    yield Case("downstream", f"/v1/task_instances/{1 << RUN_BITS}/downstream", {})
    yield Case("attempts", f"/v1/task_instances/{end}/attempts", {})


def pages(path: str, limit: int, after: Mapping[str, int]) -> Iterator[Case]:
    yield Case("first", path, {"limit": limit})
    for title, since in after.items():
        yield Case(title, path, {"limit": limit, "after": since})


def filtered(limit: int, client: httpx.Client) -> Iterator[Case]:
    """What is found by an index, or among few; and what all has to be looked at for."""
    backfills, runs, instances = "/v1/backfills", "/v1/runs", "/v1/task_instances"
    of_one = "/v1/backfills/1/task_instances"
    rare = client.get("/v1/tasks", params={"name": "t0999"}).json()["items"][0]["id"]
    known: tuple[Query, ...] = {"project": "bench"}, {"state": "failed"}, {"state": "running"}, {"by": "local"}
    for query in (*known, {"name": "bench 7"}):
        yield Case(*said(query), backfills, {"limit": limit, **query})
    for query in ({"name_like": "none"}, {"tag": "none"}, {"created_before": "2000-01-01T00:00:00Z"}):
        yield Case(*said(query), backfills, {"limit": limit, **query}, scans=True)
    for query in ({"backfill": 1}, {"project": "bench"}, {"state": "failed"}, {"start_biz_date": "2100-01-01"}):
        yield Case(*said(query), runs, {"limit": limit, **query})
    for query in ({"state": "running"}, {"start_biz_date": "2102-09-26"}):
        yield Case(*said(query), runs, {"limit": limit, **query}, scans=True)
    for path in (instances, of_one):
        for query in ({"state": "failed"}, {"state": "lost"}, {"state": "running"}, {"run": 7}):
            yield Case(*said(query), path, {"limit": limit, **query})
        for query in (
            {"task": "t0000"},
            {"task": rare, "state": "failed"},
            {"task": rare},
            {"start_biz_date": "2102-09-26"},
            {"changed_after": "2030-01-01T00:00:00Z"},
            {"changed_before": "2000-01-01T00:00:00Z"},
        ):
            yield Case(*said(query), path, {"limit": limit, **query}, scans=True)


def said(query: Query) -> tuple[str]:
    return (" ".join(f"{name}={value}" for name, value in query.items()),)


@dataclass(frozen=True)
class Measured:
    """Seconds of each round, ascending; seconds that the daemon worked for one; and how many items came."""

    seconds: list[float]
    cpu: float
    items: int

    def share(self, share: float) -> float:
        """What this share of the rounds took at most."""
        return self.seconds[min(len(self.seconds) - 1, int(len(self.seconds) * share))]


def measure(hosted: Hosted, case: Case, rounds: int) -> Measured:
    """Ask once, so that what is remembered is, and then so many times."""
    ask = partial(hosted.client.get, case.path, params=dict(case.query))
    items = len(ask().raise_for_status().json().get("items", ()))
    seconds, worked = [], hosted.cpu()
    for _ in range(rounds):
        began = time.perf_counter()
        ask().raise_for_status()
        seconds.append(time.perf_counter() - began)
    return Measured(sorted(seconds), (hosted.cpu() - worked) / rounds, items)


def main(rounds: int, place: Path) -> None:
    """Print the table."""
    tasks = [{"task": name, "virtual": True, "depends_on": ups} for name, ups in layered(TASKS).items()]
    host = Host(place, catalog(tasks))
    database = host.state / "backfilld.db"
    host.start()
    try:
        accept(host)
        patterns(host, database)
        host.end()
        found = fill(database)
        host.start()
        print(f"{found:,} task instances, {rounds} rounds; asked: p99 {ASKED * 1000:.0f} ms, of scans (*) 1 s")
        print(f"{'list':34} {'page':44} {'limit':>5} {'items':>5} {'p50 ms':>8} {'p99 ms':>8} {'cpu ms':>7}")
        with host.asked() as hosted:
            for case in cases(hosted.client):
                report(case, measure(hosted, case, rounds))
    finally:
        host.end()


def report(case: Case, measured: Measured) -> None:
    """One row of the table; an exclamation mark where it took longer than asked."""
    late = measured.share(0.99) > (ASKED_OF_SCANS if case.scans else ASKED)
    title = f"{'* ' if case.scans else ''}{case.title}"
    asked = f"{case.path:34} {title:44} {case.query.get('limit', ''):>5} {measured.items:>5}"
    p50, p99, cpu = (1000 * each for each in (measured.share(0.5), measured.share(0.99), measured.cpu))
    print(f"{asked} {p50:8.1f} {p99:8.1f} {cpu:7.1f}{' !' if late else ''}")


if __name__ == "__main__":
    folder = Path(tempfile.mkdtemp(prefix="backfilld-bench-"))
    try:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 20, folder)
    finally:
        shutil.rmtree(folder)
