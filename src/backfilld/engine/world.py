"""Everything the engine knows, for its parts to share."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from backfilld.catalog.models import Catalog, Task
from backfilld.engine.alarms import Alarms
from backfilld.engine.backfill import VIRTUAL, Backfill
from backfilld.engine.cycles import LONG_AGO
from backfilld.engine.doors import Doors
from backfilld.engine.events import BackfillMarked, Effect, InstanceMarked, RunAdmitted, RunMarked
from backfilld.engine.gates import Limits
from backfilld.engine.marks import BackfillMarks, InstanceMarks, RunMarks
from backfilld.engine.pools import Pool, Wait
from backfilld.engine.run import Run
from backfilld.engine.stir import Stir
from backfilld.planning.plan import InstanceId, instance_id, split_id

WHOLE = -1
"""The position of no date."""


class World:
    """The backfills, what limits them, what rings when, and what this round has brought so far."""

    def __init__(
        self, groups: Mapping[str, int], reserved: Mapping[str, int], starvation_after: timedelta, budget: int | None
    ) -> None:
        pools: dict[str, Pool[InstanceId]] = {name: Pool(name, slots) for name, slots in groups.items()}
        open_to_all = {
            name: Pool(f"{name} without its reserved slots", groups[name] - kept, pools[name])
            for name, kept in reserved.items()
            if kept
        }
        self.limits = Limits(pools, open_to_all)
        self.starvation_after = starvation_after
        self.backfills: dict[int, Backfill] = {}
        self.runs: dict[int, Run] = {}
        """Those that have been opened, by number."""
        self.retries_and_cycles: Alarms[InstanceId] = Alarms()
        self.deadlines: Alarms[InstanceId] = Alarms()
        self.dates_ahead: Alarms[tuple[int, int]] = Alarms()
        self.resumes: Alarms[tuple[int, int]] = Alarms()
        """When pauses are over: by backfill and position, WHOLE for all of it."""
        self.doors = Doors()
        self.now = LONG_AGO
        self.stir: Stir[Run] = Stir()
        self.effects: list[Effect] = []
        self.left: list[tuple[int, InstanceId]] = []
        """Task and instance of attempts that have ended and that somebody may have waited for."""
        self.marked: set[int] = set()
        """Backfills that were marked in this round."""
        self.rewaited: set[int] = set()
        """The backfills whose `waits` have changed in this round."""
        self.served: dict[Backfill, None] = {}
        """The backfills of which something was started in this round."""
        self.catalogs: dict[UUID, Catalog] = {}
        """The versions that instances were rerun under, beside those of their plans."""
        self.turn = self.starved = 0
        self.budget = sys.maxsize if budget is None else budget
        self.may_open = self.may_pass = self.budget
        """How many instances this round may still give rows, and how many without a process it may still pass."""

    def instance(self, instance: InstanceId) -> tuple[Backfill, Run, int] | None:
        """Whose it is, its run and its ordinal; None for one that is in no opened run."""
        number, ordinal = split_id(instance)
        run = self.runs.get(number)
        if run is None or ordinal >= len(run.states):
            return None
        return self.backfills[run.owner], run, ordinal

    def learn(self, catalogs: Iterable[Catalog]) -> None:
        """Instances may name these versions from now on."""
        self.catalogs |= {each.version: each for each in catalogs}

    def task(self, backfill: Backfill, run: Run, ordinal: int) -> Task:
        """What the instance runs: as planned, or of the version that it was rerun under."""
        planned = backfill.tasks[run.shape.tasks[ordinal]].task
        version = run.marks_of(ordinal).catalog_version
        return planned if version is None else self.catalogs[version].tasks[planned.id]

    def join(self, backfill: Backfill) -> None:
        """A backfill has come: it shares slots with the others, and perhaps tasks and cycles."""
        limits = self.limits
        self.backfills[backfill.number] = backfill
        limits.rivals.add(backfill)
        scheduled = backfill.accepted.scheduled
        backfill.slots = [
            None if lane == VIRTUAL else limits.slots(lane, scheduled=scheduled) for lane in backfill.lane_of
        ]
        backfill.doors = [self.doors.of(each.window) for each in backfill.tasks]
        fresh = backfill.limits.keys() - limits.active.keys()
        self._count(fresh)
        for each in self.backfills.values() if fresh else (backfill,):
            each.counted_in = [tuple(limits.holders(*task)) for task in zip(each.slots, each.task_ids, strict=True)]

    def leave(self, backfill: Backfill) -> None:
        """A backfill is forgotten; nothing of it runs."""
        del self.backfills[backfill.number]
        self.limits.rivals.remove(backfill)
        self.doors.forget(backfill.number, backfill.doors)
        for run in backfill.runs.values():
            self.runs.pop(run.number, None)
            self.dates_ahead.drop((backfill.number, run.position))
            self.resumes.drop((backfill.number, run.position))
        self.resumes.drop((backfill.number, WHOLE))

    def _count(self, task_ids: Collection[int]) -> None:
        """From now on somebody asks how often these tasks run."""
        active = self.limits.active
        active |= {task_id: Pool(f"task {task_id}", None) for task_id in task_ids}
        for instance in list(self.limits.running()) if task_ids else ():
            found = self.instance(instance)
            assert found is not None
            backfill, run, ordinal = found
            task_id = backfill.task_ids[run.shape.tasks[ordinal]]
            if task_id in task_ids:
                active[task_id].holders.add(instance)

    def turn_back(self, now: datetime) -> None:
        """The clock was set back: windows are asked anew, nobody has waited since a moment to come, dates lie ahead."""
        self.doors.turned_back(now)
        for backfill in self.backfills.values():
            for position in backfill.places.holders:
                backfill.runs[position].stirring()
            for lane, wait in backfill.waits.items():
                backfill.waits[lane] = Wait(min(wait.since, now), wait.key)
                self.rewaited.add(backfill.number)

    def let_sleep(self, run: Run, ordinal: int) -> None:
        """Nobody is to be woken for a retry, a cycle or a window of this instance."""
        run.asleep.discard(ordinal)
        instance = instance_id(run.number, ordinal)
        self.retries_and_cycles.drop(instance)
        if not run.finished and (door := self.backfills[run.owner].doors[run.shape.tasks[ordinal]]):
            self.doors.leave(door, instance)

    def mark_instance(self, run: Run, ordinal: int, marks: InstanceMarks) -> None:
        """What acts have set for an instance is remembered, and told."""
        if marks != run.marks_of(ordinal):
            run.mark_one(ordinal, marks)
            self.effects.append(InstanceMarked(instance_id(run.number, ordinal), marks))

    def mark_run(self, run: Run, marks: RunMarks) -> None:
        """What acts have set for a run is remembered, and told; the engine looks at the run."""
        run.marks = marks
        run.stirring()
        self.effects.append(RunMarked(run.number, marks))

    def mark_backfill(self, backfill: Backfill, marks: BackfillMarks, cause: str | None = None) -> None:
        """What acts or its own limits have set for a backfill is remembered, and told; the engine looks at it."""
        backfill.mark(marks)
        self.marked.add(backfill.number)
        self.stir.backfills[backfill.number] = None
        self.effects.append(BackfillMarked(backfill.number, marks, cause))

    def open(self, backfill: Backfill, run: Run) -> None:
        """Give a run its instances, as nothing has happened to them yet."""
        backfill.open(run, backfill.fresh.states(run.position, run.default))
        run.fresh = True
        run.stirring()
        self.runs[run.number] = run
        self.effects.append(RunAdmitted(run.number))
