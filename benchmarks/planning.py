"""How long planning takes and how much memory it grows by: `python benchmarks/planning.py`; each case is a process.

The reference of the ratios is a plain loop over one million integers in the same process.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from time import perf_counter
from uuid import UUID

from backfilld.catalog.cron import parse_cron
from backfilld.catalog.models import SAME, Catalog, Clock, Command, Dependency, Project, Task, Workflow
from backfilld.dates import Period
from backfilld.planning.plan import Plan
from backfilld.planning.planner import make_plan
from backfilld.request.resolved import Limits, ResolvedRequest
from backfilld.request.selection import ManualSelection

TASKS = 1000
FIRST = date(2014, 1, 1)
ZONES = (
    "America/New_York",
    "Europe/Berlin",
    "Asia/Shanghai",
    "Australia/Lord_Howe",
    "America/Sao_Paulo",
    "Africa/Cairo",
    "Asia/Kolkata",
    "Pacific/Auckland",
)


def daily(_: random.Random) -> str:
    """Every day at midnight."""
    return "0 0 * * *"


def hourly(_: random.Random) -> str:
    """Every hour."""
    return "0 * * * *"


def mixed(dice: random.Random) -> str:
    """60 % daily, 25 % hourly, 10 % weekly, 5 % monthly, each at a time of its own."""
    minute, hour, kind = dice.randrange(60), dice.randrange(24), dice.random()
    if kind < 0.60:
        return f"{minute} {hour} * * *"
    if kind < 0.85:
        return f"{minute} * * * *"
    return f"{minute} {hour} * * {dice.randrange(7)}" if kind < 0.95 else f"{minute} {hour} {dice.randint(1, 28)} * *"


def catalog(cron: Callable[[random.Random], str], zones: tuple[str, ...] = ZONES[:1]) -> Catalog:
    """A thousand tasks, each with up to three random upstreams."""
    dice = random.Random(7)
    tasks = tuple(
        Task(
            id=number + 2,
            name=f"task_{number}",
            workflow_id=2,
            project_id=1,
            clock=Clock(parse_cron(cron(dice)), zones[number % len(zones)], 1),
            action=Command("true"),
            depends_on=tuple(
                Dependency(up + 2, SAME) for up in sorted(dice.sample(range(number), min(number, dice.randint(0, 3))))
            ),
        )
        for number in range(TASKS)
    )
    flow = Workflow(2, "flow", 1, "Scheduled", {}, {}, None, None, tasks)
    return Catalog(UUID(int=0), "", (Project(1, "bench", zones[0], 1, {}, {}, (flow,)),))


def plan(of: Catalog, dates: int = 3650) -> Plan:
    """The whole catalog over that many dates."""
    everything = ManualSelection(frozenset(of.tasks), frozenset())
    period = Period(FIRST, FIRST + timedelta(days=dates - 1))
    request = ResolvedRequest(everything, (period,), datetime(2026, 1, 1, tzinfo=UTC))
    return make_plan(request, of, limits=Limits(instances=10**9))


def every_template(made: Plan) -> int:
    """Every template's edges, counted."""
    return sum(made.templates.edges(pattern) for pattern in range(len(made.templates.calendar.patterns)))


def one_date(made: Plan) -> int:
    """One date's instances with their edges."""
    return made.template(0).edges


CASES: dict[str, tuple[str, Callable[[], Catalog], Callable[[Catalog], object], float, float | None]] = {
    "daily": ("3,650 dates x 1,000 daily tasks", lambda: catalog(daily), plan, 0.15, 15),
    "hourly": ("3,650 dates x 1,000 hourly tasks", lambda: catalog(hourly), plan, 0.15, 15),
    "mixed": ("the same, cycles mixed", lambda: catalog(mixed), plan, 0.5, 40),
    "mixed_all": (
        "mixed, every template and edge counted",
        lambda: catalog(mixed),
        lambda of: every_template(plan(of)),
        4.0,
        80,
    ),
    "zones": ("mixed, over eight time zones", lambda: catalog(mixed, ZONES), plan, 1.5, None),
    "one_date": (
        "one date of 1,000 hourly tasks, instances and edges",
        lambda: catalog(hourly),
        lambda of: one_date(plan(of, 1)),
        0.2,
        None,
    ),
}


def measure(case: str) -> dict[str, float]:
    """One case in this process: seconds, MB of growth, seconds of the reference loop."""
    _, make, act, _, _ = CASES[case]
    of = make()
    _ = (of.order, of.graph, of.short_names)
    plan(catalog(daily), 2)
    before = getrusage(RUSAGE_SELF).ru_maxrss
    start = perf_counter()
    result = act(of)
    seconds = perf_counter() - start
    grown = (getrusage(RUSAGE_SELF).ru_maxrss - before) / 1024
    assert result is not None
    start = perf_counter()
    sum(number for number in range(1_000_000))
    return {"seconds": seconds, "mb": grown, "loop": perf_counter() - start}


def main() -> None:
    """Print the table."""
    print(f"{'case':55} {'s':>7} {'limit':>6} {'MB':>6} {'limit':>6} {'x loop':>7}")
    for case, (title, _, _, most_seconds, most_mb) in CASES.items():
        runs = [
            json.loads(subprocess.check_output([sys.executable, str(Path(__file__)), case], text=True))
            for _ in range(3)
        ]
        best = min(runs, key=lambda run: run["seconds"])
        limit = f"{most_mb:6.0f}" if most_mb else "     -"
        ratio = best["seconds"] / best["loop"]
        print(f"{title:55} {best['seconds']:7.3f} {most_seconds:6.2f} {best['mb']:6.1f} {limit} {ratio:7.2f}")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(measure(sys.argv[1])))
    else:
        main()
