"""The cycles of clocks on many dates as sets of moments, to be compared with what a ledger knows."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import date
from functools import lru_cache

from backfilld.dates import midnight
from backfilld.planning.calendar import Calendar

SETS_KEPT = 64  # many tasks share few clocks; a set may have some thousand moments


def start_of(day: date) -> int:
    """The first moment of a date in UTC, in seconds since 1970."""
    return int(midnight(day).timestamp())


class Moments:
    """What clocks have on groups of dates that look alike; in seconds since 1970, UTC."""

    def __init__(self, calendar: Calendar, groups: Sequence[tuple[int, Sequence[date]]]) -> None:
        """A group is a pattern of the calendar and some of its dates, ascending."""
        self._calendar, self._groups = calendar, groups
        self._starts = [list(map(start_of, days)) for _, days in groups]
        self.of = lru_cache(SETS_KEPT)(self._of)

    def kept(self, clock: int, group: int) -> tuple[int, ...]:
        """The cycles of a clock on each date of a group, in seconds from the date's start."""
        return self._calendar.cycles(clock, self._groups[group][0]).kept

    def date_of(self, clock: int, group: int, moment: int) -> date:
        """The date of the group that has this moment of the clock: later dates have later cycles."""
        later = bisect_right(self._starts[group], moment - self.kept(clock, group)[0])
        return self._groups[group][1][later - 1]

    def _of(self, clock: int, group: int) -> frozenset[int]:
        """All moments of a clock on the dates of a group."""
        kept = self.kept(clock, group)
        return frozenset(start + second for start in self._starts[group] for second in kept)
