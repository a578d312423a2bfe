"""The gates of a ready instance, in the order of spec 5; asked by the engine itself and by whoever explains."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from backfilld.engine.backfill import Backfill
from backfilld.engine.pools import Pool
from backfilld.engine.rivals import Rivals
from backfilld.engine.run import Run
from backfilld.engine.states import HELD, TRIGGERED
from backfilld.planning.plan import InstanceId, instance_id


class Gate(Enum):
    """What can keep a ready instance from starting."""

    PAUSED = "paused"
    HELD = "held"
    RETRY = "retry_not_due"
    NOT_BEFORE = "not_before"
    CYCLE = "cycle_not_come"
    WINDOW = "window_closed"
    FIT = "fit_window"
    QUEUED = "queued_behind"
    ELSEWHERE = "runs_elsewhere"
    MAX_ACTIVE = "max_active"
    SLOT = "no_slot"


@dataclass(frozen=True, slots=True)
class Reason:
    """The first gate that is shut, until when if that is known, and who shuts it. FIT without an end is for ever.

    QUEUED names a run, ELSEWHERE an instance, of `backfill`.
    """

    gate: Gate
    until: datetime | None = None
    backfill: int | None = None
    run: int | None = None
    instance: InstanceId | None = None


@dataclass(slots=True)
class Limits:
    """What backfills share: slots of groups, attempts of each task that some backfill limits, and cycles.

    `open_to_all` has the slots that are not kept for scheduled requests, of the groups that keep some.
    """

    groups: dict[str, Pool[InstanceId]]
    open_to_all: dict[str, Pool[InstanceId]] = field(default_factory=dict)
    active: dict[int, Pool[InstanceId]] = field(default_factory=dict)
    rivals: Rivals = field(default_factory=Rivals)

    def group(self, name: str) -> Pool[InstanceId]:
        """The group's pool; one that the settings do not know has no slots."""
        pool = self.groups.get(name)
        if pool is None:
            pool = self.groups[name] = Pool(name, 0)
        return pool

    def slots(self, group: str, *, scheduled: bool) -> Pool[InstanceId]:
        """The slots of a group that such a request may take."""
        of_group = self.group(group)
        return of_group if scheduled else self.open_to_all.get(group, of_group)

    def holders(self, slots: Pool[InstanceId] | None, task_id: int) -> Iterator[set[InstanceId]]:
        """Who is inside each of the pools of which an attempt with these slots takes a place."""
        active = self.active.get(task_id)
        pools = (slots, slots.within if slots else None, active if slots else None)
        return (pool.holders for pool in pools if pool is not None)

    def running(self) -> Iterator[InstanceId]:
        """Every running instance."""
        for pool in self.groups.values():
            yield from pool.holders


def first_shut(backfill: Backfill, run: Run, ordinal: int, limits: Limits, now: datetime) -> Reason | None:
    """The first gate that keeps this ready instance from starting now; None when it may start."""
    if reason := shut_before_slot(backfill, run, ordinal, limits, now):
        return reason
    slots = backfill.slots[run.shape.tasks[ordinal]]
    return None if slots is None or slots.admits() else Reason(Gate.SLOT)


def shut_before_slot(backfill: Backfill, run: Run, ordinal: int, limits: Limits, now: datetime) -> Reason | None:
    """The first gate that is shut before it comes to slots; None for an instance that lacks nothing else."""
    if backfill.halted or run.marks.paused:
        return Reason(Gate.PAUSED, backfill.resumes(run.position))
    flags = run.states[ordinal] & (HELD | TRIGGERED)
    if flags == HELD:
        return Reason(Gate.HELD)
    task = run.shape.tasks[ordinal]
    if not flags & TRIGGERED and (reason := _not_now(backfill, run, ordinal, task, now)):
        return reason
    if limits.rivals.of[backfill.number] and (reason := _taken(backfill, run, ordinal, limits.rivals)):
        return reason
    limit = backfill.max_active[task]
    if (
        limit is not None
        and backfill.slots[task] is not None
        and not limits.active[backfill.task_ids[task]].admits(limit)
    ):
        return Reason(Gate.MAX_ACTIVE)
    return None


def _not_now(backfill: Backfill, run: Run, ordinal: int, task: int, now: datetime) -> Reason | None:
    """Its own not-before, that of its run, or its cycle has not come, or its run window is closed."""
    if run.facts and (known := run.facts.get(ordinal)) and known.not_before and known.not_before > now:
        return Reason(Gate.RETRY if known.failures else Gate.NOT_BEFORE, known.not_before)
    if run.marks.not_before and run.marks.not_before > now:
        return Reason(Gate.NOT_BEFORE, run.marks.not_before)
    if now < run.due and task not in backfill.cycles.immediate and (cycle := backfill.cycles.of(run, ordinal)) > now:
        return Reason(Gate.CYCLE, cycle)
    door = backfill.doors[task]
    if door is None:
        return None
    if opens := door.shut_until(now):
        return Reason(Gate.WINDOW, opens)
    length = backfill.tasks[task].fits_in
    return None if length is None or door.stays_open(now, length) else Reason(Gate.FIT, door.next_room(now, length))


def _taken(backfill: Backfill, run: Run, ordinal: int, rivals: Rivals) -> Reason | None:
    task_id, cycle = backfill.task_ids[run.shape.tasks[ordinal]], backfill.cycles.of(run, ordinal)
    if ahead := rivals.ahead(backfill, task_id, cycle):
        other, position = ahead
        return Reason(Gate.QUEUED, backfill=other.number, run=other.accepted.runs[position])
    if running := rivals.running(backfill, task_id, cycle):
        other, theirs, number = running
        return Reason(Gate.ELSEWHERE, None, other.number, theirs.number, instance_id(theirs.number, number))
    return None
