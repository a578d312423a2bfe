"""When the tasks of one business date were started, and how often."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from backfilld.errors import NotFound
from backfilld.planning.plan import InstanceId
from backfilld.ports import AttemptTimes, InstanceFilter, Page, StoreReader
from backfilld.service.book import Entry
from backfilld.service.forecasts import Forecasts
from backfilld.service.timeline import Timeline, drawn
from backfilld.service.views import ShownInstance, Views

MOST_ATTEMPTS = 20
"""Attempts that an instance has in a row: the last ones."""


@dataclass(frozen=True, slots=True)
class OfDate:
    """The date that is asked for, and which of its instances: `limit` behind the one `after`."""

    backfill: int
    day: date
    after: InstanceId | None
    limit: int


@dataclass(frozen=True, slots=True)
class Started:
    """An instance, and by number the last attempts that it was started for."""

    shown: ShownInstance
    attempts: tuple[AttemptTimes, ...]


@dataclass(frozen=True, slots=True)
class DateTimeline:
    """The date as the timeline of all dates has it, and some of its instances in the order of the plan.

    `before` and `behind` are the dates beside it in run order; None at either end.
    """

    timeline: Timeline
    before: date | None
    behind: date | None
    page: Page[Started]


def timeline_of_date(store: StoreReader, views: Views, forecasts: Forecasts, asked: OfDate) -> DateTimeline:
    """The tasks of a date; raises as `Views.whole` does, `NotFound` for another date, and `Expired`."""
    entry = views.whole(asked.backfill)
    place, dates = _place(entry, asked.day), entry.stored.dates
    run = views.run(entry.stored.runs[place])
    page = views.instances(InstanceFilter(asked.backfill, run.number), asked.after, asked.limit)
    times = store.last_times((each.stored.id for each in page.items if each.stored.attempt), MOST_ATTEMPTS)
    started = (Started(each, times.get(each.stored.id, ())) for each in page.items)
    return DateTimeline(
        timeline=drawn(entry.plan, [run], forecasts.latest(asked.backfill)),
        before=dates[place - 1] if place else None,
        behind=dates[place + 1] if place + 1 < len(dates) else None,
        page=Page(tuple(started), page.next),
    )


def _place(entry: Entry, day: date) -> int:
    if day not in entry.stored.dates:
        raise NotFound(f"business date {day} in backfill", entry.stored.id)
    return entry.stored.dates.index(day)
