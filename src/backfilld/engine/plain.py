"""Rounds of which nothing follows but that others start: nearly all of a rehearsal, in far fewer steps.

Each leaves everything as the engine's own round would; where more may follow, the engine itself takes over.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush

from backfilld.engine.attempts import Attempts
from backfilld.engine.backfill import VIRTUAL, Backfill
from backfilld.engine.diary import Diary
from backfilld.engine.dispatch import Dispatcher
from backfilld.engine.events import AttemptEnded
from backfilld.engine.flow import satisfied
from backfilld.engine.marks import UNMARKED_RUN
from backfilld.engine.pools import Wait
from backfilld.engine.run import Run
from backfilld.engine.states import AttemptState, State
from backfilld.engine.world import World
from backfilld.planning.plan import ORDINAL_MASK, RUN_BITS, InstanceId

Ending = tuple[datetime, InstanceId, int]
"""When an attempt of an instance ends."""
_FOR_EVER = datetime.max.replace(tzinfo=UTC)
_WAITING, _READY, _RUNNING, _SUCCEEDED = map(int, (State.WAITING, State.READY, State.RUNNING, State.SUCCEEDED))
_new = tuple.__new__  # what a named tuple's own constructor comes to, without its Python frame


@dataclass(frozen=True, slots=True)
class Score:
    """What is played: a heap of the attempts that run, what those of each task of a backfill take, and whose diary."""

    running: list[Ending]
    lengths: Callable[[Backfill], list[timedelta]]
    diary: Diary


@dataclass(frozen=True, slots=True)
class Begun:
    """A round in which attempts have ended, and the backfills of which something has changed so far."""

    now: datetime
    looked_at: Mapping[Backfill, None]


class Traits:
    """What a backfill is like, as far as its rounds ask for it."""

    __slots__ = ("diary", "doors", "lengths", "may_be_plain")

    def __init__(self, backfill: Backfill, score: Score) -> None:
        self.lengths = score.lengths(backfill)
        self.diary = score.diary if score.diary.backfill == backfill.number else None
        self.doors = {door for door in backfill.doors if door}
        self.may_be_plain = not any(
            each.fits_in is not None or 0 in each.task.skip_exit_codes for each in backfill.tasks
        )
        """Whether nothing of it looks at a window's end, or takes a success for something else."""

    def are_open(self, backfill: Backfill, now: datetime) -> bool:
        """Whether all its doors are open, and nothing of it has waited for a slot since before they were."""
        since = min((each.since for each in backfill.waits.values()), default=_FOR_EVER)
        return all(door.shut_until(now) is None and door.open_since(now) <= since for door in self.doors)


class PlainRounds:
    """Plays on while attempts succeed, in backfills to which nothing but slots matters as long as windows are open."""

    def __init__(self, world: World, attempts: Attempts, dispatcher: Dispatcher, score: Score) -> None:
        self._world, self._attempts, self._dispatcher, self._score = world, attempts, dispatcher, score
        self._running = score.running
        self._traits: dict[int, Traits] = {}
        self._plain: dict[Backfill, Traits] = {}
        """The backfills that are plain until the end of this stretch."""
        self._lanes: dict[str, None] = {}
        """Those of which something may start in this round."""
        self._looked_at: dict[Backfill, None] = {}

    def play(self, until: datetime) -> Begun | None:
        """Round after round before `until`, when anything else happens; the engine is to finish one that was begun."""
        running, until = self._running, self._stretch(until)
        while running and running[0][0] < until:
            if not self._round(running[0][0]):
                return Begun(self._world.now, self._looked_at)
        return None

    def _stretch(self, until: datetime) -> datetime:
        """Until when nothing but slots matters to those that are plain by now."""
        world, now = self._world, self._world.now
        self._plain = {}
        if world.limits.active or world.deadlines.live or any(world.limits.rivals.of.values()):
            return now
        for number, backfill in world.backfills.items():
            traits = self._traits.get(number) or self._traits.setdefault(number, Traits(backfill, self._score))
            if traits.may_be_plain and not (backfill.halted or backfill.done) and traits.are_open(backfill, now):
                self._plain[backfill] = traits
                until = min([until, *(door.closes(now) for door in traits.doors)])
        return until

    def _round(self, now: datetime) -> bool:
        """One round; false when more follows than that others start."""
        running, lanes = self._running, self._lanes
        self._world.now, plain = now, True
        lanes.clear()
        self._looked_at.clear()
        while running and running[0][0] <= now:
            plain &= self._end(heappop(running))
        return plain and all(map(self._serve, sorted(lanes) if len(lanes) > 1 else lanes))

    def _end(self, ending: Ending) -> bool:
        """An attempt succeeds; false when more may follow than that others become ready."""
        now, instance, attempt = ending
        ordinal, run = instance & ORDINAL_MASK, self._world.runs[instance >> RUN_BITS]
        backfill, states = self._world.backfills[run.owner], run.states
        self._looked_at[backfill] = None
        traits = self._plain.get(backfill)
        if traits is None or attempt != 1 or states[ordinal] != _RUNNING or not _spreads_plainly(run, ordinal):
            self._attempts.ended(_new(AttemptEnded, (instance, attempt, AttemptState.SUCCEEDED, 0, self._world.now)))
            return False
        task, counts = run.shape.tasks[ordinal], run.counts
        for holders in backfill.counted_in[task]:
            holders.remove(instance)
        self._lanes[backfill.lane_of[task]] = None
        states[ordinal] = _SUCCEEDED
        counts[_RUNNING] -= 1
        counts[_SUCCEEDED] += 1
        if traits.diary:
            traits.diary.moved = now
        plain = self._spread(backfill, run, ordinal)
        if counts[_READY] or counts[_RUNNING]:
            return plain
        run.stirring()  # it may be settled, or its place be wanted by another
        return False

    def _spread(self, backfill: Backfill, run: Run, ordinal: int) -> bool:
        """One wait less for each downstream; false when one of them becomes more than ready."""
        unmet, plain = run.unmet, True
        for down in run.shape.downstream(ordinal):
            left = unmet[down] = unmet[down] - 1
            if not left:
                plain &= self._free(backfill, run, down)
        for join in run.joins.pop(ordinal, ()) if run.joins else ():
            join.unmet -= 1
            for down in () if join.unmet else join.children:
                left = join.run.unmet[down] = join.run.unmet[down] - 1
                if not left:
                    plain &= self._free(backfill, join.run, down)
        return plain

    def _free(self, backfill: Backfill, run: Run, ordinal: int) -> bool:
        """Nothing is unmet of an instance; false when it becomes more than ready."""
        if run.states[ordinal] == _WAITING:
            run.states[ordinal] = _READY
            run.counts[_WAITING] -= 1
            run.counts[_READY] += 1
            lane = self._dispatcher.push(backfill, run, ordinal)
            self._lanes[lane] = None
            return lane != VIRTUAL
        if run.free(ordinal):
            satisfied(run, ordinal)
        return False

    def _serve(self, lane: str) -> bool:
        """Start from a lane while there are slots; false when that is not for us to see to the end."""
        wanting = self._dispatcher.wanting.get(lane)
        if not wanting:
            return True
        if len(wanting) > 1 or lane in self._world.limits.open_to_all:
            return False
        (backfill,) = wanting.values()
        traits = self._plain.get(backfill)
        if traits is None:
            return False
        heap, group, waits = backfill.lanes[lane], self._world.limits.groups[lane], backfill.waits
        while heap:
            found = self._first(backfill, heap[0])
            if found is None:
                return False
            if not group.admits():
                if lane not in waits:
                    waits[lane] = _new(Wait, (self._world.now, heap[0]))
                return True
            heappop(heap)
            waits.pop(lane, None)
            self._start(backfill, traits, *found)
        self._dispatcher.close_lane(backfill, lane)
        return True

    def _first(self, backfill: Backfill, key: int) -> tuple[Run, int] | None:
        """The instance of a sort key; None when it may lack more than a slot."""
        run = backfill.runs[key >> RUN_BITS & ORDINAL_MASK]
        if run.finished or not _is_plain(run) or self._world.now < run.due:
            return None
        ordinal = run.shape.by_rank[key & ORDINAL_MASK]
        return (run, ordinal) if run.states[ordinal] == _READY else None

    def _start(self, backfill: Backfill, traits: Traits, run: Run, ordinal: int) -> None:
        """The first attempt of an instance."""
        world, task, instance = self._world, run.shape.tasks[ordinal], run.number << RUN_BITS | ordinal
        run.states[ordinal] = _RUNNING
        run.counts[_READY] -= 1
        run.counts[_RUNNING] += 1
        for holders in backfill.counted_in[task]:
            holders.add(instance)
        world.turn += 1
        backfill.turn = world.turn
        backfill.starts += 1
        self._looked_at[backfill] = None
        heappush(self._running, (world.now + traits.lengths[task], instance, 1))
        if traits.diary:
            traits.diary.starts(run, backfill.tasks[task].window, world.now)


def _spreads_plainly(run: Run, ordinal: int) -> bool:
    """Whether all that may wait for the instance, on its own date or others, is in plain runs."""
    joins = run.joins.get(ordinal, ()) if run.joins else ()
    return _is_plain(run) and all(_is_plain(join.run) and not join.dead for join in joins)


def _is_plain(run: Run) -> bool:
    """Whether nothing but its states tells how it goes on: no acts, no failures, nothing dead."""
    rests = run.settled or run.let_go or run.dead
    return run.placed and not rests and run.marks is UNMARKED_RUN and not run.marked and not run.facts
