"""When attempts may start: a run policy on the clock of a zone (spec 5, Run policy)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import takewhile

from backfilld.catalog.cycles import zone_of
from backfilld.catalog.models import RunPolicy
from backfilld.dates import DAY, aware, midnight

_SECOND = timedelta(seconds=1)
_SATURDAY = 5
_YEAR = 400 * DAY
_LOOK_BACK = 3 * DAY
"""A window lasts into the next day; where a zone has left out a day, that is the one after."""
Stretch = tuple[datetime, datetime | None]
"""From an open moment to the first that is not; None: it never closes."""


@dataclass(frozen=True, slots=True)
class RunWindow:
    """The hours of a policy in a zone; a day's window belongs to the day on which it opens."""

    policy: RunPolicy
    zone: str

    @classmethod
    def of(cls, policy: RunPolicy, zone: str) -> RunWindow:
        """The window of a policy on the clocks of a zone."""
        return cls(policy, zone)

    @property
    def immediately(self) -> bool:
        """Whether nothing is waited for but the window: a cycle may start before its time."""
        return self.policy.immediately

    def is_open(self, now: datetime) -> bool:
        """Whether an attempt may start."""
        return self.stretch(now)[0] <= now

    def next_open(self, now: datetime) -> datetime:
        """The first moment from `now` on at which it is open: `now` itself if it is."""
        return max(self.stretch(now)[0], aware(now))

    def closes(self, now: datetime) -> datetime | None:
        """The first moment from `now` on at which it is closed: `now` itself if it is; None: it never closes."""
        opens, closes = self.stretch(now)
        return closes if opens <= now else now

    def next_room(self, now: datetime, length: timedelta) -> datetime | None:
        """When it opens, from `now` on, for at least so long; None if it does not within a year, or never closes."""
        year = self.stretches(now)
        return next((opens for opens, closes in year if opens >= now and closes - opens >= length), None)

    @property
    def usual(self) -> timedelta:
        """How long it stays open as it is written: at least so long wherever clocks are not changed meanwhile."""
        start, end = (datetime.combine(date.min, each) for each in (self.policy.start, self.policy.end))
        return (end - start) % DAY + _SECOND

    def longest(self, now: datetime) -> timedelta | None:
        """The longest that it stays open within the year from `now` on; None: it never closes."""
        return max((closes - opens for opens, closes in self.stretches(now)), default=None)

    def stretches(self, now: datetime) -> Iterator[tuple[datetime, datetime]]:
        """That stretch and those after it for a year, and so over each change of clocks; none if it never closes."""
        if self._covers_all():
            return iter(())
        zone = zone_of(self.zone)
        day = aware(now).astimezone(zone).date()
        found = _joined(self._windows(day - _LOOK_BACK, zone))
        return takewhile(lambda each: each[0] < midnight(day + _YEAR), (each for each in found if now < each[1]))

    def stretch(self, now: datetime) -> Stretch:
        """The hours without a break that hold `now`, else the next; windows that touch are one. In UTC.

        What never closes is told from a few days ago on.
        """
        zone = zone_of(self.zone)
        day = aware(now).astimezone(zone).date() - _LOOK_BACK
        if self._covers_all():
            return _placed(day, self.policy.start, zone)[0], None
        return next(each for each in _joined(self._windows(day, zone)) if now < each[1])

    def __str__(self) -> str:
        policy = self.policy
        return f"{policy.kind} {policy.start} to {policy.end}, {self.zone}"

    def _covers_all(self) -> bool:
        """Whether each day's window ends where the next one begins."""
        policy = self.policy
        after = datetime.combine(date.min, policy.end) + _SECOND
        return policy.kind == "Daily" and after.time() == policy.start

    def _windows(self, day: date, zone: tzinfo) -> Iterator[tuple[datetime, datetime]]:
        """The windows of a day and those after it: the first moment, and the first that is past it."""
        start, end = self.policy.start, self.policy.end
        while True:
            if self.policy.kind == "Daily" or day.weekday() >= _SATURDAY:
                last = _placed(day + DAY if end < start else day, end, zone)[1]
                yield _placed(day, start, zone)[0], last + _SECOND
            day += DAY


def _joined(windows: Iterator[tuple[datetime, datetime]]) -> Iterator[tuple[datetime, datetime]]:
    """The windows, those that touch or overlap made one."""
    opens, closes = next(windows)
    for start, end in windows:
        if start > closes:
            yield opens, closes
            opens = start
        closes = end


def _placed(day: date, reading: time, zone: tzinfo) -> tuple[datetime, datetime]:
    """The first and the last moment at which clocks show the time; in a gap, both are its end. In UTC."""
    naive = datetime.combine(day, reading)
    first, last = (naive.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first <= last:
        return first, last
    end = _change(last, first, zone)  # in a gap the library counts back on the new clock, and on on the old one
    return end, end


def _change(low: datetime, high: datetime, zone: tzinfo) -> datetime:
    """The moment in (low, high] at which clocks change, found by halving."""
    before = low.astimezone(zone).utcoffset()
    while high - low > _SECOND:
        middle = low + (high - low) // _SECOND // 2 * _SECOND
        if middle.astimezone(zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high
