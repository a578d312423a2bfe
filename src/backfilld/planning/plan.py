"""The result of planning, frozen: dates that look alike share one template (spec 4)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Literal
from uuid import UUID

from backfilld.catalog.models import Reach, Task, TaskId
from backfilld.dates import midnight
from backfilld.planning.bridging import bits
from backfilld.planning.expansion import Template
from backfilld.planning.templates import CrossWait, Templates

__all__ = ["CrossWait", "Edge", "Finding", "LeftOut", "Plan", "PlannedTask", "Template", "instance_id", "split_id"]

RUN_BITS = 20
ORDINAL_MASK = (1 << RUN_BITS) - 1
InstanceId = int


def instance_id(run: int, ordinal: int) -> InstanceId:
    """One number for an instance: its run, then its ordinal within the date.

    >>> split_id(instance_id(3, 7))
    (3, 7)
    """
    return run << RUN_BITS | ordinal


def split_id(instance: InstanceId) -> tuple[int, int]:
    """Its run and its ordinal."""
    return instance >> RUN_BITS, instance & ORDINAL_MASK


@dataclass(frozen=True, slots=True)
class Edge:
    """`down` waits for `up`; both are positions in `Plan.tasks`."""

    up: int
    down: int
    kind: Reach


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that the plan's reader should know; `code` is stable, `message` says what to do."""

    code: str
    severity: Literal["error", "warning", "info"]
    subject: str
    message: str


@dataclass(frozen=True, slots=True)
class PlannedTask:
    """A task of the run set: why it is in, and what decides its turn."""

    task: Task
    name: str
    why: str
    priority: int
    weight: int
    """The effective priority: higher goes first."""
    remaining: float
    """Expected seconds, or hops without history, on the longest path from its start to the end of the date."""
    resource_group: str
    instances: int


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Cycles of a task that will not run: on which dates, in run order, and why."""

    task: TaskId
    dates: tuple[date, ...]
    why: str


@dataclass(frozen=True)
class Plan:
    """What will run: dates in run order, tasks in topological order, instances by template.

    An instance is the position of its date and an ordinal in that date's template. `hash` covers dates, instances,
    edges and `left_out` bits (position -> ordinals that are passed through), not who goes first.
    """

    catalog_version: UUID
    dates: tuple[date, ...]
    tasks: tuple[PlannedTask, ...]
    findings: tuple[Finding, ...]
    left_out: Mapping[int, frozenset[int]]
    excluded: tuple[LeftOut, ...]
    bridged_by_selection: frozenset[TaskId]
    hash: str
    size: int
    edges: tuple[Edge, ...]
    """Between tasks, after bridging over what is not selected."""
    templates: Templates

    def template(self, position: int) -> Template:
        """The instances of the date at `position` in `dates`."""
        return self.templates.of(self.templates.calendar.pattern_of[position])

    def cross_waits(self, position: int) -> Iterator[CrossWait]:
        """What instances of this date wait for on earlier dates of the plan."""
        return self.templates.cross_waits(position)

    def cycle_time(self, position: int, ordinal: int) -> datetime:
        """When the instance is due, in UTC."""
        return midnight(self.dates[position]) + timedelta(seconds=self.template(position).cycles[ordinal])

    def waits_for(self, position: int) -> list[list[InstanceId]]:
        """For each ordinal of a date, what it waits for, ascending, by position instead of run number."""
        template = self.template(position)
        result = [[instance_id(position, up) for up in template.upstream(n)] for n in range(template.size)]
        for wait in self.cross_waits(position):
            parents = [instance_id(wait.position, up) for up in wait.parents]
            for child in wait.children:
                result[child] += parents
        return [sorted(set(ups)) for ups in result]

    def cycles_left_out(self) -> tuple[LeftOut, ...]:
        """Tasks left out of the run set, and cycles of tasks in it that the window of the day leaves out."""
        positions = {clock: self.templates.narrowed(clock) for clock in set(self.templates.clock_of)}
        narrowed = (
            LeftOut(task.task.id, tuple(self.dates[position] for position in positions[clock]), "window")
            for task, clock in zip(self.tasks, self.templates.clock_of, strict=True)
        )
        return (*self.excluded, *(each for each in narrowed if each.dates))

    @cached_property
    def bridged(self) -> frozenset[TaskId]:
        """The tasks that some bridge passes through, on some date."""
        passed = 0
        for pattern in range(len(self.templates.calendar.patterns)):
            passed |= self.templates.upstream(pattern)[1]
        return self.bridged_by_selection | {self.tasks[task].task.id for task in bits(passed)}
