"""What an act has decided for an instance that does not run: its state moves, and who waits for it follows."""

from __future__ import annotations

from backfilld.engine import flow
from backfilld.engine.backfill import Backfill
from backfilld.engine.facts import Facts
from backfilld.engine.reopening import unsatisfied
from backfilld.engine.run import Run
from backfilld.engine.states import DEAD, FAILURES, FORCED_STEPS, SATISFIED, STEPS, Event, State
from backfilld.engine.world import World


def change(world: World, backfill: Backfill, run: Run, ordinal: int, event: Event, *, force: bool = False) -> None:
    """Move the instance by the table, or by that of who insists; attempts are numbered on."""
    steps = (FORCED_STEPS if force else STEPS)[event]
    old = run.state(ordinal)
    new = State(steps[old])
    _withdraw(world, backfill, run, ordinal, to=new)
    known = run.recall(ordinal)
    run.move(ordinal, steps)
    run.remember(ordinal, Facts(known.attempt, 0 if event is Event.RERUN else known.failures, None))
    world.let_sleep(run, ordinal)
    if new in DEAD:
        flow.died(run, ordinal, failed=new in FAILURES)
    elif new not in SATISFIED:
        run.default = 0  # something of the run is rerun
        flow.evaluate(run, ordinal)
    elif old not in SATISFIED:
        flow.satisfied(run, ordinal)


def _withdraw(world: World, backfill: Backfill, run: Run, ordinal: int, *, to: State) -> None:
    """What the old state meant to others holds no more."""
    old = run.state(ordinal)
    if old in DEAD:
        flow.revived(run, ordinal, failed=old in FAILURES)
    elif old in SATISFIED:
        if to not in SATISFIED:
            unsatisfied(world, backfill, run, ordinal)
    elif run.blocked(ordinal):
        flow.unblock(run, ordinal)
