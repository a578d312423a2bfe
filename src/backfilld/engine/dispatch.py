"""Who starts next (spec 5): by priority, then in turns, then in the order of the backfill itself."""

from __future__ import annotations

from heapq import heappop, heappush, heapreplace

from backfilld.engine.attempts import Attempts
from backfilld.engine.backfill import VIRTUAL, Backfill
from backfilld.engine.gates import Gate, Reason, first_shut
from backfilld.engine.parking import Behind, Crowds
from backfilld.engine.pools import Pool
from backfilld.engine.run import Run
from backfilld.engine.states import STATE_MASK, State
from backfilld.engine.world import World
from backfilld.planning.plan import ORDINAL_MASK, RUN_BITS, InstanceId, instance_id

_READY = int(State.READY)
_ENDLESS: Pool[InstanceId] = Pool("virtual", None)


class Dispatcher:
    """Keeps ready instances in lanes, one a backfill and group, and starts what no gate holds back.

    What a gate holds back leaves its lane and comes back when that gate may have opened, so that a round asks only
    about instances that are new or may have become free.
    """

    def __init__(self, world: World, attempts: Attempts) -> None:
        self._world, self._attempts = world, attempts
        self._wanting: dict[str, dict[int, Backfill]] = {}
        self._crowds, self._behind = Crowds(), Behind()

    def dispatch(self) -> bool:
        """Start whatever may start; true when that stirred something that may let more start."""
        self._line_up()
        self._serve(VIRTUAL)  # first: what it frees may stand in any lane
        for lane in sorted(self._wanting):  # by name, so that a restart changes nothing
            self._serve(lane)
        return bool(self._world.stir.runs or self._world.stir.ready)

    def forget(self, backfill: Backfill) -> None:
        """Drop everything of a dismissed backfill."""
        for wanting in self._wanting.values():
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
                self._push(world.backfills[run.owner], run, ordinal)

    def _push(self, backfill: Backfill, run: Run, ordinal: int) -> None:
        shape = run.shape
        lane = backfill.lane_of[shape.tasks[ordinal]]
        heap = backfill.lanes.get(lane)
        if not heap:
            heap = backfill.lanes.setdefault(lane, [])
            self._wanting.setdefault(lane, {})[backfill.number] = backfill
        heappush(heap, run.key(ordinal) if run.prioritised() else shape.keys[ordinal] | run.position << RUN_BITS)

    def _serve(self, lane: str) -> None:
        """Start from one lane of every backfill while there are slots: by priority, then who was served longest ago."""
        wanting = self._wanting.get(lane)
        if not wanting:
            return
        pool = self._world.limits.group(lane) if lane else _ENDLESS
        line = sorted((-each.accepted.priority, each.turn, each.sequence, each) for each in wanting.values())
        while line and pool.admits():
            first = line[0]
            backfill = first[3]
            if not self._serve_one(backfill, lane):
                heappop(line)
                del wanting[backfill.number]
            elif len(line) > 1:
                heapreplace(line, (first[0], backfill.turn, first[2], backfill))

    def _serve_one(self, backfill: Backfill, lane: str) -> bool:
        """Start the first instance of a backfill's lane that may start; false when the lane is empty."""
        heap, world = backfill.lanes[lane], self._world
        while heap:
            key = heappop(heap)
            run = backfill.runs[key >> RUN_BITS & ORDINAL_MASK]
            if run.finished:
                continue
            ordinal = run.shape.by_rank[key & ORDINAL_MASK]
            started = False
            if run.states[ordinal] & STATE_MASK == _READY and (  # else cancelled or started since it was put in line
                not run.prioritised() or run.key(ordinal) == key  # else it stands elsewhere in line
            ):
                reason = first_shut(backfill, run, ordinal, world.limits, world.now)
                if reason is not None:
                    self._park(reason, run, ordinal)
                elif lane:
                    self._attempts.start(backfill, run, ordinal)
                    started = True
                else:
                    self._attempts.pass_virtual(run, ordinal)
                    self._line_up()
            if self._crowds.of:
                self._call_from_crowd(backfill.task_ids[run.shape.tasks[ordinal]], backfill)
            if started:
                return True
        return False

    def _park(self, reason: Reason, run: Run, ordinal: int) -> None:
        """Put it where it is found again when the gate may open; who releases a held one puts it in line."""
        match reason.gate:
            case Gate.RETRY | Gate.NOT_BEFORE | Gate.CYCLE:
                assert reason.until is not None
                self._world.retries_and_cycles.set(instance_id(run.number, ordinal), reason.until)
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

    def _call_from_crowd(self, task_id: int, backfill: Backfill) -> None:
        """Put the first of those that wait for this task in line, if one more may run."""
        limit = backfill.limits.get(task_id)
        if limit is not None and self._world.limits.active[task_id].admits(limit):
            waiting = self._crowds.next(task_id, backfill)
            if waiting:
                self._push(backfill, *waiting)
