"""How late a date's flights were, looked at three ways."""

from __future__ import annotations

from demo import tables
from demo.flights import cleaned, extracted
from demo.job import Job
from demo.tally import Tally, read_back, tallies_by, total
from demo.weather import condition, observations


def delay_by_carrier(job: Job) -> str:
    """One tally for each carrier, with its name."""
    names = {row["carrier"]: row["name"] for row in tables.read(job.data / "airlines.csv")}
    tallies = tallies_by(lambda flight: flight["carrier"], extracted(job))
    rows = [(carrier, names.get(carrier), *tally) for carrier, tally in tallies.items()]
    tables.write(job.folder("delay_by_carrier") / "delays.csv", ("carrier", "name", *Tally._fields), rows)
    return f"{len(tallies)} carriers, {total(tallies.values()).flights} flights"


def delay_by_origin(job: Job) -> str:
    """One tally for each airport of departure."""
    tallies = tallies_by(lambda flight: flight["origin"], extracted(job))
    return write(job, "delay_by_origin", "origin", tallies)


def delay_vs_weather(job: Job) -> str:
    """One tally for each weather condition in the hour and at the airport of scheduled departure."""
    seen = observations(job)
    tallies = tallies_by(lambda flight: condition(seen.get((flight["origin"], flight["time_hour"]))), cleaned(job))
    return write(job, "delay_vs_weather", "condition", tallies)


def write(job: Job, task: str, key: str, tallies: dict[str, Tally]) -> str:
    """A table of tallies with the column `key` in front."""
    rows = [(value, *tally) for value, tally in tallies.items()]
    tables.write(job.folder(task) / "delays.csv", (key, *Tally._fields), rows)
    return ", ".join(f"{value} {tally.flights}" for value, tally in tallies.items()) or "no flights"


def delays(job: Job, task: str) -> dict[str, Tally]:
    """The tallies that one of the three wrote, by its key, the first column."""
    rows = tables.read(job.folder(task) / "delays.csv")
    return {next(iter(row.values())): read_back(row) for row in rows}
