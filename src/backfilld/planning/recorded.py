"""What became of the cycles of a plan: never run, ended so, in flight, or stale."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Literal, NamedTuple

from backfilld.catalog.models import TaskId
from backfilld.dates import midnight
from backfilld.planning.history import Outcomes, Past
from backfilld.planning.plan import Plan

CycleStatus = Literal["succeeded", "stale", "failed", "lost", "never_run", "running", "not_due"]
CycleKey = tuple[TaskId, int]
"""A task and a cycle time, in seconds since 1970, UTC."""
PATTERNS_KEPT = 32
NEVER = 0
"""Stands for no moment among moments."""


class InFlight(NamedTuple):
    """An active backfill is to run the cycle, or runs it now."""

    backfill: int
    running: bool


class CycleRecord(NamedTuple):
    """What became of one cycle; `held_by` is the active backfill that is to run it, or runs it now."""

    business_date: date
    cycle: int
    """Seconds since 1970, UTC."""
    status: CycleStatus
    past: Past | None
    held_by: int | None


@dataclass(frozen=True, slots=True)
class Present:
    """What is so while one asks: the moment in seconds since 1970, UTC, and what active backfills hold."""

    now: int
    in_flight: Mapping[CycleKey, InFlight]


def cycle_records(
    plan: Plan, since: date, asked: Collection[TaskId], past: Iterable[tuple[TaskId, Outcomes]], present: Present
) -> dict[TaskId, tuple[CycleRecord, ...]]:
    """What became of each cycle of the asked tasks on the plan's dates from `since` on, in order of dates.

    A cycle is stale if it succeeded last, and a cycle of the plan that it waits for, directly or through others of the
    plan whatever became of these, succeeded later, by a second or more. So the plan, whose dates ascend, has to hold
    what is upstream of the asked tasks, and earlier dates as far as that is to count. Each task's `past` is taken once.
    """
    history = _History(plan, asked, past)
    stale = _stale(plan, history, asked)
    return {task: tuple(history.records(task, since, stale, present)) for task in history.asked}


@dataclass(frozen=True, slots=True)
class _Beat:
    """The cycles of a clock over all dates: their moments, and by position where each date's begin."""

    moments: array[int]
    begins: array[int]


class _History:
    """When each cycle of a plan succeeded, and all that is known of the asked tasks; a task is its position."""

    def __init__(self, plan: Plan, asked: Collection[TaskId], past: Iterable[tuple[TaskId, Outcomes]]) -> None:
        self._plan = plan
        self.number = {planned.task.id: number for number, planned in enumerate(plan.tasks)}
        self.asked = [task for task in self.number if task in asked]
        self._beats = [_beat(plan, clock) for clock in range(len(plan.templates.calendar.clocks))]
        self._outcomes: dict[TaskId, Outcomes] = {}
        self.succeeded = [array("q", bytes(8 * len(self.beat(task).moments))) for task in range(len(plan.tasks))]
        for task, outcomes in past:
            if task in self.number:
                self._learn(task, outcomes, keep=task in asked)

    def beat(self, number: int) -> _Beat:
        """The cycles of a task."""
        return self._beats[self._plan.templates.clock_of[number]]

    def records(
        self, task: TaskId, since: date, stale: Collection[CycleKey], present: Present
    ) -> Iterator[CycleRecord]:
        beat, outcomes = self.beat(self.number[task]), self._outcomes.get(task, {})
        for position, day in enumerate(self._plan.dates):
            for moment in beat.moments[beat.begins[position] : beat.begins[position + 1]] if day >= since else ():
                past, held = outcomes.get(moment), present.in_flight.get((task, moment))
                status = "stale" if (task, moment) in stale else _status(past, due=moment <= present.now)
                yield CycleRecord(
                    day, moment, "running" if held and held.running else status, past, held.backfill if held else None
                )

    def _learn(self, task: TaskId, outcomes: Outcomes, *, keep: bool) -> None:
        number = self.number[task]
        for index, moment in enumerate(self.beat(number).moments if outcomes else ()):
            past = outcomes.get(moment)
            if past is not None and past.ending == "succeeded":
                self.succeeded[number][index] = past.ended_at
        if keep:
            self._outcomes[task] = outcomes


def _beat(plan: Plan, clock: int) -> _Beat:
    calendar = plan.templates.calendar
    beat = _Beat(array("q"), array("I", [0]))
    for day, pattern in zip(plan.dates, calendar.pattern_of, strict=True):
        begin = int(midnight(day).timestamp())
        beat.moments.extend(begin + second for second in calendar.cycles(clock, pattern).kept)
        beat.begins.append(len(beat.moments))
    return beat


def _status(past: Past | None, *, due: bool) -> CycleStatus:
    if past is not None:
        return past.ending
    return "never_run" if due else "not_due"


def _stale(plan: Plan, history: _History, asked: Collection[TaskId]) -> set[CycleKey]:
    """The cycles of the asked tasks that succeeded before something upstream did."""
    ids = [planned.task.id for planned in plan.tasks]
    places = lru_cache(PATTERNS_KEPT)(lambda pattern: _places(plan, pattern))
    newest: list[array[int]] = []
    found: set[CycleKey] = set()
    for position, pattern in enumerate(plan.templates.calendar.pattern_of):
        above = _from_earlier_dates(plan, position, newest)
        newest.append(row := array("q", bytes(8 * len(above))))
        template = plan.templates.of(pattern)
        for ordinal, (task, index) in enumerate(places(pattern)):
            beat = history.beat(task)
            at = beat.begins[position] + index
            upstream = max(above[ordinal], max((row[up] for up in template.upstream(ordinal)), default=NEVER))
            own = history.succeeded[task][at]
            row[ordinal] = max(upstream, own)
            if NEVER < own < upstream and ids[task] in asked:
                found.add((ids[task], beat.moments[at]))
    return found


def _from_earlier_dates(plan: Plan, position: int, newest: list[array[int]]) -> array[int]:
    """For each ordinal of a date, the latest success among what it waits for on earlier dates, and above that."""
    result = array("q", bytes(8 * plan.template(position).size))
    for wait in plan.cross_waits(position):
        latest = max((newest[wait.position][up] for up in wait.parents), default=NEVER)
        for child in wait.children:
            result[child] = max(result[child], latest)
    return result


def _places(plan: Plan, pattern: int) -> list[tuple[int, int]]:
    """For each ordinal of a pattern its task, and which of the task's cycles on the date it is."""
    template, calendar, clock_of = plan.templates.of(pattern), plan.templates.calendar, plan.templates.clock_of
    index = {
        clock: {second: n for n, second in enumerate(calendar.cycles(clock, pattern).kept)}
        for clock in {clock_of[task] for task in template.tasks}
    }
    return [(task, index[clock_of[task]][second]) for task, second in zip(template.tasks, template.cycles, strict=True)]
