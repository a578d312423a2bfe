"""A month as its tasks' files tell it: read from the outputs alone, whatever part of the month has been run."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from demo import tables
from demo.delays import delays
from demo.job import Job
from demo.summaries import VIEWS
from demo.tally import Tally, merged, read_back, total
from demo.weather import ALL

NEW_YORK = ZoneInfo("America/New_York")


class Day(NamedTuple):
    """One business date: its flights, the month so far, and its weather (F, inches; None where nobody observed)."""

    day: date
    flights: Tally
    month_to_date: Tally
    observations: int
    mean_temp: float | None
    precip: float


class Week(NamedTuple):
    """The seven days up to a Sunday, of which `days` were run."""

    ending: date
    days: int
    flights: Tally
    by_carrier: Mapping[str, Tally]


class Month(NamedTuple):
    """All that the outputs say of the dates of one month."""

    first: date
    days: tuple[Day, ...]
    weeks: tuple[Week, ...]
    by_origin: dict[str, Tally]
    by_carrier: dict[str, Tally]
    by_weather: dict[str, Tally]
    carriers: Mapping[str, str]
    departures: Mapping[int, int]

    @property
    def flights(self) -> Tally:
        """All of the month's flights."""
        return total(day.flights for day in self.days)


def read_month(out: Path, first: date) -> Month:
    """The month that begins on `first`: every date that has a daily report, every Sunday that has a weekly one."""
    jobs = [Job(day, out, out) for day in days_of(first)]
    run = [job for job in jobs if has_report(job, "daily_report")]
    views = {view: merged(delays(job, task) for job in run) for view, task in VIEWS.items()}
    return Month(
        first=first,
        days=tuple(map(read_day, run)),
        weeks=tuple(read_week(job) for job in jobs if has_report(job, "weekly_report")),
        carriers=carrier_names(run),
        departures=departures_by_local_hour(run),
        **views,
    )


def days_of(first: date) -> Iterator[date]:
    """Every date of the month that begins on `first`."""
    day = first
    while day.month == first.month:
        yield day
        day += timedelta(days=1)


def read_day(job: Job) -> Day:
    """What the daily report and the day's weather say."""
    report = read_report(job, "daily_report")
    (weather,) = (row for row in tables.read(job.folder("weather_daily") / "weather.csv") if row["airport"] == ALL)
    return Day(
        day=job.day,
        flights=read_back(report["total"]),
        month_to_date=read_back(report["month_to_date"]),
        observations=int(weather["observations"]),
        mean_temp=float(weather["mean_temp"]) if weather["mean_temp"] else None,
        precip=float(weather["precip"]),
    )


def read_week(job: Job) -> Week:
    """What the weekly report says."""
    report = read_report(job, "weekly_report")
    carriers = {carrier: read_back(row) for carrier, row in report["by_carrier"].items()}
    return Week(job.day, report["days"], read_back(report["total"]), carriers)


def has_report(job: Job, task: str) -> bool:
    """Whether a reporting task has run on this date."""
    return (job.folder(task) / "report.json").exists()


def read_report(job: Job, task: str) -> dict[str, Any]:
    """The document that a reporting task wrote."""
    document: dict[str, Any] = json.loads((job.folder(task) / "report.json").read_text(encoding="utf-8"))
    return document


def carrier_names(run: list[Job]) -> dict[str, str]:
    """The airlines' names by their codes."""
    return {
        row["carrier"]: row["name"] for job in run for row in tables.read(job.folder("delay_by_carrier") / "delays.csv")
    }


def departures_by_local_hour(run: list[Job]) -> dict[int, int]:
    """Flights scheduled in each hour of New York's day, from the hourly files, which are named by UTC hour."""
    found: Counter[int] = Counter()
    for job in run:
        for file in sorted(job.folder("departures_by_hour").glob("*Z.csv")):
            hour = datetime.strptime(file.stem, "%Y-%m-%dT%H%z").astimezone(NEW_YORK).hour
            found[hour] += sum(int(row["flights"]) for row in tables.read(file))
    return found
