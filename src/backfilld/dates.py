"""Words for time: business dates, periods of them, windows of the day. Only aware moments pass."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

import pendulum

DAY = timedelta(days=1)
MOMENTS_KEPT = 4096
"""Of which the text is remembered: a few pages of the longest lists."""


@dataclass(frozen=True, slots=True)
class Period:
    """Business dates from `first` to `last`, both included."""

    first: date
    last: date

    def __len__(self) -> int:
        return (self.last - self.first).days + 1


@dataclass(frozen=True, slots=True)
class DayWindow:
    """Times of day from `start` to `end`, both included, to the second; it never wraps past midnight."""

    start: time
    end: time

    def __contains__(self, second_of_day: int) -> bool:
        return second_of(self.start) <= second_of_day <= second_of(self.end)


WHOLE_DAY = DayWindow(time(0, 0, 0), time(23, 59, 59))


def second_of(moment: time) -> int:
    """Seconds since midnight.

    >>> second_of(time(1, 2, 3))
    3723
    """
    return moment.hour * 3600 + moment.minute * 60 + moment.second


def merged(periods: Iterable[Period]) -> list[Period]:
    """The same dates as the fewest periods, ascending; counting them costs nothing.

    >>> first, second = Period(date(2024, 1, 3), date(2024, 1, 5)), Period(date(2024, 1, 1), date(2024, 1, 3))
    >>> [len(period) for period in merged([first, second])]
    [5]
    """
    result: list[Period] = []
    for period in sorted(periods, key=lambda p: p.first):
        if result and period.first <= result[-1].last + DAY:
            result[-1] = Period(result[-1].first, max(result[-1].last, period.last))
        else:
            result.append(period)
    return result


def business_dates(periods: Iterable[Period]) -> tuple[date, ...]:
    """Every date of the periods once, ascending."""
    return tuple(
        date.fromordinal(day)
        for period in merged(periods)
        for day in range(period.first.toordinal(), period.last.toordinal() + 1)
    )


def midnight(day: date) -> datetime:
    """The first moment of a date, in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def add_months(day: date, months: int) -> date:
    """The same day of another month, or that month's last day where it is shorter.

    >>> add_months(date(2024, 3, 31), -1)
    datetime.date(2024, 2, 29)
    """
    found = pendulum.date(day.year, day.month, day.day).add(months=months)
    return date(found.year, found.month, found.day)


def aware(moment: datetime) -> datetime:
    """The moment itself; a naive one raises `ValueError`."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} has no time zone")
    return moment


@lru_cache(MOMENTS_KEPT)
def utc_text(moment: datetime) -> str:
    """RFC 3339 in UTC, to the second or finer when it is finer; remembered, as lists tell the same ones again.

    >>> utc_text(datetime(2013, 1, 2, 7, tzinfo=UTC))
    '2013-01-02T07:00:00Z'
    """
    utc = aware(moment).astimezone(UTC)
    return f"{utc.date().isoformat()}T{utc.time().isoformat()}Z"  # to write an offset takes four times as long


def utc_text_or_none(moment: datetime | None) -> str | None:
    """RFC 3339 in UTC, or None for none."""
    return None if moment is None else utc_text(moment)
