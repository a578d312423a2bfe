"""From the prepared flights of a date to clean ones."""

from __future__ import annotations

from demo import tables
from demo.job import BadInput, Job

EXTRACTED = (
    "time_hour", "origin", "sched_dep_time", "carrier", "flight", "tailnum", "dest",
    "dep_time", "dep_delay", "arr_delay", "air_time", "distance",
)  # fmt: skip
CLEAN = (
    "time_hour", "origin", "carrier", "flight", "dest",
    "status", "dep_time", "dep_delay", "arr_delay", "made_up", "distance",
)  # fmt: skip


def extract_flights(job: Job) -> str:
    """The columns that the pipeline needs, with true nulls, in order of scheduled departure within hour and airport."""
    rows = tables.read(job.data / "flights" / f"{job.day}.csv")
    kept = sorted((tuple(null_or(row[name]) for name in EXTRACTED) for row in rows), key=in_order)
    tables.write(job.folder("extract_flights") / "flights.csv", EXTRACTED, kept)
    return f"{len(kept)} flights"


def null_or(text: str) -> str:
    """The source writes a null as NA."""
    return "" if text == "NA" else text


def in_order(values: tuple[str, ...]) -> tuple[str, str, int, str, int]:
    """By hour, airport, scheduled time, carrier and flight number."""
    hour, origin, scheduled, carrier, flight = values[:5]
    return hour, origin, int(scheduled), carrier, int(flight)


def extracted(job: Job) -> list[dict[str, str]]:
    """The rows that `extract_flights` wrote."""
    return tables.read(job.folder("extract_flights") / "flights.csv")


def clean_flights(job: Job) -> str:
    """Every scheduled flight with its status and the minutes made up in the air; a contradiction is refused."""
    rows = [row | {"status": status(row), "made_up": made_up(row)} for row in extracted(job)]
    tables.write(job.folder("clean_flights") / "flights.csv", CLEAN, ([row[name] for name in CLEAN] for row in rows))
    return f"{len(rows)} flights, {sum(row['status'] == 'cancelled' for row in rows)} cancelled"


def status(row: tables.Row) -> str:
    """`cancelled`, `arrived`, or `unreported` where a flight left and nothing is known of its arrival."""
    departed = row["dep_time"] != ""
    if departed != (row["dep_delay"] != "") or (row["arr_delay"] and not departed):
        raise BadInput(f"{row['carrier']} {row['flight']} of {row['time_hour']} contradicts itself: {dict(row)}")
    if not departed:
        return "cancelled"
    return "arrived" if row["arr_delay"] else "unreported"


def made_up(row: tables.Row) -> str:
    """By how many minutes the delay shrank between departure and arrival; a null where either is unknown.

    >>> made_up({"dep_delay": "30", "arr_delay": "12"})
    '18'
    """
    if not row["arr_delay"]:
        return ""
    return str(int(row["dep_delay"]) - int(row["arr_delay"]))


def cleaned(job: Job) -> list[dict[str, str]]:
    """The rows that `clean_flights` wrote."""
    return tables.read(job.folder("clean_flights") / "flights.csv")
