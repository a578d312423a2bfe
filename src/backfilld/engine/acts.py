"""What operators may do: cancel, rerun from failure, hold and release."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from backfilld.engine import flow
from backfilld.engine.attempts import STEPS, Attempts
from backfilld.engine.backfill import Backfill
from backfilld.engine.events import ActAsked, CancelAsked, HoldAsked, ReleaseAsked, RerunAsked
from backfilld.engine.holds import Holds
from backfilld.engine.run import Facts, Run
from backfilld.engine.states import DEAD, FAILURES, STATE_MASK, Event, State
from backfilld.engine.world import World
from backfilld.planning.plan import InstanceId, split_id

_OPEN = frozenset({State.WAITING, State.READY, State.RUNNING})
OnRun = Callable[[Backfill, int], None]
OnInstance = Callable[[Backfill, Run, int], None]


class Acts:
    """Carries out acts; what an act does not apply to, it leaves alone."""

    def __init__(self, world: World, attempts: Attempts) -> None:
        self._world, self._attempts = world, attempts
        holds = Holds(world)
        self._doing: dict[type[ActAsked], tuple[OnRun, OnInstance]] = {
            CancelAsked: (self._cancel_run, self._cancel_instance),
            RerunAsked: (self._rerun_run, self._rerun_instance),
            HoldAsked: (holds.hold_run, holds.hold),
            ReleaseAsked: (holds.release_run, holds.release),
        }

    def carry_out(self, said: ActAsked) -> bool:
        """Do what is asked to every target that it applies to; false for an unknown backfill."""
        backfill = self._world.backfills.get(said.backfill)
        if backfill is None:
            return False
        on_run, on_instance = self._doing[type(said)]
        order = reversed if isinstance(said, CancelAsked) else iter  # nothing is to be blocked that is cancelled anyway
        if said.instances is not None:
            for run, ordinal in order(self._targets(backfill, said.instances)):
                on_instance(backfill, run, ordinal)
        else:
            for position in order(_positions(backfill, said.runs)):
                on_run(backfill, position)
        return True

    def _cancel_run(self, backfill: Backfill, position: int) -> None:
        """All of a run, downstream first."""
        run = backfill.run_at(position)
        if run.cancelled_whole() or run.all_satisfied():
            return
        run.set_default(run.default | State.CANCELLED)
        if not run.opened:
            for ordinal in run.joins:
                flow.died(run, ordinal, failed=False)
        for ordinal in reversed(list(run.instances(_OPEN))):
            self._cancel_instance(backfill, run, ordinal)

    def _cancel_instance(self, backfill: Backfill, run: Run, ordinal: int) -> None:
        state = run.state(ordinal)
        if state is State.RUNNING:
            self._attempts.cancel(backfill, run, ordinal)
        elif state in _OPEN:
            if run.blocked(ordinal):
                flow.unblock(run, ordinal)
            self._change(run, ordinal, Event.CANCELLED, run.recall(ordinal).failures)
            self._world.let_sleep(run, ordinal)
            flow.died(run, ordinal, failed=False)

    def _rerun_run(self, backfill: Backfill, position: int) -> None:
        run = backfill.runs.get(position)
        if run is None:
            return
        if not run.opened:
            self._restore_default(run)
        for ordinal in list(run.instances(DEAD)):
            self._rerun_instance(backfill, run, ordinal)

    def _rerun_instance(self, backfill: Backfill, run: Run, ordinal: int) -> None:
        """Upstream is rerun before downstream, so that what is asked here is up to date."""
        state = run.state(ordinal)
        if state not in DEAD:
            return
        run.default = 0
        flow.revived(run, ordinal, failed=state in FAILURES)
        self._change(run, ordinal, Event.RERUN, 0)
        flow.evaluate(run, ordinal)

    def _change(self, run: Run, ordinal: int, event: Event, failures: int) -> None:
        attempt = run.recall(ordinal).attempt
        run.move(ordinal, STEPS[event])
        run.remember(ordinal, Facts(attempt, failures, None))

    def _restore_default(self, run: Run) -> None:
        """A run cancelled before it was ever opened goes back to the queue."""
        if run.cancelled_whole():
            run.set_default(run.default & ~STATE_MASK)
            for ordinal in run.joins:
                flow.revived(run, ordinal, failed=False)

    def _targets(self, backfill: Backfill, instances: Sequence[InstanceId]) -> list[tuple[Run, int]]:
        """The backfill's instances among these, upstream first; their runs are opened, since they are named."""
        found = []
        for instance in set(instances):
            number, ordinal = split_id(instance)
            position = backfill.positions.get(number)
            if position is not None and ordinal < backfill.plan.template(position).size:
                found.append((position, ordinal))
        return [(self._named(backfill, backfill.run_at(position)), ordinal) for position, ordinal in sorted(found)]

    def _named(self, backfill: Backfill, run: Run) -> Run:
        if not run.opened:
            cancelled = run.cancelled_whole()
            self._restore_default(run)
            self._world.open(backfill, run)
            for ordinal in reversed(range(len(run.states))) if cancelled else ():
                self._cancel_instance(backfill, run, ordinal)
        return run


def _positions(backfill: Backfill, runs: Iterable[int] | None) -> list[int]:
    """In run order; numbers of other backfills are left out."""
    if runs is None:
        return list(range(len(backfill.positions)))
    return sorted(backfill.positions[number] for number in set(runs) if number in backfill.positions)
