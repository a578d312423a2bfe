"""What `POST /v1/plans` costs, asked of a real daemon over a kept connection.

`python benchmarks/plans_over_http.py [rounds] [words of a title]`. A line tells the median and the worst time of the
rounds, the daemon's CPU time of one, the bytes of the answer, and how the daemon's memory grew from the first rounds to
the last. Every case has a daemon of its own.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from hosting import FIRST, Hosted, catalog, daemon, layered, request, store_url
from planning import mixed
from sqlalchemy import create_engine

from backfilld.engine.states import State
from backfilld.store import tables
from backfilld.store.ledger import NOTHING, CycleEnding, month_of, with_endings

ZONE = "America/New_York"
TASKS, DATES, TEN_YEARS = 1000, 2000, 3652
ASKED = 0.3
"""Seconds for two million instances."""
GRAPH = Path(__file__).parents[1] / "tests" / "graphs" / "dbt_mitodl_ol_data_platform.json"
LATER = date(2100, 1, 1)
"""Nothing of such dates starts while we measure."""
Tasks = list[dict[str, Any]]


@dataclass(frozen=True)
class Case:
    """What is asked, and in what surroundings."""

    title: str
    tasks: Tasks
    asked: Mapping[str, Any]
    limit: float | None = ASKED
    prepare: Callable[[Hosted, Path], None] = field(default=lambda host, folder: None)


def tasks_of(graph: Mapping[str, list[str]], cron: Callable[[], str] = lambda: "0 0 * * *") -> Tasks:
    """A catalog's tasks that do nothing; ids count from one."""
    return [
        {"task": name, "id": number, "virtual": True, "cron": cron(), "depends_on": ups}
        for number, (name, ups) in enumerate(graph.items(), 1)
    ]


def cases() -> Iterator[Case]:
    """All that is measured."""
    graph, dice = layered(TASKS), random.Random(7)
    daily = tasks_of(graph)
    yield Case("daily, 1,000 x 2,000", daily, request(graph, FIRST, DATES))
    yield Case("hourly, 1,000 x 83", tasks_of(graph, lambda: "0 * * * *"), request(graph, FIRST, 83))
    yield Case("cycles mixed, 1,000 x 313", tasks_of(graph, lambda: mixed(dice)), request(graph, FIRST, 313))
    window = request(graph, FIRST, DATES)
    window["periods"] |= {"start_time": "03:00:00", "end_time": "03:59:59"}
    yield Case("one hour a day of hourly, 1,000 x 2,000", tasks_of(graph, lambda: "0 * * * *"), window)
    yield from real_graph()
    yield from outside(graph)
    yield Case(
        "daily, all held by another backfill",
        daily,
        request(graph, LATER, DATES),
        prepare=lambda host, folder: submit(host, request(graph, LATER, DATES)),
    )
    for name, limit, prepare in (
        ("nothing", ASKED, lambda host, folder: None),
        ("all, by one backfill", None, lambda host, folder: remember(folder, TASKS, nightly=False)),
        ("all, by a backfill a date", None, lambda host, folder: remember(folder, TASKS, nightly=True)),
    ):
        asked = request(graph, FIRST, DATES) | {"reprocess": "Missing"}
        yield Case(f"daily, Missing; {name} exists", daily, asked, limit, prepare)


def real_graph() -> Iterator[Case]:
    """The largest graph that ships with the tests, from the task with most downstream, and whole."""
    graph = {task["name"]: list(dict.fromkeys(task["depends_on"])) for task in json.loads(GRAPH.read_text())["tasks"]}
    busiest = max(graph, key=lambda name: len(below(graph, name)))
    tasks = tasks_of(graph)
    downstream = request([busiest], FIRST, TEN_YEARS, mode="AllDownstream")
    yield Case("dbt_mitodl, AllDownstream of the busiest, ten years", tasks, downstream, 0.5)
    yield Case("dbt_mitodl, all 1,031, ten years", tasks, request(graph, FIRST, TEN_YEARS), 0.5)


def below(graph: Mapping[str, list[str]], task: str) -> set[str]:
    """A task and all that is downstream of it."""
    found = {task}
    while more := {name for name, ups in graph.items() if name not in found and found.intersection(ups)}:
        found |= more
    return found


def outside(graph: Mapping[str, list[str]]) -> Iterator[Case]:
    """Beside the thousand tasks five hundred that are not selected, each read by two; what they came to is known."""
    sources = {f"source{number}": [] for number in range(TASKS // 2)}
    reading = {name: [*ups, f"source{number // 2}"] for number, (name, ups) in enumerate(graph.items())}
    tasks, asked = tasks_of({**sources, **reading}), request(graph, FIRST, DATES)
    yield Case("daily, 500 tasks outside without a past", tasks, asked)
    for nightly, how in ((False, "by one backfill"), (True, "by a backfill a date")):
        yield Case(
            f"daily, 500 outside ran {how}",
            tasks,
            asked,
            prepare=lambda host, folder, nightly=nightly: remember(folder, len(sources), nightly=nightly),
        )


def submit(host: Hosted, asked: Mapping[str, Any]) -> None:
    """Have it accepted, and known to the engine."""
    found = host.client.post("/v1/backfills", json=asked).raise_for_status().json()
    while host.client.get(f"/v1/operations/{found['id']}").json()["status"] != "completed":
        time.sleep(0.05)


def remember(folder: Path, tasks: int, *, nightly: bool) -> None:
    """Every cycle of the first tasks succeeded: all in one backfill, or each date in its own."""
    packed = list(months(nightly=nightly))
    engine = create_engine(store_url(folder))
    with engine.begin() as connection:
        for task in range(1, tasks + 1):
            of_task = {"environment": "Prod", "task_id": task}
            connection.execute(tables.ledger.insert(), [{**of_task, **row} for row in packed])
    engine.dispose()


def months(*, nightly: bool) -> Iterator[dict[str, object]]:
    """What the ledger has of a daily task, month by month."""
    found: dict[int, Any] = {}
    for number in range(DATES):
        day = FIRST + timedelta(days=number + 1)
        cycle = int(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(ZONE)).timestamp())
        month, ending = month_of(cycle), CycleEnding(cycle, State.SUCCEEDED, cycle + 60)
        found[month] = with_endings(found.get(month, NOTHING), number + 1 if nightly else 1, [ending])
    return ({"month": month, **row._asdict()} for month, row in found.items())


def measure(case: Case, rounds: int) -> None:
    """One line of the table."""
    with tempfile.TemporaryDirectory() as name, daemon(Path(name), catalog(case.tasks, ZONE)) as host:
        case.prepare(host, Path(name))
        ask(host, case.asked)
        ask(host, case.asked)
        before, cpu = host.rss(), host.cpu()
        times, answer = zip(*(ask(host, case.asked) for _ in range(rounds)), strict=True)
        each, grown = (host.cpu() - cpu) / rounds, host.rss() - before
    size = json.loads(answer[-1])["counts"]["instances"]
    limit = f"{1000 * case.limit:6.0f}" if case.limit else "     -"
    milliseconds = f"{1000 * median(times):7.0f} {1000 * max(times):7.0f} {limit} {1000 * each:7.0f}"
    print(f"{case.title:52} {size:10,} {milliseconds} {len(answer[-1]) / 1000:9,.0f} {before:6.0f} {grown:+6.1f}")


def ask(host: Hosted, asked: Mapping[str, Any]) -> tuple[float, bytes]:
    """Seconds until the answer was there, and the answer."""
    began = time.perf_counter()
    answer = host.client.post("/v1/plans", json=asked)
    return time.perf_counter() - began, answer.raise_for_status().content


def main(rounds: int, words: str) -> None:
    """Print the table."""
    times = f"{'median':>7} {'worst':>7} {'limit':>6} {'CPU ms':>7}"
    print(f"{'milliseconds':52} {'instances':>10} {times} {'KB':>9} {'MB':>6} {'grown':>6}")
    for case in cases():
        if words in case.title:
            measure(case, rounds)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 15, " ".join(sys.argv[2:]))
