"""What is told of a month so far, of a day and of a week."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from demo import tables
from demo.delays import delays
from demo.flights import cleaned
from demo.job import BadInput, Job
from demo.tally import Tally, merged, read_back, tally_of, total

MONTH_TO_DATE = ("days", *Tally._fields)
VIEWS = {"by_carrier": "delay_by_carrier", "by_origin": "delay_by_origin", "by_weather": "delay_vs_weather"}


def mtd_totals(job: Job) -> str:
    """Yesterday's month to date and today's flights; on the first of a month today's alone."""
    days, before = (0, Tally()) if job.day.day == 1 else month_to_date(job.on(job.day - timedelta(days=1)))
    now = total([before, *map(tally_of, cleaned(job))])
    tables.write(job.folder("mtd_totals") / "totals.csv", MONTH_TO_DATE, [(days + 1, *now)])
    return f"{days + 1} days, {now.flights} flights"


def month_to_date(job: Job) -> tuple[int, Tally]:
    """How many days `mtd_totals` has added up on this date, and their tally."""
    (row,) = tables.read(job.folder("mtd_totals") / "totals.csv")
    return int(row["days"]), read_back(row)


def daily_report(job: Job) -> str:
    """The date in one JSON document; refused where two views of the same flights disagree."""
    views = {view: delays(job, task) for view, task in VIEWS.items()}
    totals = {view: total(tallies.values()) for view, tallies in views.items()}
    if len(set(totals.values())) != 1:
        raise BadInput(f"the views of {job.day} disagree: {totals}")
    day, (days, month) = totals["by_carrier"], month_to_date(job)
    document = {
        "date": job.day.isoformat(),
        "total": told(day),
        "month_to_date": {"days": days, **told(month)},
        **{view: {key: told(tally) for key, tally in tallies.items()} for view, tallies in views.items()},
    }
    put_json(job, "daily_report", document)
    return f"{day.flights} flights, {day.cancelled} cancelled"


def weekly_report(job: Job) -> str:
    """The seven days up to this one, as many of them as were run, in one JSON document."""
    week = [job.on(job.day - timedelta(days=back)) for back in range(6, -1, -1)]
    run = [day for day in week if (day.folder("delay_by_carrier") / "delays.csv").exists()]
    carriers = merged(delays(day, "delay_by_carrier") for day in run)
    document = {
        "week_ending": job.day.isoformat(),
        "days": len(run),
        "total": told(total(carriers.values())),
        "by_carrier": {carrier: told(tally) for carrier, tally in carriers.items()},
    }
    put_json(job, "weekly_report", document)
    return f"{len(run)} days, {total(carriers.values()).flights} flights"


def told(tally: Tally) -> dict[str, Any]:
    """A tally's sums and means, the means to six decimals."""
    means = {"mean_dep_delay": tally.mean_dep_delay, "mean_arr_delay": tally.mean_arr_delay}
    return tally._asdict() | {name: None if mean is None else round(mean, 6) for name, mean in means.items()}


def put_json(job: Job, task: str, document: dict[str, Any]) -> None:
    """The document as the task's `report.json`."""
    tables.put(job.folder(task) / "report.json", json.dumps(document, indent=1) + "\n")
