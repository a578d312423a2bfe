"""Cycles that another backfill holds (spec 3, `on_conflict`)."""

from __future__ import annotations

from collections.abc import Container
from datetime import date, timedelta
from functools import lru_cache

from backfilld.catalog.models import Clock
from backfilld.planning.bridging import Bits
from backfilld.planning.plan import Plan, Template

DAY_SECONDS = 86_400


def held_cycles(plan: Plan, other: Plan, unsettled: Container[int]) -> dict[int, Bits]:
    """By position of the plan: the instances whose task and cycle the other plan has on one of its `unsettled` dates.

    Both are of one environment. What the other passes through, it does not hold.
    """
    shared = _Shared(plan, other)
    positions = {day: position for position, day in enumerate(other.dates) if position in unsettled}
    held: dict[int, Bits] = {}
    for position, day in enumerate(plan.dates):
        for shift in shared.shifts:
            theirs = _position(positions, day, shift)
            if theirs is not None and (ordinals := shared.ordinals(position, theirs, shift)):
                held[position] = held.get(position, 0) | ordinals
    return held


def _position(positions: dict[date, int], day: date, shift: int) -> int | None:
    return positions.get(day + timedelta(days=shift))


def _days_later(mine: Clock, theirs: Clock) -> range:
    """A moment has one date in one zone, but dates up to two apart in zones 25 hours apart."""
    apart, around = mine.offset - theirs.offset, 0 if mine.zone == theirs.zone else 2
    return range(apart - around, apart + around + 1)


class _Shared:
    """What dates of two plans share, worked out once for each pair of patterns."""

    def __init__(self, plan: Plan, other: Plan) -> None:
        self._plan, self._other = plan, other
        self._ordinals = lru_cache(None)(self._compare)
        self._index = lru_cache(32)(self._indexed)
        self.shifts = self._shifts()

    def ordinals(self, position: int, theirs: int, shift: int) -> Bits:
        """Ordinals of the plan's date that the other's date, `shift` days later, has too."""
        pattern = self._plan.templates.calendar.pattern_of[position]
        left_out = self._other.left_out.get(theirs, 0)
        return self._ordinals(pattern, self._other.templates.calendar.pattern_of[theirs], shift, left_out)

    def _shifts(self) -> list[int]:
        """How many days later the same cycle can have its business date: catalogs and zones may have changed."""
        own = {task.task.id: task.task.clock for task in self._plan.tasks}
        clocks = {(own[task.task.id], task.task.clock) for task in self._other.tasks if task.task.id in own}
        return sorted({shift for mine, theirs in clocks for shift in _days_later(mine, theirs)})

    def _compare(self, pattern: int, theirs: int, shift: int, left_out: Bits) -> Bits:
        index, found = self._index(pattern), 0
        template, later = self._other.templates.of(theirs), shift * DAY_SECONDS
        for ordinal in range(template.size):
            if not left_out >> ordinal & 1:
                task = self._other.tasks[template.tasks[ordinal]].task.id
                mine = index.get((task, template.cycles[ordinal] + later))
                if mine is not None:
                    found |= 1 << mine
        return found

    def _indexed(self, pattern: int) -> dict[tuple[int, int], int]:
        """The plan's ordinal of each task and second."""
        template: Template = self._plan.templates.of(pattern)
        ids = [task.task.id for task in self._plan.tasks]
        pairs = zip(template.tasks, template.cycles, strict=True)
        return {(ids[task], second): ordinal for ordinal, (task, second) in enumerate(pairs)}
