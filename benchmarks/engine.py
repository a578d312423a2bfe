"""The engine alone: a million instances from acceptance to the end, with an executor that takes no time.

Run it as `python benchmarks/engine.py`. Every start of a round ends in the next one; nothing is recorded.
"""

from __future__ import annotations

import gc
import random
import sys
import tracemalloc
from datetime import UTC, date, datetime, timedelta
from heapq import heappop, heappush
from time import perf_counter, process_time
from uuid import UUID

from backfilld.catalog.cron import parse_cron
from backfilld.catalog.models import Catalog, Clock, Command, Dependency, Project, Task, Workflow
from backfilld.dates import Period
from backfilld.engine.engine import Engine
from backfilld.engine.events import Accepted, AttemptEnded, OnFailure, Said, Start
from backfilld.engine.states import AttemptState
from backfilld.planning.plan import Plan
from backfilld.planning.planner import make_plan
from backfilld.request.resolved import UNLIMITED, ResolvedRequest
from backfilld.request.selection import ManualSelection

NOW = datetime(2030, 1, 1, tzinfo=UTC)
FIRST = date(2020, 1, 1)


def layered_plan(tasks: int, dates: int, layer: int = 10) -> Plan:
    """Daily tasks in layers; each needs one to three of the layer before it."""
    chance = random.Random(7)
    clock = Clock(parse_cron("0 0 * * *"), "UTC", 0)
    made = []
    for number in range(tasks):
        above = range(max(0, number // layer * layer - layer), number // layer * layer)
        ups = chance.sample(above, chance.randint(1, 3)) if above else []
        needs = tuple(Dependency(up + 1) for up in sorted(ups))
        made.append(Task(number + 1, f"t{number}", 1, 1, clock, Command("true"), depends_on=needs))
    flow = Workflow(1, "flow", 1, "Scheduled", {}, {}, None, None, tuple(made))
    catalog = Catalog(UUID(int=1), "", (Project(1, "project", "UTC", 0, {}, {}, (flow,)),))
    period = Period(FIRST, FIRST + timedelta(days=dates - 1))
    selection = ManualSelection(frozenset(), frozenset(catalog.tasks))
    return make_plan(ResolvedRequest(selection, (period,), NOW), catalog, limits=UNLIMITED)


def play(plan: Plan, slots: int) -> tuple[Engine, int, int]:
    """Play the plan to its end; the engine, its rounds and its starts."""
    engine = Engine({"default": slots})
    said: list[Said] = [Accepted(1, plan, range(1, len(plan.dates) + 1), "Prod", 1, 10, OnFailure.CONTINUE)]
    rounds = starts = 0
    while said:
        said = [
            AttemptEnded(effect.instance, effect.attempt, AttemptState.SUCCEEDED, 0, NOW)
            for effect in engine.handle(said, NOW)
            if type(effect) is Start
        ]
        rounds, starts = rounds + 1, starts + len(said)
    assert engine.snapshot.backfills[1].word == "succeeded"
    return engine, rounds, starts


def bare(plan: Plan) -> int:
    """The yardstick: the same graph in the same order with one array of counts and one heap, and nothing else."""
    done = 0
    for position in range(len(plan.dates)):
        template = plan.template(position)
        unmet, heap = template.unmet(), [ordinal for ordinal in range(template.size) if not template.upstream(ordinal)]
        while heap:
            ordinal = heappop(heap)
            done += 1
            for down in template.downstream(ordinal):
                unmet[down] -= 1
                if not unmet[down]:
                    heappush(heap, down)
    return done


def held(tasks: int, dates: int) -> int:
    """Bytes that the engine holds when all is done."""
    plan = layered_plan(tasks, dates)
    plan.template(0)
    gc.collect()
    tracemalloc.start()
    engine = play(plan, 64)[0]
    gc.collect()
    size = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    del engine
    return size


def main() -> None:
    tasks, dates = (int(each) for each in sys.argv[1:3]) if len(sys.argv) > 2 else (1000, 1000)
    plan = layered_plan(tasks, dates)
    print(f"{tasks:,} tasks x {dates:,} dates = {plan.size:,} instances, parallelism 10, instant executor")
    print(f"{'':>10} {'rounds':>9} {'seconds':>8} {'instances/s':>12} {'per CPU s':>12}")
    for slots in (0, 8, 64, 512):
        began, cpu = perf_counter(), process_time()
        rounds, done = play(plan, slots)[1:] if slots else (0, bare(plan))
        took, used = perf_counter() - began, process_time() - cpu
        name = f"{slots} slots" if slots else "bare"
        print(f"{name:>10} {rounds:>9,} {took:>8.2f} {done / took:>12,.0f} {done / used:>12,.0f}")
    few, many = held(tasks, 20), held(tasks, 60)
    growth = (many - few) / (40 * tasks)
    print(f"held at the end: {few / 2**20:.1f} MiB for 20 dates, and {growth:.1f} bytes an instance more")


if __name__ == "__main__":
    main()
