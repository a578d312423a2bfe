"""One accepted backfill in memory: which dates have a place, and what is ready."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from heapq import heappop, heappush

from backfilld.catalog.models import Virtual
from backfilld.engine.alarms import Alarms
from backfilld.engine.crossings import Crossings
from backfilld.engine.cycles import Cycles
from backfilld.engine.doors import Door
from backfilld.engine.events import Accepted
from backfilld.engine.fresh import Fresh
from backfilld.engine.marks import UNMARKED, BackfillMarks, OnFailure
from backfilld.engine.pools import Pool, Wait
from backfilld.engine.run import Run
from backfilld.engine.shape import Shapes
from backfilld.engine.stir import Stir
from backfilld.engine.waits import count_waits, forget_waits
from backfilld.planning.plan import ORDINAL_MASK, RUN_BITS, InstanceId, PlannedTask

VIRTUAL = ""
"""The lane of tasks without a process: no group has this name, and it has no end of slots."""


class Backfill:
    """A backfill's runs by position in run order, and its ready instances in lanes, one a resource group."""

    slots: list[Pool[InstanceId] | None]
    """By task: the slots that it may take (None: it needs none); this and what follows as the world has it."""
    counted_in: list[tuple[set[InstanceId], ...]]
    """By task: the holders of each pool of which a running attempt takes a place."""
    doors: list[Door | None]
    """By task: its run window (None: it may start at any time)."""

    def __init__(self, accepted: Accepted, stir: Stir[Run], ahead: Alarms[tuple[int, int]]) -> None:
        """`ahead` rings when a date that was passed over may be admitted."""
        self._ahead = ahead
        self.accepted, self.stir = accepted, stir
        self.marks = UNMARKED
        self.done = self.failed_anew = self.let_go = False
        """Whether it is over; a date has failed since that was last looked at; it holds no cycles any more."""
        self.number, self.plan, self.turn = accepted.backfill, accepted.plan, 0
        self.positions = {number: position for position, number in enumerate(accepted.runs)}
        self.runs: dict[int, Run] = {}
        self.places: Pool[int] = Pool("dates in flight", accepted.parallelism)
        self.queue = list(range(len(accepted.runs)))  # ascending, so a heap
        self.unsettled = len(accepted.runs)
        self.outcomes: Counter[str | None] = Counter()
        self.passed_over: set[int] = set()
        self.lanes: dict[str, list[int]] = {}
        self.tasks = accepted.plan.tasks
        self.lane_of = list(map(_lane_of, self.tasks))
        self.task_ids = [each.task.id for each in self.tasks]
        self.limits = {each.task.id: each.task.max_active for each in self.tasks if each.task.max_active is not None}
        self.max_active = [each.task.max_active for each in self.tasks]
        self.waits: dict[str, Wait] = {}
        """By lane: since when an instance lacks nothing but a slot."""
        self.starts = self.starved = 0
        self.fresh = Fresh(accepted.plan)
        self._shapes = Shapes(self.tasks)
        self.crossings = Crossings(accepted.plan)
        self.cycles = Cycles(accepted.plan, at_once=accepted.at_once)
        self.mark(accepted.marks)

    def mark(self, marks: BackfillMarks) -> None:
        """Go on as acts have set it; what they left alone stays."""
        self.marks, self.accepted = marks, self.accepted.under(marks)
        self.halted = marks.halt is not None
        self.places.depth = self.accepted.parallelism
        for position in self.places.holders if self.halted else ():
            self.runs[position].stirring()

    @property
    def holds_cycles(self) -> bool:
        """Whether the cycles of its open runs are its own (spec 5, Gates)."""
        return not (self.done or self.halted)

    def run_at(self, position: int) -> Run:
        """The run of a date, made when first asked for."""
        run = self.runs.get(position)
        if run is None:
            number = self.accepted.runs[position]
            run = self.runs[position] = Run(number, self.number, position, self.stir)
        return run

    def find(self, key: int) -> tuple[Run, int]:
        """The instance that a sort key was made from; ordinal 0 for one of a finished run."""
        run = self.runs[key >> RUN_BITS & ORDINAL_MASK]
        return run, 0 if run.finished else run.shape.by_rank[key & ORDINAL_MASK]

    def open(self, run: Run, states: bytearray) -> None:
        """Give a run its instances, with these bytes, and count what they wait for."""
        template = self.plan.template(run.position)
        run.open(self._shapes.of(template), states, self.cycles.last(run.position))
        if run.all_satisfied():
            run.finish()
        else:
            count_waits(run, self.crossings.waits(run.position), self.run_at)

    def bring_back(self, run: Run) -> None:
        """Give a finished run its instances again: something of it is to move."""
        if not run.finished:
            return
        waits = list(self.crossings.waits(run.position))
        for parents in {self.run_at(wait.position) for wait in waits}:
            forget_waits(run, parents)
        run.unfinish(self._shapes.of(self.plan.template(run.position)))
        count_waits(run, waits, self.run_at)

    def next_date(self, now: datetime) -> int | None:
        """The first date in order that wants a place and may have one.

        Those that are paused or wholly in the future are passed over.
        """
        holders = self.places.holders
        if self.halted:
            return None
        while self.queue and (self.places.admits() or self.queue[0] < max(holders, default=0)):
            position = self.queue[0]
            if not self._wants_place(position):
                heappop(self.queue)
            elif (first := self.begins(position)) > now:
                self._ahead.set((self.number, position), first)
                self.passed_over.add(heappop(self.queue))
                self.run_at(position).stirring()  # its word has changed
            else:
                return None if self.first_begun(position) or not self._make_room(position) else position
        return None

    def admit(self, position: int) -> Run:
        """Give a date its place."""
        heappop(self.queue)
        run = self.run_at(position)
        run.placed = True
        self.places.holders.add(position)
        run.stirring()
        return run

    def enqueue(self, position: int) -> None:
        """A date wants a place, perhaps again."""
        self.passed_over.discard(position)
        heappush(self.queue, position)

    def _wants_place(self, position: int) -> bool:
        """Whether a date is neither settled nor in flight nor paused; who resumes it queues it again."""
        run = self.runs.get(position)
        if run is None:
            return True
        return not (run.settled or run.placed or self._is_kept_by_a_pause(run))

    def _is_kept_by_a_pause(self, run: Run) -> bool:
        """Whether nothing of it may start until it is resumed; of a date that was dropped nothing would start."""
        return run.marks.paused and not self.plan.leaves_out_whole(run.position)

    def first_begun(self, position: int) -> bool:
        """Whether as many dates were begun as it is to pause after, and this would be one more.

        A later one that can do nothing with its place is none of them: it may wait for this one.
        """
        first = self.accepted.first
        if first is None or self.marks.looked:
            return False
        flying = [self.runs[each] for each in self.places.holders if not self.runs[each].settled]
        begun = sum(not (run.stalled() and run.position > position) for run in flying)
        return begun + len(self.accepted.runs) - self.unsettled >= first

    def _make_room(self, position: int) -> bool:
        """Whether a date may take a place, if need be from later ones that can do nothing with theirs.

        Such a one only waits for other dates; were it to keep its place from an earlier date that is to run again, or
        was added, both would wait for ever.
        """
        if self.places.admits():
            return True
        later = sorted(other for other in self.places.holders if other > position and self.runs[other].stalled())
        while later and not self.places.admits():
            self.give_up_place(self.runs[later.pop()])
        return self.places.admits()

    def give_up_place(self, run: Run) -> None:
        """The run has nothing ready, and queues for a place again."""
        run.placed = False
        self.places.holders.remove(run.position)
        self.enqueue(run.position)
        run.stirring()

    def review(self, run: Run, now: datetime) -> None:
        """See whether a run that was stirred is settled, or open again."""
        settled = run.is_settled()
        if settled and not run.settled:
            self.settle(run)
        elif run.settled and not settled:
            self._reopen(run)
        elif settled:
            self._come_to(run, run.result())
            self._keep_or_leave(run)
        elif run.stalled() and not self._may_go_on(run, now):
            self.give_up_place(run)  # after a restart nobody would know that it had one

    def _may_go_on(self, run: Run, now: datetime) -> bool:
        """Whether it would be given a place, were there one."""
        return not (self.halted or self._is_kept_by_a_pause(run) or self.begins(run.position) > now)

    def settle(self, run: Run) -> None:
        """A run has come to rest: it gives back its place, unless that is kept from the next date."""
        run.settled = True
        self.unsettled -= 1
        self.failed_anew |= run.result() == "failed"
        self._come_to(run, run.result())
        self._keep_or_leave(run)
        if run.position in self.passed_over:
            self.passed_over.remove(run.position)
            self._ahead.drop((self.number, run.position))
        if run.all_satisfied() and not run.finished:
            run.finish()

    def _come_to(self, run: Run, outcome: str | None) -> None:
        self.outcomes[run.outcome] -= 1
        self.outcomes[outcome] += 1
        run.outcome = outcome

    def _keep_or_leave(self, run: Run) -> None:
        """Bring the place of a settled run in line with Hold."""
        keeps = self._keeps_place(run)
        if keeps and not run.placed:
            self.places.holders.add(run.position)
        elif run.placed and not keeps:
            self.places.holders.remove(run.position)
        run.placed = keeps

    def _reopen(self, run: Run) -> None:
        """A settled run can move again: it queues for a place."""
        self._come_to(run, None)
        self.unsettled += 1
        run.settled = False
        if run.placed:
            self.give_up_place(run)
        else:
            self.enqueue(run.position)

    def _keeps_place(self, run: Run) -> bool:
        """Whether a settled run's place is kept from the next date: failed under Hold, and not given up since."""
        return (
            self.accepted.on_failure is OnFailure.HOLD
            and run.opened
            and run.outcome == "failed"
            and not run.cancelled_whole()
        )

    def is_done(self) -> bool:
        """All runs are settled, or failed ones under Hold keep every place; who only waits can do nothing with one."""
        if not self.unsettled:
            return True
        holders = self.places.holders
        if not self.outcomes["failed"] or len(holders) < self.accepted.parallelism:
            return False
        kept = [each for each in holders if self.runs[each].settled]
        idle = sum(self.runs[each].stalled() for each in holders)
        return len(kept) >= self.accepted.parallelism and len(kept) + idle == len(holders)

    def result(self) -> str:
        """The outcome of a backfill that is done: succeeded, failed or cancelled."""
        if not self.unsettled and not self.outcomes["failed"]:
            return "cancelled" if self.outcomes["cancelled"] else "succeeded"
        return "failed"

    def lies_ahead(self, position: int) -> bool:
        """Whether the date was passed over because all its cycles lie in the future."""
        return position in self.passed_over

    def begins(self, position: int) -> datetime:
        """Before when nothing of a date may start: its first cycle, and what an act has set."""
        run = self.runs.get(position)
        first = self.cycles.first(position)
        return max(first, run.marks.not_before) if run and run.marks.not_before else first

    def resumes(self, position: int) -> datetime | None:
        """When what is paused goes on by itself, if it does."""
        return self.marks.resume_at if self.halted else self.run_at(position).marks.resume_at


def _lane_of(planned: PlannedTask) -> str:
    return VIRTUAL if isinstance(planned.task.action, Virtual) else planned.resource_group
