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
    QUEUED = "queued_behind"
    ELSEWHERE = "runs_elsewhere"
    MAX_ACTIVE = "max_active"
    SLOT = "no_slot"


@dataclass(frozen=True, slots=True)
class Reason:
    """The first gate that is shut, until when if that is known, and who shuts it.

    QUEUED names a run, ELSEWHERE an instance, of `backfill`.
    """

    gate: Gate
    until: datetime | None = None
    backfill: int | None = None
    run: int | None = None
    instance: InstanceId | None = None


@dataclass(slots=True)
class Limits:
    """What backfills share: slots of groups, attempts of each task that some backfill limits, and cycles."""

    groups: dict[str, Pool[InstanceId]]
    active: dict[int, Pool[InstanceId]] = field(default_factory=dict)
    rivals: Rivals = field(default_factory=Rivals)

    def group(self, name: str) -> Pool[InstanceId]:
        """The group's pool; one that the settings do not know has no slots."""
        pool = self.groups.get(name)
        if pool is None:
            pool = self.groups[name] = Pool(name, 0)
        return pool

    def running(self) -> Iterator[InstanceId]:
        """Every running instance."""
        for pool in self.groups.values():
            yield from pool.holders


def first_shut(backfill: Backfill, run: Run, ordinal: int, limits: Limits, now: datetime) -> Reason | None:
    """The first gate that keeps this ready instance from starting now; None when it may start."""
    if backfill.halted or run.marks.paused:
        return Reason(Gate.PAUSED, backfill.resumes(run.position))
    flags = run.states[ordinal] & (HELD | TRIGGERED)
    if flags == HELD:
        return Reason(Gate.HELD)
    if not flags & TRIGGERED and (reason := _not_due(backfill, run, ordinal, now)):
        return reason
    if limits.rivals.of[backfill.number] and (reason := _taken(backfill, run, ordinal, limits.rivals)):
        return reason
    task = run.shape.tasks[ordinal]
    slots = backfill.slots[task]
    if slots is None:
        return None
    limit = backfill.max_active[task]
    if limit is not None and not limits.active[backfill.task_ids[task]].admits(limit):
        return Reason(Gate.MAX_ACTIVE)
    return None if slots.admits() else Reason(Gate.SLOT)


def _not_due(backfill: Backfill, run: Run, ordinal: int, now: datetime) -> Reason | None:
    """Its own not-before, that of its run, or its cycle has not come."""
    if run.facts and (known := run.facts.get(ordinal)) and known.not_before and known.not_before > now:
        return Reason(Gate.RETRY if known.failures else Gate.NOT_BEFORE, known.not_before)
    if run.marks.not_before and run.marks.not_before > now:
        return Reason(Gate.NOT_BEFORE, run.marks.not_before)
    if now < run.due and (cycle := backfill.cycle_of(run, ordinal)) > now:
        return Reason(Gate.CYCLE, cycle)
    return None


def _taken(backfill: Backfill, run: Run, ordinal: int, rivals: Rivals) -> Reason | None:
    task_id, cycle = backfill.task_ids[run.shape.tasks[ordinal]], backfill.cycle_of(run, ordinal)
    if ahead := rivals.ahead(backfill, task_id, cycle):
        other, position = ahead
        return Reason(Gate.QUEUED, backfill=other.number, run=other.accepted.runs[position])
    if running := rivals.running(backfill, task_id, cycle):
        other, theirs, number = running
        return Reason(Gate.ELSEWHERE, None, other.number, theirs.number, instance_id(theirs.number, number))
    return None
