"""A million instances forecast in the helper process, while a daemon dispatches no-op tasks in chains.

Run it as `python benchmarks/forecast.py [tasks dates]`. Printed are wall and CPU seconds of the rehearsal alone, of
tasks that all take the same and of tasks that all differ, and of the whole answer through the helper; then what a
hand-off from an upstream's end to its downstream's start takes without and with a helper at work.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from shutil import rmtree
from statistics import median
from threading import Thread
from time import perf_counter, process_time

from dispatch import DIRECT, PLACE, adopt_orphans, gaps_of, new_folder, percentile, reap_workers, run, tasks_of
from engine import layered_plan
from hosting import FIRST, SLOTS, Hosted, catalog, daemon, layered, request

from backfilld.catalog.models import Task
from backfilld.engine.events import Accepted, OnFailure
from backfilld.engine.forecast import Outlook, forecast

NOW = datetime(2030, 1, 1, tzinfo=UTC)
CHAIN, DATES = 40, 10
"""Hand-offs are measured in so long chains, on so many dates one after another."""


def rehearse(tasks: int, dates: int, slots: int, *, alike: bool) -> tuple[float, float]:
    """Wall and CPU seconds of one pace, ten dates at a time."""
    plan, chance = layered_plan(tasks, dates), random.Random(1)
    seconds = {each.task.id: 60.0 if alike else chance.uniform(1, 600) for each in plan.tasks}

    def takes(environment: str, task: Task) -> float:
        return seconds[task.id]

    said = Accepted(1, plan, range(1, dates + 1), "Prod", 1, 10, OnFailure.CONTINUE)
    wall, cpu = perf_counter(), process_time()
    found = forecast(Outlook({"default": slots}, [said]), 1, takes, NOW)
    assert found.end is not None
    return perf_counter() - wall, process_time() - cpu


@contextmanager
def at_work(host: Hosted, tasks: list[str], dates: int, took: list[str]) -> Iterator[None]:
    """Forecasts of all the tasks, one after the other, as long as the block lasts; `took` gets what each has cost."""
    over = False

    def ask() -> None:
        while not over:
            began, cpu = perf_counter(), host.cpu_of_helpers()
            answer = host.client.post("/v1/forecasts", json=request(tasks, FIRST, dates, parallelism=10))
            answer.raise_for_status()
            took.append(f"{perf_counter() - began:.1f} s ({host.cpu_of_helpers() - cpu:.1f} CPU s)")

    thread = Thread(target=ask)
    thread.start()
    try:
        yield
    finally:
        over = True
        thread.join()


def main(tasks: int, dates: int) -> None:
    size = tasks * dates
    print(f"{tasks:,} tasks x {dates:,} dates = {size:,} instances, ten dates at a time; one pace in this process")
    for alike in (True, False):
        for slots in (8, 64):
            wall, cpu = rehearse(tasks, dates, slots, alike=alike)
            kind = "all tasks take the same" if alike else "all tasks differ"
            print(f"{kind:24} {slots:3} slots {wall:7.1f} s {cpu:7.1f} CPU s {size / cpu:10,.0f} instances per CPU s")
    chain = {f"c{name}": [f"c{up}" for up in ups] for name, ups in layered(CHAIN, width=1).items()}
    graph, took = layered(tasks), list[str]()
    try:
        with daemon(new_folder(), catalog(tasks_of(chain | graph, DIRECT))) as host:
            asked = request(chain, FIRST, DATES, parallelism=1)
            quiet = gaps_of(host.client, run(host.client, asked))
            with at_work(host, list(graph), dates, took):
                busy = gaps_of(host.client, run(host.client, asked))
    finally:
        reap_workers()
    print(f"through the helper, {SLOTS} slots, no history (CPU s with workers that ended meanwhile): {', '.join(took)}")
    for name, gaps in (("no helper", quiet), ("helper at work", busy)):
        print(f"hand-off, {name:15} p50 {median(gaps):7.2f} ms   p99 {percentile(gaps, 0.99):7.2f} ms (asked: 100)")


if __name__ == "__main__":
    adopt_orphans()
    try:
        main(*(int(each) for each in sys.argv[1:3]) if len(sys.argv) > 2 else (1000, 1000))
    finally:
        rmtree(PLACE)
