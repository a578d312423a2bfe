"""Which cycles each date has, worked out once for all dates that look alike.

A clock's cycles depend on its cron, on whether the cron's days match, and on how the local day lies on the universal
clock. Dates that agree in the last two for every clock have one pattern: ten years make a few, or some hundred.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import accumulate
from typing import TypeVar

from backfilld.catalog.cron import DayFields
from backfilld.catalog.cycles import LocalDay, day_cycles, local_day
from backfilld.catalog.models import Clock
from backfilld.dates import DAY, DayWindow


@dataclass(frozen=True, slots=True)
class DayCycles:
    """A clock's cycles on a date, in seconds from midnight UTC of the date."""

    every: tuple[int, ...]
    """Before the window: what pairs are formed over."""
    kept: tuple[int, ...]
    """Inside the window: what is planned."""
    kept_before: tuple[int, ...]
    """Position in `every` -> how many before it are kept."""
    dropped: int
    """How many fell into another date where clocks change."""


NO_CYCLES = DayCycles((), (), (0,), 0)


def one_cycle(second: int) -> DayCycles:
    """The cycles of a date that has just this one."""
    return DayCycles((second,), (second,), (0, 1), 0)


@dataclass(frozen=True, slots=True)
class Pattern:
    """What decides the cycles of a date: how its local days lie (in `Calendar.days`), and which day fields match."""

    days: tuple[int, ...]
    matched: int


@dataclass(frozen=True, slots=True)
class Group:
    """Clocks that have cycles on the same dates: one zone and offset, one set of day fields."""

    zone: int
    field: int
    clocks: tuple[int, ...]


class Calendar:
    """The cycles of some clocks on some dates. Clocks, groups, days and patterns are known by their numbers."""

    def __init__(
        self, dates: Sequence[date], clocks: Sequence[Clock], window: DayWindow, only: DayCycles | None = None
    ) -> None:
        """`only` are the cycles of every clock on every date, whatever its cron says."""
        self.clocks = tuple(clocks)
        self._window, self._only = window, only
        zones = _numbered((clock.zone, clock.offset) for clock in clocks)
        fields = _numbered((clock.offset, clock.cron.days) for clock in clocks)
        self.place = [(zones[clock.zone, clock.offset], fields[clock.offset, clock.cron.days]) for clock in clocks]
        """The zone and the day fields of each clock, as they are numbered in a pattern."""
        self._known: list[dict[int, DayCycles]] = [{} for _ in clocks]
        self.groups = [Group(*key, clocks=tuple(members)) for key, members in self._members().items()]
        self.days, self.patterns, self.pattern_of = _look_at(dates, zones, fields)

    @property
    def at_once(self) -> bool:
        """Whether one moment is the only cycle of every clock."""
        return self._only is not None

    def cycles(self, clock: int, pattern: int) -> DayCycles:
        """The cycles of a clock on dates of a pattern."""
        zone, field = self.place[clock]
        found = self.patterns[pattern]
        return self.on_day(clock, found.days[zone]) if found.matched >> field & 1 else NO_CYCLES

    def on_day(self, clock: int, day: int) -> DayCycles:
        """The cycles of a clock on a date whose local day lies so."""
        known = self._known[clock].get(day)
        if known is None:
            known = self._only or _cycles(self.clocks[clock], self.days[day], self._window)
            self._known[clock][day] = known
        return known

    def day_of(self, clock: int, pattern: int) -> int:
        """How the clock's local day lies on dates of this pattern."""
        return self.patterns[pattern].days[self.place[clock][0]]

    def days_of(self, group: Group) -> list[int | None]:
        """For each pattern, how the local day of a group of clocks lies; None where it has no cycles."""
        return [found.days[group.zone] if found.matched >> group.field & 1 else None for found in self.patterns]

    def awake(self, pattern: int) -> list[tuple[int, int]]:
        """The groups that have cycles on dates of this pattern, each with how its local day lies."""
        found = self.patterns[pattern]
        return [
            (number, found.days[group.zone])
            for number, group in enumerate(self.groups)
            if found.matched >> group.field & 1
        ]

    @cached_property
    def dates_of(self) -> list[int]:
        """How many dates each pattern has."""
        counts = [0] * len(self.patterns)
        for pattern in self.pattern_of:
            counts[pattern] += 1
        return counts

    @cached_property
    def positions_of(self) -> list[list[int]]:
        """The positions of each pattern's dates, ascending."""
        positions: list[list[int]] = [[] for _ in self.patterns]
        for position, pattern in enumerate(self.pattern_of):
            positions[pattern].append(position)
        return positions

    @cached_property
    def dates_awake(self) -> list[dict[int, int]]:
        """For each group, how many dates it has cycles on, by how the local day lies."""
        result: list[dict[int, int]] = [{} for _ in self.groups]
        for pattern, count in enumerate(self.dates_of):
            for group, day in self.awake(pattern):
                result[group][day] = result[group].get(day, 0) + count
        return result

    def _members(self) -> dict[tuple[int, int], list[int]]:
        members: dict[tuple[int, int], list[int]] = {}
        for clock, place in enumerate(self.place):
            members.setdefault(place, []).append(clock)
        return members


N = TypeVar("N", bound=Hashable)


def _numbered(items: Iterable[N]) -> dict[N, int]:
    return {item: number for number, item in enumerate(dict.fromkeys(items))}


def _look_at(
    dates: Sequence[date], zones: Mapping[tuple[str, int], int], fields: Mapping[tuple[int, DayFields], int]
) -> tuple[list[LocalDay], list[Pattern], array[int]]:
    """How the local days of the dates lie, the patterns that occur, and the pattern of each date."""
    days: dict[LocalDay, int] = {}
    patterns: dict[tuple[tuple[int, ...], int], int] = {}
    of_date = array("I")
    always = sum(1 << number for (_, days_of), number in fields.items() if days_of.every_day)
    some = [(days_of, number, offset * DAY) for (offset, days_of), number in fields.items() if not days_of.every_day]
    readings = [(zone, offset * DAY) for zone, offset in zones]
    for day in dates:
        lies = tuple(days.setdefault(local_day(zone, day + shift), len(days)) for zone, shift in readings)
        matched = always
        for days_of, number, shift in some:
            if days_of.match(day + shift):
                matched |= 1 << number
        of_date.append(patterns.setdefault((lies, matched), len(patterns)))
    return list(days), [Pattern(*key) for key in patterns], of_date


def latest_before(cycles: Sequence[int], second: float) -> int:
    """The position of the last cycle strictly before, or -1."""
    return bisect_left(cycles, second) - 1


def _cycles(clock: Clock, day: LocalDay, window: DayWindow) -> DayCycles:
    cycles, dropped = day_cycles(clock, day, window)
    return DayCycles(
        every=tuple(cycle.second for cycle in cycles),
        kept=tuple(cycle.second for cycle in cycles if cycle.kept),
        kept_before=tuple(accumulate((cycle.kept for cycle in cycles), initial=0)),
        dropped=dropped,
    )
