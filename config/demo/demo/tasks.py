"""The daily tasks by name, and how one of them is started."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

from demo.delays import delay_by_carrier, delay_by_origin, delay_vs_weather
from demo.flights import clean_flights, extract_flights
from demo.job import BadInput, Job
from demo.summaries import daily_report, mtd_totals, weekly_report
from demo.weather import weather_daily

BAD_INPUT = 65  # the catalog lists it under no_retry_exit_codes

DAILY: Mapping[str, Callable[[Job], str]] = {
    task.__name__: task
    for task in (
        extract_flights,
        clean_flights,
        weather_daily,
        delay_by_carrier,
        delay_by_origin,
        delay_vs_weather,
        mtd_totals,
        daily_report,
        weekly_report,
    )
}


def main() -> None:
    """Run the task that the command line names, on the date and folders that the environment gives."""
    name = sys.argv[1]
    job = job_of(os.environ)
    try:
        print(f"{name} {job.day}: {DAILY[name](job)}")
    except BadInput as fault:
        print(f"{name} {job.day}: {fault}", file=sys.stderr)
        sys.exit(BAD_INPUT)


def job_of(environment: Mapping[str, str]) -> Job:
    """The instance that the catalog's parameters day, data and out describe."""
    return Job(date.fromisoformat(environment["day"]), Path(environment["data"]), Path(environment["out"]))
