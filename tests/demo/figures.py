"""The true figures of January 2013, counted from the source by other means; `check_january` compares."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

from demo.delays import delays
from demo.job import Job
from demo.month import Day, Month, read_month
from demo.summaries import month_to_date
from demo.tables import read
from demo.tally import Tally
from demo.tasks import DAILY
from pipeline import HOURLY

UTC_MINUS = 5  # New York in winter


class Truth(NamedTuple):
    """A business date: sums in minutes and miles, means to six decimals, then its weather and its month so far."""

    flights: int
    departed: int
    cancelled: int
    dep_delay: int
    mean_dep_delay: str
    mean_arr_delay: str
    distance: int
    observations: int
    mean_temp: str
    precip: str
    mtd_flights: int
    mtd_cancelled: int
    mtd_dep_delay: int


DAYS = {
    date(2013, 1, 1): Truth(
        842, 838, 4, 9_678, "11.548926", "12.651023", 907_196, 67, "36.999701", "0.00", 842, 4, 9_678
    ),
    date(2013, 1, 15): Truth(
        894, 881, 13, 109, "0.123723", "0.425653", 872_899, 72, "37.727500", "0.32", 13_102, 95, 85_277
    ),
    date(2013, 1, 31): Truth(
        928, 843, 85, 24_159, "28.658363", "32.602854", 920_256, 72, "45.027500", "2.14", 27_004, 521, 265_801
    ),
}
JANUARY = (27_004, 26_483, 521, 265_801, "10.036665", "6.129972", 27_188_805)
ORIGINS = {
    date(2013, 1, 1): {"EWR": 305, "JFK": 297, "LGA": 240},
    date(2013, 1, 15): {"EWR": 335, "JFK": 282, "LGA": 277},
    date(2013, 1, 31): {"EWR": 344, "JFK": 302, "LGA": 282},
}
JANUARY_ORIGINS = {"EWR": 9_893, "JFK": 9_161, "LGA": 7_950}
CARRIERS = {date(2013, 1, 1): 14, date(2013, 1, 15): 15, date(2013, 1, 31): 15}
TOP_OF_THE_FIRST = {"UA": 165, "B6": 163, "EV": 116}
JANUARY_TOP = {"UA": 4_637, "B6": 4_427, "EV": 4_171}
HOURS_OF_THE_FIRST = {0: 0, 1: 0, 2: 0, 3: 0, 4: 0, 5: 6, 6: 52, 8: 58, 15: 67, 17: 67, 23: 3}
WEEKS = {(6, 6): 5_166, (13, 7): 6_114, (20, 7): 6_034, (27, 7): 6_049}  # day of the month and days run: flights
LAST_WEEK_TOP = {"UA": 1_032, "B6": 960, "EV": 942}
OBSERVATIONS = 2_226


def check_january(out: Path) -> None:
    """Raise `AssertionError` unless the outputs are those of January, complete and right in every figure."""
    check_files(out)
    month = read_month(out, date(2013, 1, 1))
    check_days(out, month)
    check_month(month)
    check_weeks(month)
    check_hours(out)


def check_files(out: Path) -> None:
    """Every instance left what its task writes, and nothing half-written is left of any."""
    dates = [date(2013, 1, 1) + timedelta(number) for number in range(31)]
    sundays = [day for day in dates if day.isoweekday() == 7]
    for task in HOURLY:
        assert sum(1 for _ in (out / task).glob("*/*Z.csv")) == 31 * 24, task
    for task in DAILY:
        expected = sundays if task == "weekly_report" else dates
        assert sorted(folder.name for folder in (out / task).iterdir()) == [day.isoformat() for day in expected], task
    assert list(out.rglob("*.part")) == []


def check_days(out: Path, month: Month) -> None:
    """The three dates whose every figure is known."""
    found = {day.day: day for day in month.days}
    for day, truth in DAYS.items():
        job = Job(day, out, out)
        assert truth_of(found[day]) == truth, day
        assert month_to_date(job) == (day.day, found[day].month_to_date), day
        carriers = delays(job, "delay_by_carrier")
        assert flights(delays(job, "delay_by_origin")) == ORIGINS[day], day
        assert len(carriers) == CARRIERS[day], day
    assert top(delays(Job(date(2013, 1, 1), out, out), "delay_by_carrier")) == TOP_OF_THE_FIRST


def truth_of(day: Day) -> Truth:
    """A date as its files tell it, in the form of the true figures."""
    so_far = day.month_to_date
    return Truth(
        *sums_of(day.flights),
        day.observations,
        f"{day.mean_temp:.6f}",
        f"{day.precip:.2f}",
        so_far.flights,
        so_far.cancelled,
        so_far.dep_delay,
    )


def sums_of(tally: Tally) -> tuple[int, int, int, int, str, str, int]:
    """Flights, departed, cancelled, delay of departures, the two mean delays, distance."""
    means = f"{tally.mean_dep_delay:.6f}", f"{tally.mean_arr_delay:.6f}"
    return tally.flights, tally.departed, tally.cancelled, tally.dep_delay, *means, tally.distance


def check_month(month: Month) -> None:
    """The whole month, added up from its days."""
    assert sums_of(month.flights) == JANUARY
    assert flights(month.by_origin) == JANUARY_ORIGINS
    assert len(month.by_carrier) == 16
    assert top(month.by_carrier) == JANUARY_TOP
    assert sum(day.observations for day in month.days) == OBSERVATIONS
    assert sum(flights(month.by_weather).values()) == JANUARY[0]
    assert sum(month.departures.values()) == JANUARY[0]


def check_weeks(month: Month) -> None:
    """The four weekly reports; the first lacks the last day of December."""
    assert {(week.ending.day, week.days): week.flights.flights for week in month.weeks} == WEEKS
    assert top(dict(month.weeks[-1].by_carrier)) == LAST_WEEK_TOP


def check_hours(out: Path) -> None:
    """The flights scheduled in each hour of the first."""
    assert dict(departures(out, HOURS_OF_THE_FIRST)) == HOURS_OF_THE_FIRST


def departures(out: Path, hours: dict[int, int]) -> Iterator[tuple[int, int]]:
    """Local hours of the first of January with their flights."""
    for hour in hours:
        day, utc = divmod(hour + UTC_MINUS, 24)
        rows = read(out / "departures_by_hour" / "2013-01-01" / f"2013-01-{1 + day:02}T{utc:02}Z.csv")
        yield hour, sum(int(row["flights"]) for row in rows)


def flights(tallies: dict[str, Tally]) -> dict[str, int]:
    """Only the number of flights."""
    return {key: tally.flights for key, tally in tallies.items()}


def top(tallies: dict[str, Tally]) -> dict[str, int]:
    """The three with the most flights."""
    return dict(list(flights(tallies).items())[:3])
