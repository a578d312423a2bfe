"""Which cycles two plans have otherwise on the dates and of the tasks that both have; worked out pattern by pattern."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import compress
from typing import Literal, NamedTuple

from backfilld.catalog.models import TaskId
from backfilld.planning.bridging import Bits
from backfilld.planning.calendar import NO_CYCLES, Calendar, DayCycles
from backfilld.planning.plan import Plan

Kind = Literal["count", "times", "outside"]
Patterns = tuple[int, int]
DateBits = int
"""Bit n stands for the n-th date that both plans have."""


@dataclass(frozen=True, slots=True)
class ChangedCycles:
    """Tasks with other cycles on some dates, ascending; `before` and `after` are how many each has on a date.

    Of kind `outside`, only cycles that the window of the day leaves out are others: they can pair the rest otherwise.
    """

    tasks: tuple[str, ...]
    kind: Kind
    before: int
    after: int
    dates: tuple[date, ...]


class SharedDate(NamedTuple):
    """A date of both plans, and its position in each."""

    day: date
    old: int
    new: int


class SharedTask(NamedTuple):
    """A task of both plans, as the new one calls it, and its position in each."""

    id: TaskId
    name: str
    old: int
    new: int


class Shared:
    """The dates, ascending, and the tasks, in the new plan's order, that two plans have in common."""

    def __init__(self, old: Plan, new: Plan) -> None:
        self.old, self.new = old, new
        self._days: dict[DateBits, tuple[date, ...]] = {}
        dates = {day: position for position, day in enumerate(old.dates)}
        tasks = {task.task.id: number for number, task in enumerate(old.tasks)}
        self.dates = sorted(SharedDate(day, dates[day], at) for at, day in enumerate(new.dates) if day in dates)
        self.tasks = [
            SharedTask(task.task.id, task.name, tasks[task.task.id], number)
            for number, task in enumerate(new.tasks)
            if task.task.id in tasks
        ]

    def patterns(self, shared: SharedDate) -> Patterns:
        """The pattern that the date has in each plan."""
        old, new = self.old.templates.calendar, self.new.templates.calendar
        return old.pattern_of[shared.old], new.pattern_of[shared.new]

    def days(self, dates: DateBits) -> tuple[date, ...]:
        """The dates themselves, ascending."""
        known = self._days.get(dates)
        if known is None:
            known = self._days[dates] = tuple(each.day for each in compress(self.dates, flags(dates)))
        return known


def flags(value: Bits) -> Iterator[int]:
    """The bits of a bitset as numbers, the lowest first.

    >>> list(flags(0b110))
    [0, 1, 1]
    """
    return map(int, reversed(f"{value:b}"))


def changed_cycles(shared: Shared) -> Iterator[ChangedCycles]:
    """Tasks whose cycles changed, those that changed alike together."""
    old, new = shared.old.templates, shared.new.templates
    if old.calendar.at_once and new.calendar.at_once:
        return  # the moment of acceptance is always another
    changes = lru_cache(None)(_Clocks(shared).changes)
    tasks: dict[tuple[Kind, int, int, DateBits], list[str]] = {}
    for task in shared.tasks:
        for change in changes(old.clock_of[task.old], new.clock_of[task.new]):
            tasks.setdefault(change, []).append(task.name)
    for (kind, before, after, days), names in tasks.items():
        yield ChangedCycles(tuple(names), kind, before, after, shared.days(days))


class _Clocks:
    """What a clock of the old plan and one of the new have on the shared dates."""

    def __init__(self, shared: Shared) -> None:
        self._old, self._new = shared.old.templates.calendar, shared.new.templates.calendar
        self._dates: dict[Patterns, DateBits] = {}
        for number, each in enumerate(shared.dates):
            patterns = shared.patterns(each)
            self._dates[patterns] = self._dates.get(patterns, 0) | 1 << number
        self._days = lru_cache(None)(self._days_of)

    def changes(self, old: int, new: int) -> list[tuple[Kind, int, int, DateBits]]:
        """How their cycles differ, how many there are before and after, and on which shared dates."""
        found: dict[tuple[Kind, int, int], DateBits] = {}
        for (day, other), dates in self._days(self._old.place[old], self._new.place[new]).items():
            before, after = _cycles(self._old, old, day), _cycles(self._new, new, other)
            if (kind := _kind(before, after)) is not None:
                key = kind, len(before.kept), len(after.kept)
                found[key] = found.get(key, 0) | dates
        return [(*key, dates) for key, dates in found.items()]

    def _days_of(self, old: tuple[int, int], new: tuple[int, int]) -> dict[tuple[int | None, int | None], DateBits]:
        """How the local days of two places lie, None for no cycles, and on which shared dates: a few, for any clock."""
        found: dict[tuple[int | None, int | None], DateBits] = {}
        for (pattern, other), dates in self._dates.items():
            key = _day(self._old, old, pattern), _day(self._new, new, other)
            found[key] = found.get(key, 0) | dates
        return found


def _day(calendar: Calendar, place: tuple[int, int], pattern: int) -> int | None:
    zone, field = place
    found = calendar.patterns[pattern]
    return found.days[zone] if found.matched >> field & 1 else None


def _cycles(calendar: Calendar, clock: int, day: int | None) -> DayCycles:
    return NO_CYCLES if day is None else calendar.on_day(clock, day)


def _kind(before: DayCycles, after: DayCycles) -> Kind | None:
    if before.kept != after.kept:
        return "times" if len(before.kept) == len(after.kept) else "count"
    return None if before.every == after.every else "outside"
