"""Who starts next (spec 5): by priority, then in turns, then in the order of the backfill itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from heapq import heappop, heappush, heapreplace

from backfilld.engine.attempts import Attempts
from backfilld.engine.backfill import VIRTUAL, Backfill
from backfilld.engine.budget import share
from backfilld.engine.gates import Gate, Reason, shut_before_slot
from backfilld.engine.marks import UNMARKED_RUN
from backfilld.engine.parking import Behind, Crowds
from backfilld.engine.pools import Pool, Wait
from backfilld.engine.run import Run
from backfilld.engine.states import STATE_MASK, State
from backfilld.engine.turns import Place, out_of_turn, place, usual_place
from backfilld.engine.world import World
from backfilld.planning.plan import ORDINAL_MASK, RUN_BITS, InstanceId, instance_id

Slots = Pool[InstanceId]
_READY = int(State.READY)
_new = tuple.__new__  # what a named tuple's own constructor comes to, without its Python frame


class Dispatcher:
    """Keeps ready instances in lanes, one a backfill and group, and starts what no gate holds back.

    What a gate holds back leaves its lane and comes back when that gate may have opened, so that a round asks only
    about instances that are new or may have become free.
    """

    def __init__(self, world: World, attempts: Attempts) -> None:
        self._world, self._attempts = world, attempts
        self.wanting: dict[str, dict[int, Backfill]] = {}
        """By lane: who wants something of it."""
        self._lanes: list[str] = []
        """Those for slots, by name, so that a restart changes nothing."""
        self._crowds, self._behind = Crowds(), Behind()

    def dispatch(self, looked_at: dict[Backfill, None]) -> bool:
        """Start whatever may start; true when that stirred something that may let more start.

        `looked_at` are the backfills of which something has changed in this round.
        """
        self._line_up()
        wanting = self.wanting
        if wanting.get(VIRTUAL):
            self._pass_virtual()  # first: what it frees may stand in any lane
        for lane in self._lanes:
            if wanting[lane]:
                self._serve(lane, wanting[lane])
        stir = self._world.stir
        if stir.runs or stir.ready:
            return True
        for backfill in looked_at | self._world.served:
            for lane in backfill.lanes:
                if lane != VIRTUAL and backfill.number in wanting[lane]:
                    self._see_wait(backfill, lane)
        return bool(stir.runs or stir.ready)  # who seemed to wait for a slot may have been parked

    def forget(self, backfill: Backfill) -> None:
        """Drop everything of a dismissed backfill."""
        for wanting in self.wanting.values():
            wanting.pop(backfill.number, None)
        self._crowds.forget(backfill.number)
        self.settled_all(backfill)

    def settled(self, backfill: Backfill, run: Run) -> None:
        """The run no longer holds its cycles."""
        self._world.stir.ready.extend(self._behind.settled(backfill.number, run.number))

    def settled_all(self, backfill: Backfill) -> None:
        """The backfill no longer holds any cycles."""
        self._world.stir.ready.extend(self._behind.done(backfill.number))

    def _line_up(self) -> None:
        """Put into lanes what has become ready, and what may have become free because an attempt has ended."""
        world = self._world
        if self._crowds.of or self._behind.of_run or self._behind.of_instance:
            for task_id, instance in world.left:
                world.stir.ready.extend(self._behind.ended(instance))
                for number in self._crowds.backfills(task_id):
                    self._call_from_crowd(task_id, world.backfills[number])
        world.left.clear()
        ready, world.stir.ready = world.stir.ready, []
        for run, ordinal in ready:
            if run.states[ordinal] & STATE_MASK == _READY:
                self.push(world.backfills[run.owner], run, ordinal)

    def push(self, backfill: Backfill, run: Run, ordinal: int) -> str:
        """Put a ready instance in line; answers its lane."""
        shape = run.shape
        lane = backfill.lane_of[shape.tasks[ordinal]]
        heap = backfill.lanes.get(lane)
        if not heap:
            heap = backfill.lanes.setdefault(lane, [])
            self._want(lane)[backfill.number] = backfill
        heappush(heap, run.key(ordinal) if run.prioritised() else shape.keys[ordinal] | run.position << RUN_BITS)
        return lane

    def _want(self, lane: str) -> dict[int, Backfill]:
        """Who wants something of a lane."""
        wanting = self.wanting.get(lane)
        if wanting is None:
            wanting = self.wanting[lane] = {}
            self._lanes = sorted(self.wanting.keys() - {VIRTUAL})
        return wanting

    def _pass_virtual(self) -> None:
        """Tasks without a process take no slot: all that may start succeed, by priority and turn.

        Where a round is not enough for all, each backfill has its share of it.
        """
        wanting, world = self.wanting[VIRTUAL], self._world
        while wanting and world.may_pass > 0:
            line = sorted(map(usual_place, wanting.values()))
            for before, (*_, backfill) in enumerate(line):
                if self._pass_some(backfill, share(world.may_pass, len(line) - before)):
                    del wanting[backfill.number]

    def _pass_some(self, backfill: Backfill, most: int) -> bool:
        """Let the first of them succeed; true when no more may start."""
        passed = 0
        while (found := self._first(backfill, VIRTUAL)) and passed < most:
            heappop(backfill.lanes[VIRTUAL])
            self._attempts.pass_virtual(*found)
            self._line_up()
            self._call_next(backfill, *found)
            passed += 1
        self._world.may_pass -= passed
        return not found

    def _serve(self, lane: str, wanting: Mapping[int, Backfill]) -> None:
        """Start from one lane of every backfill while there are slots."""
        limits = self._world.limits
        group, open_to_all = limits.group(lane), limits.open_to_all.get(lane)
        if len(wanting) > 1 or open_to_all:
            if group.admits():
                self._serve_in_turn(lane, wanting, group, open_to_all)
            return
        (backfill,) = wanting.values()
        while group.admits():
            found = self._first(backfill, lane)
            if not found:
                self.close_lane(backfill, lane)
                return
            self._start(backfill, lane, found)

    def _serve_in_turn(
        self, lane: str, wanting: Mapping[int, Backfill], group: Slots, open_to_all: Slots | None
    ) -> None:
        """Whoever starves, then by priority and turn."""
        world = self._world
        patient_since = world.now - world.starvation_after
        line = sorted([place(each, lane, patient_since) for each in wanting.values()])
        while line and group.admits():
            first = line[0]
            backfill = first[-1]
            if not first[0] and (closer := self._closer(first, lane, patient_since)) != first:
                heapreplace(line, closer)
            elif open_to_all and not backfill.accepted.scheduled and not open_to_all.admits():
                heappop(line)
            elif found := self._first(backfill, lane):
                starves = out_of_turn(first, line)
                backfill.starved += starves
                world.starved += starves
                self._start(backfill, lane, found)
                heapreplace(line, usual_place(backfill))
            else:
                heappop(line)
                self.close_lane(backfill, lane)

    def _closer(self, seen: Place, lane: str, patient_since: datetime) -> Place:
        """The place of who seems to starve, after a closer look: much may have happened since it was seen to wait."""
        self._see_wait(seen[-1], lane)
        return place(seen[-1], lane, patient_since)

    def _start(self, backfill: Backfill, lane: str, first: tuple[Run, int]) -> None:
        """Start the first instance of a lane."""
        run, ordinal = first
        heappop(backfill.lanes[lane])
        self._attempts.start(backfill, run, ordinal)
        self._world.served[backfill] = None
        if backfill.waits:
            backfill.waits.pop(lane, None)
        if self._crowds.of:
            self._call_next(backfill, run, ordinal)

    def _first(self, backfill: Backfill, lane: str) -> tuple[Run, int] | None:
        """The first instance of a lane that lacks nothing but a slot; those before it are parked."""
        heap, world = backfill.lanes[lane], self._world
        while heap:
            key = heap[0]
            run = backfill.runs[key >> RUN_BITS & ORDINAL_MASK]
            if run.finished:
                heappop(heap)
                continue
            ordinal = run.shape.by_rank[key & ORDINAL_MASK]
            if run.states[ordinal] & STATE_MASK == _READY and (  # else cancelled or started since it was put in line
                (run.marks is UNMARKED_RUN and not run.marked) or run.key(ordinal) == key  # else it stands elsewhere
            ):
                reason = shut_before_slot(backfill, run, ordinal, world.limits, world.now)
                if reason is None:
                    return run, ordinal
                self._park(reason, run, ordinal)
            heappop(heap)
            self._call_next(backfill, run, ordinal)
        return None

    def close_lane(self, backfill: Backfill, lane: str) -> None:
        """Nothing of the backfill wants a slot here."""
        self.wanting[lane].pop(backfill.number, None)
        if backfill.waits.pop(lane, None):
            self._world.rewaited.add(backfill.number)

    def _see_wait(self, backfill: Backfill, lane: str) -> None:
        """Know since when the backfill has lacked nothing but a slot of this lane."""
        known = backfill.waits.get(lane)
        if self._first(backfill, lane) is None:
            self.close_lane(backfill, lane)
            return
        key = backfill.lanes[lane][0]
        since = known and self._lacks_a_slot_since(backfill, known, key)
        seen = (since, known.key) if known and since else (self._world.now, key)
        if seen != known:
            backfill.waits[lane] = _new(Wait, seen)
            self._world.rewaited.add(backfill.number)

    def _lacks_a_slot_since(self, backfill: Backfill, wait: Wait, first: int) -> datetime | None:
        """Since when the instance has waited without a break; None when more than a slot is missing by now.

        `first` is known to lack nothing else.
        """
        run, ordinal = backfill.find(wait.key)
        world = self._world
        if wait.key != first and (
            run.states[ordinal] & STATE_MASK != _READY
            or shut_before_slot(backfill, run, ordinal, world.limits, world.now)
        ):
            return None
        door = backfill.doors[run.shape.tasks[ordinal]]
        return max(wait.since, door.open_since(world.now)) if door else wait.since

    def _park(self, reason: Reason, run: Run, ordinal: int) -> None:
        """Put it where it is found again when the gate may open; who releases a held one puts it in line."""
        match reason.gate:
            case Gate.RETRY | Gate.NOT_BEFORE | Gate.CYCLE:
                assert reason.until is not None
                self._world.retries_and_cycles.set(instance_id(run.number, ordinal), reason.until)
                run.asleep.add(ordinal)
                run.stirring()
            case Gate.WINDOW | Gate.FIT:
                door = self._world.backfills[run.owner].doors[run.shape.tasks[ordinal]]
                assert door is not None
                if reason.until is not None:  # each opening is asked whether there is room enough
                    self._world.doors.wait(door, run, ordinal, self._world.now)
                run.asleep.add(ordinal)
                run.stirring()
            case Gate.QUEUED:
                assert reason.backfill is not None
                assert reason.run is not None
                self._behind.a_run(reason.backfill, reason.run, (run, ordinal))
            case Gate.ELSEWHERE:
                assert reason.instance is not None
                self._behind.an_instance(reason.instance, (run, ordinal))
            case Gate.MAX_ACTIVE:
                task_id = self._world.backfills[run.owner].task_ids[run.shape.tasks[ordinal]]
                self._crowds.join(task_id, run, ordinal)

    def _call_next(self, backfill: Backfill, run: Run, ordinal: int) -> None:
        """The instance needs its turn no more; another one that waits for the same task may."""
        if self._crowds.of:
            self._call_from_crowd(backfill.task_ids[run.shape.tasks[ordinal]], backfill)

    def _call_from_crowd(self, task_id: int, backfill: Backfill) -> None:
        """Put the first of those that wait for this task in line, if one more may run."""
        limit = backfill.limits.get(task_id)
        if limit is not None and self._world.limits.active[task_id].admits(limit):
            waiting = self._crowds.next(task_id, backfill)
            if waiting:
                self.push(backfill, *waiting)
