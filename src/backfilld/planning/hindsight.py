"""Findings that need the ledger or other backfills (spec 4.8)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from datetime import date

from backfilld.catalog.models import Catalog, Task, TaskId
from backfilld.dates import WHOLE_DAY
from backfilld.planning.bridging import Bits
from backfilld.planning.calendar import Calendar
from backfilld.planning.history import Succeeded
from backfilld.planning.moments import Moments
from backfilld.planning.plan import Finding, Plan
from backfilld.request.resolved import OnConflict

Ask = Callable[[Sequence[TaskId]], Succeeded]
"""What succeeded of some tasks, over the cycles of the plan's dates."""


def unsure_upstream(plan: Plan, catalog: Catalog, permitted: frozenset[int] | None, ask: Ask) -> Iterator[Finding]:
    """Tasks outside the plan, read by tasks of it, with cycles on those dates that never succeeded."""
    readers = _readers(plan, catalog, permitted)
    if not readers or not plan.dates:
        return
    unread = _Unread(plan, [catalog.tasks[task] for task in readers])
    judged = {task: unread.missing(task, readers[task], done) for task, done in ask(list(readers))}
    for task, downstream in readers.items():
        missing, first = judged[task] if task in judged else unread.missing(task, downstream, frozenset())
        if missing:
            cycles = "cycle that is" if missing == 1 else "cycles that are"
            message = (
                f"{missing:,} {cycles} read but not in this plan never succeeded, the first of {first}: "
                "include it, or run it before"
            )
            yield Finding("upstream_never_succeeded", "warning", catalog.short_names[task], message)


def conflict_finding(subject: str, on_conflict: OnConflict, held: Mapping[int, Bits]) -> Finding:
    """What it means that another active backfill, called `subject`, holds some of the plan's cycles."""
    count = sum(ordinals.bit_count() for ordinals in held.values())
    cycles = f"holds {count:,} of these cycles"
    match on_conflict:
        case "Queue":
            message = f"{cycles}: they wait until it is done with their dates; on_conflict Skip leaves them out"
            return Finding("held_elsewhere", "warning", subject, message)
        case "Skip":
            return Finding("held_elsewhere", "info", subject, f"{cycles}: they are left out")
        case "Reject":
            message = f"{cycles}: wait until it is done, or use on_conflict Queue or Skip"
            return Finding("held_elsewhere", "error", subject, message, blocks=True)


def _readers(plan: Plan, catalog: Catalog, permitted: frozenset[int] | None) -> dict[TaskId, list[int]]:
    """Tasks outside the plan that the caller may see, each with the plan's tasks that wait for it directly."""
    planned = {task.task.id for task in plan.tasks}
    readers: dict[TaskId, list[int]] = {}
    for number, task in enumerate(plan.tasks):
        for need in dict.fromkeys(need.task for need in task.task.depends_on):
            seen = permitted is None or catalog.tasks[need].project_id in permitted
            if need not in planned and seen and task.instances:
                readers.setdefault(need, []).append(number)
    return readers


class _Unread:
    """The cycles of tasks outside the plan on the plan's dates."""

    def __init__(self, plan: Plan, tasks: Sequence[Task]) -> None:
        clocks = {clock: number for number, clock in enumerate(dict.fromkeys(task.clock for task in tasks))}
        self._clock_of = {task.id: clocks[task.clock] for task in tasks}
        calendar = Calendar(plan.dates, tuple(clocks), WHOLE_DAY)
        groups = _groups(plan, calendar)
        self._days = list(groups.values())
        self._moments = Moments(calendar, [(own, days) for (_, own), days in groups.items()])
        self._present = [plan.templates.present(pattern) for pattern, _ in groups]

    def missing(self, task: TaskId, readers: Sequence[int], done: Set[int]) -> tuple[int, date | None]:
        """How many cycles on dates of the readers are not done, and the earliest such date."""
        found = [self._missing_of(self._clock_of[task], group, done) for group in self._read_on(readers)]
        return sum(count for count, _ in found), min((day for count, day in found if count), default=None)

    def _missing_of(self, clock: int, group: int, done: Set[int]) -> tuple[int, date]:
        """How many cycles of a clock on dates of a group are not among these, and the date of the first."""
        days = self._days[group]
        if not done:  # then nothing need be made of each single cycle
            return len(days) * len(self._moments.kept(clock, group)), days[0]
        missing = self._moments.of(clock, group) - done
        return len(missing), self._moments.date_of(clock, group, min(missing)) if missing else days[0]

    def _read_on(self, readers: Sequence[int]) -> Iterator[int]:
        """The groups on whose dates one of the readers runs."""
        mask = sum(1 << reader for reader in readers)
        return (group for group, present in enumerate(self._present) if present & mask)


def _groups(plan: Plan, calendar: Calendar) -> dict[tuple[int, int], list[date]]:
    """The dates, ascending, by their pattern in the plan and in another calendar of its dates."""
    groups: dict[tuple[int, int], list[date]] = {}
    patterns = zip(plan.templates.calendar.pattern_of, calendar.pattern_of, strict=True)
    for day, pair in sorted(zip(plan.dates, patterns, strict=True)):
        groups.setdefault(pair, []).append(day)
    return groups
