"""The demo's tasks in the order of their dependencies: daily ones called, hourly ones run as the catalog's commands."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from demo.job import Job
from demo.tasks import DAILY

from backfilld.catalog.cron import parse_cron
from backfilld.catalog.cycles import cycle_times
from backfilld.catalog.models import Clock
from backfilld.dates import utc_text

DEMO = Path(__file__).parents[2] / "config" / "demo"
HOURLY = ("extract_weather", "departures_by_hour")
ORDER = ("extract_flights", *HOURLY, *(task for task in DAILY if task not in ("extract_flights", "weekly_report")))
SATURDAY = 5


@cache
def catalog_tasks() -> dict[str, dict[str, Any]]:
    """The tasks of the catalog file by name, as they are written there."""
    document = yaml.safe_load((DEMO / "catalog" / "nycflights.yaml").read_text(encoding="utf-8"))
    return {task["task"]: task for task in document["workflows"][0]["tasks"]}


class Demo(NamedTuple):
    """A whole run of the demo: what its tasks wrote, what it printed, and what became of who followed its link.

    `browser` has the statuses of the page, of the login, and of what was looked at then.
    """

    out: Path
    printed: str
    browser: tuple[int, int, int]


class Pipeline:
    """All tasks over one folder of prepared data and one of outputs."""

    def __init__(self, data: Path, out: Path) -> None:
        self.data, self.out = data, out

    def job(self, day: date) -> Job:
        """The folders on one business date."""
        return Job(day, self.data, self.out)

    def run(self, day: date, tasks: Sequence[str] = ORDER) -> None:
        """Run the tasks of one date, on a Sunday the weekly report as well."""
        for task in tasks:
            if task in HOURLY:
                self.run_hours(task, day)
            else:
                DAILY[task](self.job(day))
        if day.weekday() > SATURDAY and tasks == ORDER:
            DAILY["weekly_report"](self.job(day))

    def run_hours(self, task: str, day: date) -> None:
        """Run every hour of an hourly task."""
        for hour in cycle_times(Clock(parse_cron(catalog_tasks()[task]["cron"]), "America/New_York", 0), day):
            self.start(task, day, hour).check_returncode()

    def start(self, task: str, day: date, hour: datetime | None = None) -> subprocess.CompletedProcess[str]:
        """Run the catalog's command of one instance as the daemon would, with a clean environment."""
        given = {"interpreter": sys.executable, "code": DEMO, "data": self.data, "out": self.out, "day": day}
        cycle = {"BACKFILL_CYCLE_TIME": utc_text(hour)} if hour else {}
        return subprocess.run(
            ["/bin/sh", "-c", catalog_tasks()[task]["command"]],
            env={"PATH": "/usr/bin:/bin"} | {name: str(value) for name, value in given.items()} | cycle,
            capture_output=True,
            text=True,
            check=False,
        )
