"""What operators may do: cancel, and rerun from failure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from backfilld.engine import flow
from backfilld.engine.attempts import STEPS, Attempts
from backfilld.engine.backfill import Backfill
from backfilld.engine.events import CancelAsked, RerunAsked
from backfilld.engine.run import Facts, Run
from backfilld.engine.states import DEAD, FAILURES, Event, State
from backfilld.engine.world import World
from backfilld.planning.plan import InstanceId, instance_id, split_id

_OPEN = frozenset({State.WAITING, State.READY, State.RUNNING})


class Acts:
    """Carries out acts; what an act does not apply to, it leaves alone."""

    def __init__(self, world: World, attempts: Attempts) -> None:
        self._world, self._attempts = world, attempts

    def cancel(self, said: CancelAsked) -> bool:
        """Cancel what is not terminal; false for an unknown backfill."""
        backfill = self._world.backfills.get(said.backfill)
        if backfill is None:
            return False
        if said.instances is not None:
            for run, ordinal in reversed(self._targets(backfill, said.instances)):
                self._cancel_instance(backfill, run, ordinal)
        else:
            for position in reversed(_positions(backfill, said.runs)):
                self._cancel_run(backfill, backfill.run_at(position))
        return True

    def rerun(self, said: RerunAsked) -> bool:
        """Run failed, lost and cancelled instances again; false for an unknown backfill."""
        backfill = self._world.backfills.get(said.backfill)
        if backfill is None:
            return False
        if said.instances is not None:
            for run, ordinal in self._targets(backfill, said.instances):
                self._rerun_instance(run, ordinal)
        else:
            for position in _positions(backfill, said.runs):
                if position in backfill.runs:
                    self._rerun_run(backfill.runs[position])
        return True

    def _cancel_run(self, backfill: Backfill, run: Run) -> None:
        """All of a run; downstream goes first, so that nothing is blocked that is cancelled anyway."""
        if run.default is not None or run.all_satisfied():
            return
        run.default = State.CANCELLED
        run.stirring()
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
            self._wake_no_more(run, ordinal)
            flow.died(run, ordinal, failed=False)

    def _rerun_run(self, run: Run) -> None:
        if not run.opened:
            self._restore_default(run)
        for ordinal in list(run.instances(DEAD)):
            self._rerun_instance(run, ordinal)

    def _rerun_instance(self, run: Run, ordinal: int) -> None:
        """Upstream is rerun before downstream, so that what is asked here is up to date."""
        state = run.state(ordinal)
        if state not in DEAD:
            return
        run.default = None
        flow.revived(run, ordinal, failed=state in FAILURES)
        self._change(run, ordinal, Event.RERUN, 0)
        flow.evaluate(run, ordinal)

    def _change(self, run: Run, ordinal: int, event: Event, failures: int) -> None:
        attempt = run.recall(ordinal).attempt
        run.move(ordinal, STEPS[event])
        run.remember(ordinal, Facts(attempt, failures, None))

    def _wake_no_more(self, run: Run, ordinal: int) -> None:
        run.asleep.discard(ordinal)
        self._world.retries_and_cycles.drop(instance_id(run.number, ordinal))

    def _restore_default(self, run: Run) -> None:
        """A run cancelled before it was ever opened goes back to the queue."""
        if run.default is not None:
            run.default = None
            run.stirring()
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
            cancelled = run.default is not None
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
