"""The result of planning, frozen: dates that look alike share one template (spec 4)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cached_property, lru_cache
from itertools import chain, compress
from typing import Literal
from uuid import UUID

from backfilld.catalog.models import Reach, Task, TaskId
from backfilld.dates import midnight
from backfilld.planning.bridging import Bits, bits, flags
from backfilld.planning.cuts import DateCuts, less
from backfilld.planning.expansion import Template
from backfilld.planning.fingerprint import Fingerprint
from backfilld.planning.templates import TEMPLATES_KEPT, CrossWait, Templates
from backfilld.planning.windows import RunWindow

__all__ = [
    "CrossWait",
    "Edge",
    "Finding",
    "LeftOut",
    "LeftOutBits",
    "Plan",
    "PlannedTask",
    "Template",
    "instance_id",
    "split_id",
]

RUN_BITS = 20
ORDINAL_MASK = (1 << RUN_BITS) - 1
InstanceId = int
LeftOutBits = Mapping[int, Bits]
"""By position of a date: bit n is set where ordinal n is passed through."""


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
    blocks: bool = False
    """Whether it stops the request."""


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
    window: RunWindow | None = None
    """When it may start; None: at any time."""
    fits_in: timedelta | None = None
    """It starts only where its window stays open for so long; None: whenever its window is open."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Cycles of a task that will not run: on which dates, in run order, how many, and why."""

    task: TaskId
    dates: tuple[date, ...]
    why: str
    cycles: int | None = None
    """None for a task that is no part of the plan at all."""


class _GroupedDates:
    """Dates by groups of their positions; the same groups give the same object, which others can know again."""

    def __init__(self, dates: Sequence[date], positions_of: Sequence[Sequence[int]]) -> None:
        self._dates, self._positions_of = dates, positions_of
        self.of = lru_cache(None)(self._of)

    def _of(self, groups: tuple[int, ...]) -> tuple[date, ...]:
        """In run order."""
        positions = chain.from_iterable(self._positions_of[group] for group in groups)
        return tuple(self._dates[position] for position in sorted(positions))


@dataclass(frozen=True)
class Plan:
    """What will run: dates in run order, tasks in topological order, instances by template.

    An instance is the position of its date and an ordinal in that date's template. `hash` covers dates, instances,
    edges and `left_out` bits, not who goes first.
    """

    catalog_version: UUID
    dates: tuple[date, ...]
    tasks: tuple[PlannedTask, ...]
    findings: tuple[Finding, ...]
    closed: Mapping[date, str]
    """Asked dates that the calendar leaves out, ascending, and why each."""
    excluded: tuple[LeftOut, ...]
    not_permitted: int
    """How many tasks are left out because the caller may not see them."""
    bridged_by_selection: frozenset[TaskId]
    fingerprint: Fingerprint
    size: int
    edges: tuple[Edge, ...]
    """Between tasks, after bridging over what is not selected."""
    templates: Templates
    whys: Mapping[str, LeftOutBits] = field(default_factory=dict)
    """What is passed through though it is planned, by reason; no cycle for two reasons."""
    cuts: Mapping[int, DateCuts] = field(default_factory=dict)
    """By position of a date, what its instances no longer wait for."""

    @cached_property
    def left_out(self) -> LeftOutBits:
        """What is passed through, whatever the reason."""
        together: dict[int, Bits] = {}
        for of_dates in self.whys.values():
            for position, ordinals in of_dates.items():
                together[position] = together.get(position, 0) | ordinals
        return {position: ordinals for position, ordinals in sorted(together.items()) if ordinals}

    @cached_property
    def hash(self) -> str:
        """The digest of what will run."""
        return self.fingerprint.hash(self.left_out)

    @property
    def to_run(self) -> int:
        """How many instances are not passed through."""
        return self.size - sum(ordinals.bit_count() for ordinals in self.left_out.values())

    def leaving_out(self, why: str, ordinals: LeftOutBits) -> Plan:
        """The plan that passes these through too; a cycle that is left out already keeps its first reason."""
        known, together = self.left_out, dict(self.whys.get(why, {}))
        for position, each in ordinals.items():
            if new := each & ~known.get(position, 0):
                together[position] = together.get(position, 0) | new
        return replace(self, whys={**self.whys, why: together})

    def afresh(self) -> Plan:
        """The same plan, holding none of the templates that were made so far: they are larger than all the rest."""
        return replace(self, templates=self.templates.afresh())

    def template(self, position: int) -> Template:
        """The instances of the date at `position` in `dates`."""
        if position in self.cuts:
            return self._cut_template(position)
        return self.templates.of(self.templates.calendar.pattern_of[position])

    def cross_waits(self, position: int) -> Iterator[CrossWait]:
        """What instances of this date wait for on earlier dates of the plan."""
        waits = self.templates.cross_waits(position)
        return less(waits, self.cuts[position]) if position in self.cuts else waits

    @cached_property
    def _cut_template(self) -> Callable[[int], Template]:
        """By position, the template of a date that has lost some of its pattern's edges."""
        shared, pattern_of = self.templates.of, self.templates.calendar.pattern_of
        return lru_cache(TEMPLATES_KEPT)(
            lambda position: shared(pattern_of[position]).without(self.cuts[position].same)
        )

    def cycle_time(self, position: int, ordinal: int) -> datetime:
        """When the instance is due, in UTC."""
        return midnight(self.dates[position]) + timedelta(seconds=self.template(position).cycles[ordinal])

    def leaves_out_whole(self, position: int) -> bool:
        """Whether it passes through all that a date has."""
        left_out = self.left_out.get(position, 0)
        return left_out != 0 and left_out.bit_count() == self.template(position).size

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
        """Tasks left out of the run set, and cycles of tasks in it that will not run."""
        return (*self.excluded, *self._outside_window(), *self._passed_through())

    def _outside_window(self) -> Iterator[LeftOut]:
        calendar, narrowed = self.templates.calendar, dict(self.templates.narrowed())
        dates = _GroupedDates(self.dates, calendar.positions_of)
        for task, clock in zip(self.tasks, self.templates.clock_of, strict=True):
            if outside := narrowed.get(clock):
                count = sum(each * calendar.dates_of[pattern] for pattern, each in outside.items())
                yield LeftOut(task.task.id, dates.of(tuple(outside)), "window", count)

    def _passed_through(self) -> Iterator[LeftOut]:
        for why, of_dates in self.whys.items():
            alike: dict[tuple[int, Bits], list[int]] = {}
            for position, ordinals in sorted(of_dates.items()):
                alike.setdefault((self.templates.calendar.pattern_of[position], ordinals), []).append(position)
            dates = _GroupedDates(self.dates, list(alike.values()))
            for task, of_task in sorted(self._counted(alike).items()):
                yield LeftOut(self.tasks[task].task.id, dates.of(tuple(of_task)), why, sum(of_task.values()))

    def _counted(self, alike: Mapping[tuple[int, Bits], Sequence[int]]) -> dict[int, dict[int, int]]:
        """By task: how many of its instances are among these, by the number of the group of dates."""
        counts: dict[int, dict[int, int]] = {}
        for number, ((pattern, ordinals), positions) in enumerate(alike.items()):
            for task, count in Counter(compress(self.templates.layout(pattern).tasks, flags(ordinals))).items():
                counts.setdefault(task, {})[number] = count * len(positions)
        return counts

    @cached_property
    def bridged(self) -> frozenset[TaskId]:
        """The tasks that some bridge passes through, on some date."""
        passed = bits(self.templates.passed())
        return self.bridged_by_selection | {self.tasks[task].task.id for task in passed}
