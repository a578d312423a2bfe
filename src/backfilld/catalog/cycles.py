"""From a clock and a business date to moments: the one rule for placing times of day on real clocks (spec 4.2)."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from functools import lru_cache

import pendulum

from backfilld.catalog.models import Clock
from backfilld.dates import DAY, WHOLE_DAY, DayWindow, midnight

MONTHS_KEPT = 2**14  # a century in a dozen zones: some megabytes


@dataclass(frozen=True, slots=True)
class LocalDay:
    """How one local day lies on the universal clock; days that lie alike are equal.

    `offset` is local minus universal time, in seconds, at the day's first moment. Where clocks change on the day,
    `change` is the local reading in seconds since midnight, on the old clock, at which they do, `shift` by how much.
    """

    offset: int
    change: int = 0
    shift: int = 0


@dataclass(frozen=True, slots=True)
class Cycle:
    """One cycle of a business date: seconds from midnight UTC of that date, and whether the window keeps it."""

    second: int
    kept: bool


def local_day(zone: str, day: date) -> LocalDay:
    """How `day` lies on the clock of `zone`."""
    return _month(zone, day.year, day.month)[day.day - 1]


@lru_cache(maxsize=MONTHS_KEPT)
def _month(zone: str, year: int, month: int) -> tuple[LocalDay, ...]:
    """How the days of a month lie, those that lie alike as one object: plans ask for the same years all the time."""
    same: dict[LocalDay, LocalDay] = {}
    days = (date(year, month, number + 1) for number in range(monthrange(year, month)[1]))
    return tuple(same.setdefault(found, found) for found in (_look(zone, day) for day in days))


def _look(zone: str, day: date) -> LocalDay:
    tz = zone_of(zone)
    begin = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - the zone is applied below
    start, end = _offset(tz, begin, 0), _offset(tz, begin + DAY, 1)
    if start == end == _offset(tz, begin, 1) == _offset(tz, begin + DAY, 0):
        return LocalDay(start)
    return _changing_day(tz, midnight(day), start, end)


def day_cycles(clock: Clock, day: LocalDay, window: DayWindow = WHOLE_DAY) -> tuple[tuple[Cycle, ...], int]:
    """The cycles of a date whose local day lies like `day`, ascending, and how many were dropped into another date.

    A cycle outside `window` (judged on the naive time of day) is there with `kept` false.
    """
    placed: dict[int, bool] = {}
    dropped = 0
    for naive in clock.cron.seconds:
        for moment, in_date in _moments(naive, day, elastic=clock.cron.elastic):
            if in_date:
                placed[moment] = placed.get(moment, False) or naive in window
            elif naive in window:
                dropped += 1
    shift = clock.offset * 86_400 - day.offset
    return tuple(Cycle(second + shift, placed[second]) for second in sorted(placed)), dropped


def cycle_times(clock: Clock, business_date: date, window: DayWindow = WHOLE_DAY) -> tuple[datetime, ...]:
    """The cycle times of a business date, in UTC, ascending; none when the cron has no times on its day."""
    day = business_date + clock.offset * DAY
    if not clock.cron.days.match(day):
        return ()
    cycles, _ = day_cycles(clock, local_day(clock.zone, day), window)
    return tuple(midnight(business_date) + timedelta(seconds=cycle.second) for cycle in cycles if cycle.kept)


def _moments(naive: int, day: LocalDay, *, elastic: bool) -> Iterator[tuple[int, bool]]:
    """Seconds since the day's midnight, counted on the old clock, at which a naive time of day is placed."""
    if day.shift > 0:  # readings from change to change + shift do not exist
        if naive < day.change:
            yield naive, True
        elif naive >= day.change + day.shift:
            yield naive - day.shift, True
        elif not elastic:
            yield day.change, 0 <= day.change + day.shift < 86_400
    elif day.shift < 0:  # readings from change + shift to change come twice
        if naive < day.change:
            yield naive, True
        if naive >= day.change or (elastic and naive >= day.change + day.shift):
            yield naive - day.shift, True
    else:
        yield naive, True


@lru_cache(maxsize=1000)
def zone_of(name: str) -> tzinfo:
    """The library reads the file anew at each call."""
    return pendulum.timezone(name)


def _offset(tz: tzinfo, naive: datetime, fold: int) -> int:
    found = tz.utcoffset(naive.replace(fold=fold))
    assert found is not None
    return int(found.total_seconds())


def _changing_day(tz: tzinfo, start: datetime, before: int, after: int) -> LocalDay:
    """Find the moment of the change by halving the stretch of universal time around the day."""
    low, high = -before - 7200, 86_400 - after + 7200
    before, after = _offset_at(tz, start + timedelta(seconds=low)), _offset_at(tz, start + timedelta(seconds=high))
    while high - low > 1:
        middle = (low + high) // 2
        if _offset_at(tz, start + timedelta(seconds=middle)) == before:
            low = middle
        else:
            high = middle
    if before == after:  # the change lies at the day's end, and its far side outside the stretch: a day was skipped
        return LocalDay(before)
    return LocalDay(before, high + before, after - before)


def _offset_at(tz: tzinfo, moment: datetime) -> int:
    found = moment.astimezone(tz).utcoffset()
    assert found is not None
    return int(found.total_seconds())
