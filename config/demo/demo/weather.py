"""From the hours' observations to the day's weather."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import fsum

from demo import tables
from demo.job import Job

HOURS = ("origin", "time_hour", "temp", "wind_speed", "precip", "visib")
DAY = ("airport", "observations", "mean_temp", "precip", "max_wind", "min_visib")
ALL = "all"


def weather_daily(job: Job) -> str:
    """The date's observations in one table, and their summary for each airport and for all: F, inches, mph, miles."""
    hours = sorted(job.folder("extract_weather").glob("*Z.csv"))
    rows = [row for hour in hours for row in tables.read(hour)]
    folder = job.folder("weather_daily")
    tables.write(folder / "observations.csv", HOURS, ([row[name] for name in HOURS] for row in rows))
    airports = sorted({row["origin"] for row in rows})
    summaries = [summary(airport, [row for row in rows if row["origin"] == airport]) for airport in airports]
    tables.write(folder / "weather.csv", DAY, [*summaries, summary(ALL, rows)])
    return f"{len(rows)} observations in {len(hours)} hours"


def summary(airport: str, rows: Sequence[tables.Row]) -> tuple[object, ...]:
    """One row of the day's weather; what nobody observed is null."""
    temps, winds, sights = (numbers(rows, name) for name in ("temp", "wind_speed", "visib"))
    mean = f"{fsum(temps) / len(temps):.6f}" if temps else None
    return (
        airport,
        len(rows),
        mean,
        f"{fsum(numbers(rows, 'precip')):.2f}",
        max(winds, default=None),
        min(sights, default=None),
    )


def numbers(rows: Iterable[tables.Row], name: str) -> list[float]:
    """The values of a column that are not null."""
    return [float(row[name]) for row in rows if row[name]]


def condition(observed: tables.Row | None) -> str:
    """The one word for what pilots met in that hour: the first that holds, the worst first."""
    if observed is None:
        return "unobserved"
    temp, wind, precip, visib = (float(observed[name] or "nan") for name in HOURS[2:])
    if precip > 0:
        return "freezing" if temp <= 34 else "rain"
    if visib < 3:
        return "fog"
    return "windy" if wind >= 20 else "fair"


def observations(job: Job) -> dict[tuple[str, str], tables.Row]:
    """What was observed, by airport and UTC hour."""
    rows = tables.read(job.folder("weather_daily") / "observations.csv")
    return {(row["origin"], row["time_hour"]): row for row in rows}
