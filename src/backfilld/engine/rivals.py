"""The same task, cycle and environment in another backfill: never twice at once, and the earlier one goes first."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache

from backfilld.dates import midnight
from backfilld.engine.backfill import Backfill
from backfilld.engine.run import Run
from backfilld.engine.states import State
from backfilld.planning.plan import Template

_INDICES_KEPT = 32


class Rival:
    """Another backfill of the same environment that shares tasks, asked cycle by cycle."""

    def __init__(self, backfill: Backfill) -> None:
        self.backfill = backfill
        self._tasks = {each.task.id: number for number, each in enumerate(backfill.tasks)}
        self._positions = {day: position for position, day in enumerate(backfill.plan.dates)}
        self._index = lru_cache(_INDICES_KEPT)(_index)

    def shares_with(self, other: Backfill) -> bool:
        """Whether both have the environment and some task in common, at cycles of the schedule."""
        mine, theirs = self.backfill.accepted, other.accepted
        if mine.at_once or theirs.at_once or mine.environment != theirs.environment:
            return False
        return any(each.task.id in self._tasks for each in other.tasks)

    def find(self, task_id: int, cycle: datetime) -> tuple[int, int] | None:
        """Position and ordinal of the instance that would run this cycle of the task."""
        task = self._tasks.get(task_id)
        if task is None:
            return None
        for position, second in self._places(task, cycle):
            ordinal = self._index(self.backfill.plan.template(position)).get((task, second))
            if ordinal is not None and not self.backfill.plan.left_out.get(position, 0) >> ordinal & 1:
                return position, ordinal
        return None

    def holds(self, run: Run | None) -> bool:
        """Whether it holds the cycles of a run (None: one that was never touched)."""
        return self.backfill.holds_cycles and not (run and (run.settled or run.marks.paused))

    def _places(self, task: int, cycle: datetime) -> Iterator[tuple[int, int]]:
        """Dates on which the cycle could lie: a local day begins within a day of the universal one."""
        offset = self.backfill.tasks[task].task.clock.offset
        for shift in (-1, 0, 1):
            day = cycle.date() - timedelta(days=offset + shift)
            position = self._positions.get(day)
            if position is not None:
                yield position, int((cycle - midnight(day)).total_seconds())


class Rivals:
    """Who shares tasks with whom, among all backfills that the engine knows."""

    def __init__(self) -> None:
        self._all: dict[int, Rival] = {}
        self.of: dict[int, list[Rival]] = {}
        """By number of a backfill, those that it is to ask."""

    def add(self, backfill: Backfill) -> None:
        """Know a backfill, and find its rivals."""
        mine = Rival(backfill)
        self.of[backfill.number] = [other for other in self._all.values() if other.shares_with(backfill)]
        for other in self.of[backfill.number]:
            self.of[other.backfill.number].append(mine)
            self.of[other.backfill.number].sort(key=_number)  # one that comes again is no later than it was
        self.of[backfill.number].sort(key=_number)
        self._all[backfill.number] = mine

    def remove(self, backfill: Backfill) -> None:
        """Forget a backfill."""
        gone = self._all.pop(backfill.number)
        for other in self.of.pop(backfill.number):
            self.of[other.backfill.number].remove(gone)

    def running(self, backfill: Backfill, task_id: int, cycle: datetime) -> tuple[Backfill, Run, int] | None:
        """The running instance of the same cycle elsewhere."""
        for rival in self.of[backfill.number]:
            found = rival.find(task_id, cycle)
            run = found and rival.backfill.runs.get(found[0])
            if found and run and run.state(found[1]) is State.RUNNING:
                return rival.backfill, run, found[1]
        return None

    def ahead(self, backfill: Backfill, task_id: int, cycle: datetime) -> tuple[Backfill, int] | None:
        """The earlier-accepted backfill that holds the same cycle, and the position of its run."""
        for rival in self.of[backfill.number]:
            if rival.backfill.number < backfill.number and rival.backfill.holds_cycles:
                found = rival.find(task_id, cycle)
                if found and rival.holds(rival.backfill.runs.get(found[0])):
                    return rival.backfill, found[0]
        return None


def _number(rival: Rival) -> int:
    return rival.backfill.number


def _index(template: Template) -> dict[tuple[int, int], int]:
    return {pair: ordinal for ordinal, pair in enumerate(zip(template.tasks, template.cycles, strict=True))}
