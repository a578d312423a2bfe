"""Who waits for which cycles of earlier dates (spec 4.5), told by tasks and their cycles: no template is needed."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from backfilld.planning.calendar import Calendar, latest_before


@dataclass(frozen=True, slots=True)
class TaskWait:
    """Each of some kept cycles of `down` on the asked date waits for some of `up` on the date at `position`."""

    down: int
    children: range
    position: int
    up: int
    parents: range


@dataclass(frozen=True, slots=True)
class _Earlier:
    """A kept cycle of an earlier date: the date's position, its index there, its second seen from the asked date."""

    position: int
    index: int
    second: int


class Crossing:
    """Looks back from one date to those before it; `days` are the dates' ordinals in run order."""

    def __init__(self, calendar: Calendar, clock_of: Sequence[int], days: Sequence[int]) -> None:
        self._calendar, self._clock_of, self._days = calendar, clock_of, days
        self._having: dict[int, list[int]] = {}

    def last_dates(self, position: int, up: int, down: int, n: int) -> Iterator[TaskWait]:
        """Every cycle of the last n dates, less those of the date itself."""
        children = self._all_of(position, down)
        having = self._dates_with(self._clock_of[up])
        for number in range(bisect_left(having, self._index[position]) - 1, -1, -1):
            earlier = self._ascending[having[number]]
            if self._days[earlier] <= self._days[position] - n:
                return
            yield TaskWait(down, children, earlier, up, self._all_of(earlier, up))

    def previous(self, position: int, up: int, down: int) -> Iterator[TaskWait]:
        """Children wait for the latest parent cycle on a date before, where none of their own date's is later."""
        own, children = self._kept(position, up), self._kept(position, down)
        newest = self._latest_before(position, up, math.inf)
        if newest is None:
            return
        # Usually that is the first own cycle; where clocks went back over midnight, the date before ends after it.
        later = bisect_right(own, newest.second)
        concerned = bisect_left(children, own[later] + 1) if later < len(own) else len(children)
        for child, second in enumerate(children[:concerned]):
            found, latest = self._latest_before(position, up, second), latest_before(own, second)
            if found is not None and (latest < 0 or own[latest] < found.second):
                parents = range(found.index, found.index + 1)
                yield TaskWait(down, range(child, child + 1), found.position, up, parents)

    @cached_property
    def _ascending(self) -> list[int]:
        """Positions in the order of their dates."""
        return sorted(range(len(self._days)), key=self._days.__getitem__)

    @cached_property
    def _index(self) -> dict[int, int]:
        """Position -> its index among the dates in order."""
        return {position: index for index, position in enumerate(self._ascending)}

    def _dates_with(self, clock: int) -> list[int]:
        """Ascending indices into `_ascending` of the dates on which a clock has kept cycles."""
        known = self._having.get(clock)
        if known is None:
            calendar = self._calendar
            has = [bool(calendar.cycles(clock, pattern).kept) for pattern in range(len(calendar.patterns))]
            known = [index for index, position in enumerate(self._ascending) if has[calendar.pattern_of[position]]]
            self._having[clock] = known
        return known

    def _kept(self, position: int, task: int) -> tuple[int, ...]:
        return self._calendar.cycles(self._clock_of[task], self._calendar.pattern_of[position]).kept

    def _all_of(self, position: int, task: int) -> range:
        return range(len(self._kept(position, task)))

    def _latest_before(self, position: int, up: int, second: float) -> _Earlier | None:
        """The latest kept cycle before `second` of a date that an earlier date has."""
        having = self._dates_with(self._clock_of[up])
        for number in range(bisect_left(having, self._index[position]) - 1, -1, -1):
            earlier = self._ascending[having[number]]
            away = (self._days[position] - self._days[earlier]) * 86_400
            kept = self._kept(earlier, up)
            last = latest_before(kept, second + away)
            if last >= 0:
                return _Earlier(earlier, last, kept[last] - away)
        return None
