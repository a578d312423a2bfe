"""Cycles that another backfill holds (spec 3, `on_conflict`)."""

from __future__ import annotations

from collections.abc import Container, Sequence
from datetime import timedelta
from functools import lru_cache, partial
from typing import NamedTuple

from backfilld.catalog.models import Clock
from backfilld.dates import DAY
from backfilld.planning.bridging import Bits
from backfilld.planning.plan import Plan

CARRIED_KEPT = 32  # most dates of a pattern are left out alike, or not at all


class Stretch(NamedTuple):
    """Instances that follow each other in both of two plans; dates are numbered by task, then by cycle."""

    mine: int
    theirs: int
    length: int


def held_cycles(plan: Plan, other: Plan, unsettled: Container[int]) -> dict[int, Bits]:
    """By position of the plan: the instances whose task and cycle the other plan has on one of its `unsettled` dates.

    Both are of one environment. What the other passes through, it does not hold.
    """
    shared = _Shared(plan, other)
    held: dict[int, Bits] = {}
    for (shift, mine, theirs), positions in shared.dates(unsettled).items():
        stretches = shared.stretches(shift, mine, theirs)
        carried = lru_cache(CARRIED_KEPT)(partial(shared.carried, mine, theirs, stretches))
        for position, there in positions if stretches else ():
            if ordinals := carried(other.left_out.get(there, 0)):
                held[position] = held.get(position, 0) | ordinals
    return held


def _days_later(mine: Clock, theirs: Clock) -> range:
    """A moment has one date in one zone, but dates up to two apart in zones 25 hours apart."""
    apart, around = mine.offset - theirs.offset, 0 if mine.zone == theirs.zone else 2
    return range(apart - around, apart + around + 1)


class _Shared:
    """What two plans share, by pairs of patterns; a shift says how many days later the other has the same cycles."""

    def __init__(self, plan: Plan, other: Plan) -> None:
        self._plan, self._other = plan, other
        self._mine, self._theirs = plan.templates, other.templates
        self._tasks: dict[int, list[tuple[int, int]]] = {}
        numbers = {task.task.id: number for number, task in enumerate(other.tasks)}
        for mine, task in enumerate(plan.tasks):
            if (theirs := numbers.get(task.task.id)) is not None:
                for shift in _days_later(task.task.clock, other.tasks[theirs].task.clock):
                    self._tasks.setdefault(shift, []).append((mine, theirs))

    def dates(self, unsettled: Container[int]) -> dict[tuple[int, int, int], list[tuple[int, int]]]:
        """By shift and the patterns of both: the positions of dates so far apart, the other's unsettled."""
        there = {day: position for position, day in enumerate(self._other.dates) if position in unsettled}
        found: dict[tuple[int, int, int], list[tuple[int, int]]] = {}
        for shift in self._tasks:
            for position, day in enumerate(self._plan.dates):
                theirs = there.get(day + shift * DAY)
                if theirs is not None:
                    patterns = self._mine.calendar.pattern_of[position], self._theirs.calendar.pattern_of[theirs]
                    found.setdefault((shift, *patterns), []).append((position, theirs))
        return found

    def stretches(self, shift: int, mine: int, theirs: int) -> list[Stretch]:
        """The instances that dates of two patterns share."""
        later, same = shift * DAY // timedelta(seconds=1), lru_cache(None)(_same)
        here, there = self._mine.begins(mine), self._theirs.begins(theirs)
        found: list[Stretch] = []
        for task, other in self._tasks[shift]:
            own = self._mine.calendar.cycles(self._mine.clock_of[task], mine).kept
            others = self._theirs.calendar.cycles(self._theirs.clock_of[other], theirs).kept
            for at, other_at, length in same(own, others, later):
                _extend(found, Stretch(here[task] + at, there[other] + other_at, length))
        return found

    def carried(self, mine: int, theirs: int, stretches: Sequence[Stretch], left_out: Bits) -> Bits:
        """The plan's ordinals of what is shared and not left out by the other."""
        passed, found = self._theirs.natural(theirs, left_out), 0
        for at, other_at, length in stretches:
            found |= ((1 << length) - 1 & ~(passed >> other_at)) << at
        return self._mine.placed(mine, found)


def _same(own: tuple[int, ...], others: tuple[int, ...], later: int) -> Sequence[Stretch]:
    """Where cycles stand that are in both, the others' being told from so many seconds later."""
    if not later and own == others:
        return [Stretch(0, 0, len(own))] if own else []
    at = {second: number for number, second in enumerate(own)}
    pairs = ((at.get(second + later), number) for number, second in enumerate(others))
    return [Stretch(here, there, 1) for here, there in pairs if here is not None]


def _extend(found: list[Stretch], more: Stretch) -> None:
    """Add a stretch; one that goes on where the last ends makes it longer."""
    if found:
        mine, theirs, length = found[-1]
        if (mine + length, theirs + length) == more[:2]:
            found[-1] = Stretch(mine, theirs, length + more.length)
            return
    found.append(more)
