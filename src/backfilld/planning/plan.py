"""The result of planning, frozen: dates that look alike share one template (spec 4)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, Protocol
from uuid import UUID

from backfilld.catalog.models import Reach, Task

RUN_BITS = 20
InstanceId = int


def instance_id(run: int, ordinal: int) -> InstanceId:
    """One number for an instance: its run, then its ordinal within the date."""
    return run << RUN_BITS | ordinal


def split_id(instance: InstanceId) -> tuple[int, int]:
    """Its run and its ordinal."""
    return instance >> RUN_BITS, instance & ((1 << RUN_BITS) - 1)


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
    remaining: float
    resource_group: str
    instances: int


class Template(Protocol):
    """All instances of a date, shared by the dates that look alike. Ordinals run from 0 in topological order."""

    size: int
    tasks: Sequence[int]
    """Ordinal -> position in `Plan.tasks`."""
    cycles: Sequence[int]
    """Ordinal -> cycle time, in seconds from midnight UTC of the business date."""

    def upstream(self, ordinal: int) -> Sequence[int]:
        """Ordinals of the same date that this one waits for, each once, ascending."""
        ...

    def downstream(self, ordinal: int) -> Sequence[int]:
        """Ordinals of the same date that wait for this one, each once, ascending."""
        ...


@dataclass(frozen=True, slots=True)
class CrossWait:
    """Each of `children` (ordinals of the asked date) waits for all of `parents` (ordinals of the date at `position`)."""

    children: Sequence[int]
    position: int
    parents: Sequence[int]


class Plan(Protocol):
    """What will run: dates in run order, tasks in topological order, instances by template."""

    catalog_version: UUID
    dates: tuple[date, ...]
    tasks: tuple[PlannedTask, ...]
    findings: tuple[Finding, ...]
    size: int
    hash: str
    left_out: Mapping[int, frozenset[int]]
    """Position of a date -> ordinals that are passed through instead of run."""

    def template(self, position: int) -> Template:
        """The instances of the date at `position` in `dates`."""
        ...

    def cross_waits(self, position: int) -> Iterator[CrossWait]:
        """What instances of this date wait for on earlier dates of the plan."""
        ...

    def cycle_time(self, position: int, ordinal: int) -> datetime:
        """When the instance is due, in UTC."""
        ...
