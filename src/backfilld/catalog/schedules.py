"""Requests that are made again and again: when a schedule fires, and what it asks for then (spec 8, Schedules)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import takewhile
from typing import Literal, assert_never

from backfilld.catalog.cron import Cron
from backfilld.catalog.cycles import cycle_times, zone_of
from backfilld.catalog.documents import Document
from backfilld.catalog.models import Clock
from backfilld.dates import DAY, aware, midnight

CatchUp = Literal["once", "all", "none"]
LAST_DAY = date(2199, 12, 31)
"""The last day on which anything fires: business dates end here too."""
_EASTERNMOST = timedelta(hours=16)
"""No local day begins earlier than this before its midnight in UTC."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """A request that is made at the times of a cron, read on the clock of a zone.

    `template` is a whole request, whose words for dates, such as `yesterday`, are counted from the moment of each
    firing. `catch_up` says what becomes of the firings that were missed: the latest is made up for, all, or none.
    """

    name: str
    cron: Cron
    timezone: str
    template: Document
    catch_up: CatchUp = "once"

    @property
    def times(self) -> str:
        """When it fires, in one line: who finds another line there knows that it was changed."""
        return f"{self.cron.text} {self.timezone}"

    @property
    def clock(self) -> Clock:
        """The same as the clock of a task whose data is processed on its own date."""
        return Clock(self.cron, self.timezone, 0)

    def local(self, moment: datetime) -> datetime:
        """The moment as the schedule's clock shows it."""
        return aware(moment).astimezone(zone_of(self.timezone))

    def request_at(self, moment: datetime) -> Document:
        """The template as it is asked at a firing: its name followed by the local date."""
        template = self.template.value
        assert isinstance(template, Mapping)
        named = {
            key: f"{value} {self.local(moment).date()}" if key in ("name", "Name") else value
            for key, value in template.items()
        }
        return Document(self.template.file, named, self.template.places)


def firings(schedule: Schedule, after: datetime) -> Iterator[datetime]:
    """The moments after a moment at which a schedule fires, in UTC, each once and ascending, until `LAST_DAY`.

    They are what a task with this cron would have as cycle times (spec 4.2): so a fixed time of day in a skipped hour
    fires at the hour's end, one in a repeated hour the first time, and hours written as `*` or with `/` as often as
    the clock shows them. Where the hour's end is on another date there is none on that day.
    """
    held: set[datetime] = set()
    for day in _days_from(aware(after).astimezone(UTC).date() - DAY):
        yield from _ready(held, midnight(day) - _EASTERNMOST, after)
        held.update(cycle_times(schedule.clock, day))
    yield from sorted(moment for moment in held if moment > after)


def due_firings(schedule: Schedule, after: datetime, now: datetime) -> list[datetime]:
    """The firings after one moment and no later than another."""
    return list(takewhile(lambda moment: moment <= now, firings(schedule, after))) if after < now else []


def made_up(schedule: Schedule, due: Sequence[datetime], missed_until: datetime) -> list[datetime]:
    """Of firings that are due, ascending, those to make: all that are on time, and of the missed ones as it says.

    Missed is what fell due no later than `missed_until`.
    """
    missed = [moment for moment in due if moment <= missed_until]
    on_time = list(due[len(missed) :])
    match schedule.catch_up:
        case "all":
            return missed + on_time
        case "once":
            return missed[-1:] + on_time
        case "none":
            return on_time
        case _:
            assert_never(schedule.catch_up)


def _days_from(first: date) -> Iterator[date]:
    for ordinal in range(first.toordinal(), LAST_DAY.toordinal() + 1):
        yield date.fromordinal(ordinal)


def _ready(held: set[datetime], before: datetime, after: datetime) -> Iterator[datetime]:
    """Take out what comes before a moment: a clock set back at midnight shows times of two days in turns."""
    ready = sorted(moment for moment in held if moment < before)
    held.difference_update(ready)
    return (moment for moment in ready if moment > after)
