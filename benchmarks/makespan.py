"""How early the order of spec 4.6 ends: the real engine under a virtual clock, on real graphs with recorded durations.

Run it as `python benchmarks/makespan.py [FOLDER]`: every graph of the folder whose file has `seconds`, else those of
tests/graphs. Per graph the lower bound in seconds, and as ratios to it: the engine with the durations as its history,
the engine without history, and first in, first out. 8 slots; one date, then several.
"""

from __future__ import annotations

import json
import sys
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from heapq import heappop, heappush
from pathlib import Path
from uuid import UUID

from backfilld.catalog.cron import parse_cron
from backfilld.catalog.models import Catalog, Clock, Command, Dependency, Project, Task, Workflow
from backfilld.dates import Period
from backfilld.engine.engine import Engine
from backfilld.engine.events import Accepted, AttemptEnded, OnFailure, Said, Start
from backfilld.engine.states import AttemptState
from backfilld.graph import Dag
from backfilld.planning.plan import Plan, split_id
from backfilld.planning.planner import make_plan
from backfilld.request.durations import steady
from backfilld.request.resolved import UNLIMITED, ResolvedRequest
from backfilld.request.selection import ManualSelection

SHIPPED = Path(__file__).parents[1] / "tests" / "graphs"
NOW = datetime(2030, 1, 1, tzinfo=UTC)
FIRST = date(2020, 1, 1)
SLOTS = 8
SHAPES = ((1, 1), (5, 5), (10, 4))
"""Dates, and how many of them at a time."""


@dataclass(frozen=True)
class Recorded:
    """A graph with the seconds that each task took at its source."""

    upstream: Mapping[str, tuple[str, ...]]
    seconds: Mapping[str, float]

    def critical_path(self) -> float:
        """The seconds of the longest path."""
        ends: dict[str, float] = {}
        for name in Dag(self.upstream).ordered():
            ends[name] = self.seconds[name] + max((ends[up] for up in self.upstream[name]), default=0)
        return max(ends.values())

    def bound(self, dates: int = 1, parallelism: int = 1, slots: int = SLOTS) -> float:
        """No order can end earlier: all the work on all slots, and each place one date after another."""
        turns = -(-dates // parallelism)
        return max(self.critical_path() * turns, sum(self.seconds.values()) * dates / slots)


def graphs(folder: Path) -> Iterator[tuple[str, Recorded]]:
    """The graphs of a folder whose every task has recorded seconds, by name."""
    for file in sorted(folder.glob("*.json")):
        tasks = json.loads(file.read_text())["tasks"]
        if all("seconds" in task for task in tasks):
            upstream = {task["name"]: tuple(dict.fromkeys(task["depends_on"])) for task in tasks}
            yield file.stem, Recorded(upstream, {task["name"]: task["seconds"] for task in tasks})


def plan_of(graph: Recorded, dates: int = 1, *, history: bool = True) -> Plan:
    """The plan of the whole graph; with `history`, its seconds are what each task is expected to take."""
    ids = {name: number for number, name in enumerate(graph.upstream, 1)}
    clock = Clock(parse_cron("0 0 * * *"), "UTC", 0)
    tasks = tuple(
        Task(ids[name], name, 1, 1, clock, Command("true"), depends_on=tuple(Dependency(ids[up]) for up in ups))
        for name, ups in graph.upstream.items()
    )
    flow = Workflow(1, "flow", 1, "Scheduled", {}, {}, None, None, tasks)
    catalog = Catalog(UUID(int=1), "", (Project(1, "project", "UTC", 0, {}, {}, (flow,)),))
    request = ResolvedRequest(
        ManualSelection(frozenset(), frozenset(catalog.tasks)),
        (Period(FIRST, FIRST + timedelta(days=dates - 1)),),
        NOW,
        durations=steady({ids[name]: seconds for name, seconds in graph.seconds.items()} if history else {}),
    )
    return make_plan(request, catalog, limits=UNLIMITED)


def makespan(graph: Recorded, plan: Plan, parallelism: int = 1, slots: int = SLOTS) -> float:
    """Seconds until the engine is done with the plan, every task taking what it took at its source."""
    engine, now = Engine({"default": slots}), NOW
    running: list[tuple[datetime, int, int]] = []
    runs = range(1, len(plan.dates) + 1)
    said: list[Said] = [Accepted(1, plan, runs, "Prod", 1, parallelism, OnFailure.CONTINUE)]
    while said:
        for effect in engine.handle(said, now):
            if isinstance(effect, Start):
                task = plan.tasks[plan.template(0).tasks[split_id(effect.instance)[1]]].task
                heappush(running, (now + timedelta(seconds=graph.seconds[task.name]), *effect))
        now, said = running[0][0] if running else now, []
        while running and running[0][0] == now:
            _, instance, attempt = heappop(running)
            said.append(AttemptEnded(instance, attempt, AttemptState.SUCCEEDED, 0, now))
    assert engine.snapshot.backfills[1].word == "succeeded"
    return (now - NOW).total_seconds()


class FirstInFirstOut:
    """The yardstick, without the engine: what has become ready first starts first."""

    def __init__(self, graph: Recorded, dates: int, parallelism: int) -> None:
        self._graph, self._downstream = graph, Dag(graph.upstream).downstream
        self._unmet = [{name: len(ups) for name, ups in graph.upstream.items()} for _ in range(dates)]
        self._left = [len(graph.upstream)] * dates
        self._line: deque[tuple[int, str]] = deque()
        self._next = 0
        for _ in range(min(parallelism, dates)):
            self._admit()

    def makespan(self, slots: int = SLOTS) -> float:
        """Seconds until all dates are done."""
        now, running = 0.0, list[tuple[float, int, str]]()
        while self._line or running:
            while self._line and len(running) < slots:
                day, name = self._line.popleft()
                heappush(running, (now + self._graph.seconds[name], day, name))
            now, day, name = heappop(running)
            self._end(day, name)
        return now

    def _admit(self) -> None:
        if self._next < len(self._left):
            day, self._next = self._next, self._next + 1
            self._line.extend((day, name) for name, unmet in self._unmet[day].items() if not unmet)

    def _end(self, day: int, name: str) -> None:
        for down in self._downstream[name]:
            self._unmet[day][down] -= 1
            if not self._unmet[day][down]:
                self._line.append((day, down))
        self._left[day] -= 1
        if not self._left[day]:
            self._admit()


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else SHIPPED
    print(f"{'':24} {'dates':>5} {'at a time':>9} {'bound s':>9} {'engine':>7} {'no history':>10} {'fifo':>7}")
    for name, graph in graphs(folder):
        for dates, parallelism in SHAPES:
            bound = graph.bound(dates, parallelism)
            found = (
                makespan(graph, plan_of(graph, dates), parallelism),
                makespan(graph, plan_of(graph, dates, history=False), parallelism),
                FirstInFirstOut(graph, dates, parallelism).makespan(),
            )
            ours, blind, fifo = (each / bound for each in found)
            print(f"{name:24} {dates:5} {parallelism:9} {bound:9.1f} {ours:7.3f} {blind:10.3f} {fifo:7.3f}")


if __name__ == "__main__":
    main()
